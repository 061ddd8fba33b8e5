# SPDX-License-Identifier: Apache-2.0
"""Networks on which spatial circuits are compared: integer matrices and quantizers, seeded."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from nnhw.frontends.hgq2 import load_hgq2
from nnhw.golden import run
from nnhw.ir.graph import Graph, InputPort, Node, OutputPort
from nnhw.ir.op import Op
from nnhw.ir.types import TensorType
from nnhw.layers.dense.op import Dense
from nnhw.layers.relu.op import Relu
from nnhw.layers.requantize.op import Requantize
from nnhw.numeric.types import FixedType, Overflow, Quantizer, Rounding
from nnhw.passes.pipeline import optimize

__all__ = ["CASES", "Case", "Layer", "golden"]

#: Trained models, which lie beside the project.
MODELS = Path(__file__).parents[1].parent / "shared" / "models"


@dataclass(frozen=True)
class Layer:
    """``weight @ x + bias``; with ``shift``, ReLU and uint8 of the result over ``2**shift``.

    ``overflow`` is "wrap" or "saturate".
    """

    weight: np.ndarray
    bias: np.ndarray
    shift: int | None = None
    overflow: str = "wrap"


@dataclass(frozen=True)
class Case:
    """A network of int8 inputs, or a model of HGQ2, and inputs to try."""

    name: str
    layers: tuple[Layer, ...]
    x: np.ndarray
    model: Path | None = None

    @cached_property
    def graph(self) -> Graph:
        """The network in nnhw."""
        if self.model:
            return optimize(load_hgq2(self.model))
        port = InputPort("x", self.x.shape[1:], TensorType.of(self.x.shape[1:], FixedType(8)),
                         FixedType(8))
        nodes: list[Node] = []
        for k, layer in enumerate(self.layers):
            for make in _operations(k, layer):
                last, t = (nodes[-1].name, nodes[-1].op.y) if nodes else (port.name, port.type)
                nodes.append(Node(make(t), (last,)))
        y = nodes[-1].op.y
        return optimize(Graph("case", (port,), tuple(nodes),
                              (OutputPort("y", nodes[-1].name, y.shape, y),)))

    @property
    def codes(self) -> np.ndarray:
        """The inputs as mantissas."""
        return self.graph.inputs[0].encode(self.x) if self.model else self.x


def _operations(k: int, layer: Layer) -> list[Callable[[TensorType], Op]]:
    """What makes each operation of layer ``k`` of its operand's type."""
    dense = partial(Dense, f"dense{k}", weight=layer.weight, bias=layer.bias)
    if layer.shift is None:
        return [dense]
    overflow = Overflow.WRAP if layer.overflow == "wrap" else Overflow.SATURATE
    to = Quantizer(FixedType(8, 0, False), Rounding.FLOOR, overflow)
    return [dense, partial(Relu, f"relu{k}"), partial(Requantize, f"q{k}", to=to,
                                                      shift=layer.shift)]


def golden(case: Case) -> np.ndarray:
    """Its outputs, in plain NumPy."""
    if case.model:
        graph = case.graph
        codes = {graph.inputs[0].name: graph.inputs[0].encode(case.x)}
        return run(graph, codes)[graph.outputs[0].name]
    x = case.x.astype(np.int64)
    for layer in case.layers:
        x = x @ layer.weight.T + layer.bias
        if layer.shift is not None:
            x = np.maximum(x, 0) >> layer.shift
            x = x & 255 if layer.overflow == "wrap" else np.minimum(x, 255)
    return x


def _mlp(name: str, bits: int, zeros: float, overflow: str, count: int = 20000) -> Case:
    """16-64-32-32-5 of seeded weights."""
    rng = np.random.default_rng(42)
    x = rng.integers(-128, 128, (count, 16))
    matrices = []
    for fan_in, fan_out in pairwise((16, 64, 32, 32, 5)):
        weight = rng.integers(-(1 << bits - 1), 1 << bits - 1, (fan_out, fan_in))
        weight[rng.random(weight.shape) < zeros] = 0
        matrices.append((weight, rng.integers(-(1 << bits + 2), 1 << bits + 2, fan_out)))
    layers: list[Layer] = []
    for weight, bias in matrices:
        layers.append(_scaled(weight, bias, x, layers, overflow))
    return Case(name, (*layers[:-1], Layer(*matrices[-1])), x)


