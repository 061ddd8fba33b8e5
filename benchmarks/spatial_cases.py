# SPDX-License-Identifier: Apache-2.0
"""Networks on which spatial circuits are compared: integer matrices and quantizers, seeded."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from nnhw.frontends.hgq2 import load_hgq2
from nnhw.golden import run
from nnhw.ir.graph import Graph
from nnhw.passes.pipeline import optimize

__all__ = ["CASES", "Case", "Layer", "golden"]


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

    @property
    def graph(self) -> Graph:
        """The model of HGQ2 as nnhw reads it."""
        return optimize(load_hgq2(self.model))


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
    """16-64-32-32-5 of seeded weights; shifts keep the middle of the values in range."""
    rng = np.random.default_rng(42)
    sizes, layers = (16, 64, 32, 32, 5), []
    x = rng.integers(-128, 128, (count, 16))
    state = x
    for k, (fan_in, fan_out) in enumerate(pairwise(sizes)):
        weight = rng.integers(-(1 << bits - 1), 1 << bits - 1, (fan_out, fan_in))
        weight[rng.random(weight.shape) < zeros] = 0
        bias = rng.integers(-(1 << bits + 2), 1 << bits + 2, fan_out)
        last = k == len(sizes) - 2
        total = state @ weight.T + bias
        top = np.quantile(np.abs(total), 0.99)
        shift = None if last else max(int(np.ceil(np.log2(top / 256))), 0)
        layers.append(Layer(weight, bias, shift, overflow))
        state = golden(Case("", (layers[-1],), state))
    return Case(name, tuple(layers), x)


def _matrix(size: int, bits: int) -> Case:
    rng = np.random.default_rng(size * 100 + bits)
    weight = rng.integers(-(1 << bits - 1), 1 << bits - 1, (size, size))
    return Case(f"matrix {size}x{size}, {bits} bit",
                (Layer(weight, np.zeros(size, dtype=np.int64)),),
                rng.integers(-128, 128, (2000, size)))


def _jet_hgq2() -> Case:
    folder = Path(__file__).parents[1].parent / "shared" / "models" / "jet_hgq2_mlp"
    rng = np.random.default_rng(0)
    x = np.concatenate([np.load(folder / "ref.npz")["input"], rng.normal(0, 2, (19500, 16))])
    return Case("jet_hgq2_mlp", (), x.astype(np.float32), folder / "model.keras")


CASES = {
    "jet_hgq2": _jet_hgq2,
    "mlp6_75_wrap": lambda: _mlp("MLP 6 bit, 75 % zeros, wrap", 6, 0.75, "wrap"),
    "mlp6_75_sat": lambda: _mlp("MLP 6 bit, 75 % zeros, saturate", 6, 0.75, "saturate"),
    "mlp6_50_wrap": lambda: _mlp("MLP 6 bit, 50 % zeros, wrap", 6, 0.5, "wrap"),
    "mlp8_dense_sat": lambda: _mlp("MLP 8 bit, dense, saturate", 8, 0.0, "saturate"),
    **{f"m{size}_{bits}": (lambda size=size, bits=bits: _matrix(size, bits))
       for size in (16, 32, 64) for bits in (4, 6, 8)},
}
