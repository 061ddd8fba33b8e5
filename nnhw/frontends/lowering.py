# SPDX-License-Identifier: Apache-2.0
"""The state of one lowering: what has been emitted, and what each source tensor has become."""

from dataclasses import replace
from typing import Any

import numpy as np

from nnhw.config.config import Config
from nnhw.errors import UnsupportedError
from nnhw.frontends.onnx_file import SourceNode
from nnhw.frontends.precision import Types
from nnhw.frontends.value import Floats, Live, Origin, Port, Tensor, Value
from nnhw.ir.graph import HostStep, InputPort, Node
from nnhw.ir.op import Op
from nnhw.ir.types import TensorType
from nnhw.layers import Reshape
from nnhw.layers.reshape.op import refit
from nnhw.numeric.types import Quantizer

__all__ = ["Lowering", "host_steps", "merged", "step_key"]


class Lowering:
    """Emits nodes and remembers what each tensor of the source model stands for.

    Parameters
    ----------
    config : Config
        The user's choices.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self.types = Types(config)
        self.values: dict[str, Value] = {}
        self.nodes: list[Node] = []
        self.tensors: dict[str, TensorType] = {}
        self.ports: dict[str, tuple[Any, InputPort]] = {}
        self.taken: set[str] = set()
        self.notes: list[str] = []
        self.readers: dict[str, list[SourceNode]] = {}
        self.saturated: dict[str, tuple[int, int]] = {}

    def unique(self, wanted: str) -> str:
        """``wanted``, with a number behind it if it is taken."""
        name, number = wanted, 1
        while name.lower() in self.taken:
            number += 1
            name = f"{wanted}_{number}"
        self.taken.add(name.lower())
        return name

    def emit(self, op: Op, *inputs: str) -> str:
        """Append a node; its name, which the caller has made unique, names its result."""
        self.nodes.append(Node(op, inputs))
        self.tensors[op.name] = op.y
        return op.name

    def type(self, tensor: Tensor) -> TensorType:
        """Type of an emitted tensor."""
        return self.tensors[tensor.name]

    def shaped(self, tensor: Tensor, shape: tuple[int, ...]) -> Tensor:
        """The tensor under another shape, in the same row-major order."""
        x = self.type(tensor)
        if x.shape == shape:
            return tensor
        op = Reshape(self.unique(f"{tensor.name}_reshape"), x, shape)
        scale = tensor.scale
        if np.size(scale) > 1:
            scale = refit(scale, x.shape, shape)
        return replace(tensor, name=self.emit(op, tensor.name), scale=scale)

    def count(self, name: str, values: Floats | None, to: Quantizer, frac: int) -> None:
        """Note how many calibration values a type cannot hold."""
        if values is None:
            return
        mantissas = np.rint(np.asarray(values, dtype=np.float64) * 2.0**frac)
        outside = (mantissas < to.type.min) | (mantissas > to.type.max)
        self.saturated[name] = (int(outside.sum()), outside.size)

    def add_port(self, port: InputPort, key: Any) -> Tensor:
        """Enter an input of the model; a second, different way to read it is refused."""
        if port.name in self.ports and self.ports[port.name][0] != key:
            raise UnsupportedError(
                f"input '{port.name}': it is quantized in two different ways; one quantizer "
                "directly behind the input, shared by all its readers, would work")
        if port.name not in self.ports:
            self.ports[port.name] = (key, port)
            self.tensors[port.name] = port.type
        return Tensor(port.name)


def host_steps(live: Live) -> tuple[HostStep, ...]:
    """The pending affine steps for the host, those of a port behind its moves."""
    moves = live.source.moves if isinstance(live.source, Port) else ()
    return (*moves, *(step.host() for step in live.steps))


def step_key(live: Live) -> Any:
    """Compares equal for values whose pending steps and shape are the same."""
    moves = live.source.moves if isinstance(live.source, Port) else ()
    return (live.shape, tuple((m.kind, tuple(m.value)) for m in moves),
            tuple((s.kind, np.asarray(s.constant).tobytes()) for s in live.steps))


def merged(*groups: tuple[Origin, ...]) -> tuple[Origin, ...]:
    """Origins in order, each once."""
    return tuple({origin.name: origin for group in groups for origin in group}.values())