def _scaled(weight: np.ndarray, bias: np.ndarray, x: np.ndarray, before: list[Layer],
            overflow: str) -> Layer:
    """A layer whose shift keeps the middle of its values in range, on inputs ``x``."""
    state = golden(Case("", tuple(before), x)) if before else x
    top = np.quantile(np.abs(state @ weight.T + bias), 0.99)
    return Layer(weight, bias, max(int(np.ceil(np.log2(top / 256))), 0), overflow)


def _jet_mlp(count: int = 20000) -> Case:
    """jet_mlp without its softmax: weights, inputs and hidden values of 8 bits, by powers of 2."""
    folder = MODELS / "jet_mlp"
    stored = {t.name: numpy_helper.to_array(t)
              for t in onnx.load(folder / "model.onnx").graph.initializer}
    names = ("fc1_relu", "fc2_relu", "fc3_relu", "output_softmax")
    real = np.load(folder / "ref.npz")["input"]
    rng = np.random.default_rng(0)
    x = np.concatenate([np.clip(np.rint(real * 16), -128, 127).astype(np.int64),
                        rng.integers(-128, 128, (count - len(real), 16))])
    layers: list[Layer] = []
    frac = 4  # of the operand
    for name in names:
        weight, bias = (next(v for k, v in stored.items() if f"{name}/{what}/" in k)
                        for what in ("MatMul", "BiasAdd"))
        bits = 7 - int(np.ceil(np.log2(np.abs(weight).max())))
        mantissas = np.clip(np.rint(weight.T * 2.0**bits), -128, 127).astype(np.int64)
        start = np.rint(bias * 2.0**(frac + bits)).astype(np.int64)
        if name == names[-1]:
            return Case("jet_mlp, 8 bit, saturate", (*layers, Layer(mantissas, start)), x)
        layers.append(_scaled(mantissas, start, x[:len(real)], layers, "saturate"))
        frac += bits - layers[-1].shift
    raise AssertionError(names)


def _matrix(size: int, bits: int) -> Case:
    rng = np.random.default_rng(size * 100 + bits)
    weight = rng.integers(-(1 << bits - 1), 1 << bits - 1, (size, size))
    return Case(f"matrix {size}x{size}, {bits} bit",
                (Layer(weight, np.zeros(size, dtype=np.int64)),),
                rng.integers(-128, 128, (20000, size)))


def _jet_hgq2() -> Case:
    folder = MODELS / "jet_hgq2_mlp"
    rng = np.random.default_rng(0)
    x = np.concatenate([np.load(folder / "ref.npz")["input"], rng.normal(0, 2, (19500, 16))])
    return Case("jet_hgq2_mlp", (), x.astype(np.float32), folder / "model.keras")


CASES = {
    "jet_hgq2": _jet_hgq2,
    "jet_mlp8": _jet_mlp,
    "mlp6_75_wrap": lambda: _mlp("MLP 6 bit, 75 % zeros, wrap", 6, 0.75, "wrap"),
    "mlp6_75_sat": lambda: _mlp("MLP 6 bit, 75 % zeros, saturate", 6, 0.75, "saturate"),
    "mlp6_50_wrap": lambda: _mlp("MLP 6 bit, 50 % zeros, wrap", 6, 0.5, "wrap"),
    "mlp8_dense_sat": lambda: _mlp("MLP 8 bit, dense, saturate", 8, 0.0, "saturate"),
    **{f"m{size}_{bits}": (lambda size=size, bits=bits: _matrix(size, bits))
       for size in (16, 32, 64) for bits in (4, 6, 8)},
}
