# SPDX-License-Identifier: Apache-2.0
"""The network: frozen nodes in topological order between typed ports."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from nnhw.ir.op import Op
from nnhw.ir.types import TensorType
from nnhw.numeric.blocks import in_blocks
from nnhw.numeric.golden import as_mantissas, dequantize, fit, round_float
from nnhw.numeric.types import FixedType, Mantissas, Overflow, Rounding

__all__ = ["Graph", "HostStep", "InputPort", "Node", "OutputPort", "run_steps"]

Floats = np.ndarray[tuple[int, ...], np.dtype[Any]]


@dataclass(frozen=True, eq=False)
class HostStep:
    """One float32 operation that stays on the host: before the first quantizer, after the last.

    ``kind`` is ``add``, ``sub``, ``mul``, ``div``, ``rsub`` (constant - x), ``rdiv``, ``reshape``
    or ``transpose``; ``value`` is the constant, the shape or the permutation (batch axis first).
    """

    kind: str
    value: Any


def run_steps(steps: tuple[HostStep, ...], x: Floats) -> Floats:
    """Apply host steps to a batch in float32, one operation at a time, as a framework would."""
    for step in steps:
        match step.kind:
            case "add":
                x = x + step.value
            case "sub":
                x = x - step.value
            case "mul":
                x = x * step.value
            case "div":
                x = x / step.value
            case "rsub":
                x = step.value - x
            case "rdiv":
                x = step.value / x
            case "reshape":
                x = x.reshape((len(x), *step.value))
            case "transpose":
                x = x.transpose(step.value)
            case _:
                raise AssertionError(step.kind)
    return x


@dataclass(frozen=True, eq=False)
class InputPort:
    """Where floats become mantissas: ``fit(round(steps(x) / scale + zero_point)) - zero_point``.

    Parameters
    ----------
    name : str
        Name of the model's input; also the name of the tensor it feeds.
    shape : tuple of int
        The model's own shape, batch axis left out.
    type : TensorType
        Of the mantissas that enter the hardware.
    scale, zero_point : float or array
        ``scale`` is a power of two wherever ``type.frac`` states it; else ``type.frac`` is 0.
    code : FixedType
        Range of the rounded code before the zero point is taken off.
    steps : tuple of HostStep
        Float operations ahead of the quantizer.
    """

    name: str
    shape: tuple[int, ...]
    type: TensorType
    code: FixedType
    scale: Any = 1.0
    zero_point: Any = 0
    rounding: Rounding = Rounding.HALF_EVEN
    overflow: Overflow = Overflow.SATURATE
    bipolar: bool = False
    steps: tuple[HostStep, ...] = ()

    def encode(self, x: Floats) -> Mantissas:
        """Mantissas, shape ``(batch, *type.shape)``, of floats, shape ``(batch, *shape)``."""
        return as_mantissas(in_blocks(self._encode, np.asarray(x, dtype=np.float32)))

    def _encode(self, x: Floats) -> Mantissas:
        values = run_steps(self.steps, x)
        if self.bipolar:
            mantissas: Mantissas = np.where(values >= 0, 1, -1).astype(np.int64)
        else:
            # A power of two divides exactly in either precision; other scales divide in float32.
            # So does a zero point: adding it rounds.
            power = not np.any(self.zero_point) and bool(
                np.all(np.frexp(np.asarray(self.scale, dtype=np.float64))[0] == 0.5))
            codes = values.astype(np.float64) if power else values
            codes = codes / np.asarray(self.scale, dtype=codes.dtype)
            if not power:
                codes = np.asarray(codes + self.zero_point).astype(np.float64)
            bounded = np.clip(codes, -(2.0**60), 2.0**60, out=codes)
            mantissas = fit(round_float(bounded, self.rounding), self.code, self.overflow)
            if not power:
                mantissas = mantissas - np.int64(self.zero_point)
        return mantissas.reshape((len(mantissas), *self.type.shape))


@dataclass(frozen=True, eq=False)
class OutputPort:
    """Where mantissas become floats again: ``steps(mantissa * 2**-frac * scale)``.

    Parameters
    ----------
    name : str
        Name of the model's output.
    tensor : str
        Tensor of the graph that it shows.
    shape : tuple of int
        The model's own shape, batch axis left out.
    type : TensorType
        Of the mantissas that leave the hardware.
    scale : float or array
        What is left of the scale beside ``type.frac``; broadcasts to ``type.shape``.
    steps : tuple of HostStep
        Float operations behind the last quantizer or accumulator.
    """

    name: str
    tensor: str
    shape: tuple[int, ...]
    type: TensorType
    scale: Any = 1.0
    steps: tuple[HostStep, ...] = ()

    def decode(self, x: Mantissas) -> Floats:
        """Floats (float32), shape ``(batch, *shape)``, of mantissas ``(batch, *type.shape)``."""
        floats: Floats = in_blocks(self._decode, x)
        return floats

    def _decode(self, x: Mantissas) -> Floats:
        values = dequantize(x.reshape((len(x), *self.type.shape)), self.type.frac)
        values = (values * np.asarray(self.scale, dtype=np.float64)).astype(np.float32)
        return run_steps(self.steps, values).reshape((len(x), *self.shape)).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Node:
    """An operation applied to named tensors; its result bears the operation's name."""

    op: Op
    inputs: tuple[str, ...]

    @property
    def name(self) -> str:
        """Name of the node and of the tensor it makes."""
        return self.op.name


@dataclass(frozen=True, eq=False)
class Graph:
    """A whole network.

    Parameters
    ----------
    name : str
        Of the model; names the top module.
    inputs, outputs : tuple of InputPort, tuple of OutputPort
        The network's ports.
    nodes : tuple of Node
        In topological order.
    notes : tuple of str
        What a reader of the report should know: error bounds, codes that differ, roundings.
    """

    name: str
    inputs: tuple[InputPort, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[OutputPort, ...]
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        seen = {port.name: port.type for port in self.inputs}
        for node in self.nodes:
            assert node.name not in seen, f"{node.name} is defined twice"
            for name, wanted in zip(node.inputs, node.op.inputs, strict=True):
                assert name in seen, f"{node.name} reads {name} before it is made"
                assert seen[name].shape == wanted.shape, (node.name, seen[name], wanted)
            seen[node.name] = node.op.y
        for port in self.outputs:
            assert port.tensor in seen, f"output {port.name} shows no tensor"

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    @cached_property
    def types(self) -> dict[str, TensorType]:
        """Type of every tensor by name."""
        ports = {port.name: port.type for port in self.inputs}
        return ports | {node.name: node.op.y for node in self.nodes}

    @cached_property
    def readers(self) -> dict[str, list[str]]:
        """Nodes that read a tensor, and outputs that show it (as ``output:NAME``)."""
        readers: dict[str, list[str]] = {name: [] for name in self.types}
        for node in self.nodes:
            for name in node.inputs:
                readers[name].append(node.name)
        for port in self.outputs:
            readers[port.tensor].append(f"output:{port.name}")
        return readers

    def producer(self, tensor: str) -> Node | None:
        """The node that makes ``tensor``; None for an input of the network."""
        return self._producers.get(tensor)

    @cached_property
    def _producers(self) -> dict[str, Node]:
        return {node.name: node for node in self.nodes}
