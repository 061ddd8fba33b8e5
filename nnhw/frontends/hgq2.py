# SPDX-License-Identifier: Apache-2.0
"""HGQ2 (Keras 3) models to graphs: every weight and every activation with its own precision.

Source: Sun, Que, Arrestad, Loncar, Ngadiuba, Luk, Spiropulu, "HGQ: High Granularity Quantization
for Real-time Neural Networks on FPGAs", 2024, and the library's own arithmetic, version 0.2.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnhw.errors import UnsupportedError
from nnhw.frontends.hgq2_file import Floats, Hgq2Layer, read_hgq2
from nnhw.frontends.names import clean
from nnhw.ir.graph import Graph, InputPort, Node, OutputPort
from nnhw.ir.op import Op
from nnhw.ir.types import TensorType
from nnhw.layers.dense.op import Dense
from nnhw.layers.relu.op import Relu
from nnhw.layers.requantize.op import Requantize
from nnhw.numeric.golden import as_mantissas
from nnhw.numeric.types import FixedType, Mantissas, Overflow, Quantizer, Rounding

__all__ = ["Precision", "affine", "load_hgq2", "precision"]

#: Keras's own epsilon, which HGQ2 adds to a variance.
_EPSILON = np.float32(1e-7)

_ROUND: dict[str, Callable[[Any], Any]] = {
    "TRN": np.floor, "RND": lambda x: np.floor(x + np.float32(0.5)), "RND_CONV": np.round}
_DENSE = ("QDense", "QEinsumDense", "QEinsumDenseBatchnorm")


def load_hgq2(path: Path) -> Graph:
    """Lower a saved HGQ2 model; its integers equal HGQ2's own outputs.

    Raises
    ------
    UnsupportedError
        If it holds a layer, an activation or a quantizer that is not known here.
    """
    builder = _Builder(clean(path.stem))
    for layer in read_hgq2(path):
        builder.add(layer)
    return builder.graph()


@dataclass(frozen=True, eq=False)
class Precision:
    """Sign, integer and fraction bits of every element of a tensor; ``width`` 0 means always 0."""

    k: Mantissas
    i: Mantissas
    f: Mantissas

    @property
    def width(self) -> Mantissas:
        """Bits of every element."""
        width: Mantissas = np.maximum(self.k + self.i + self.f, 0)
        return width


def precision(layer: Hgq2Layer, which: str) -> Precision:
    """Precision of quantizer ``iq``, ``kq`` or ``bq`` of a layer, bits rounded to whole ones."""
    config, found = layer.quantizer(which)
    k, i = (np.round(found[name]).astype(np.int64) for name in ("k", "i"))
    f = (np.round(found["b"]).astype(np.int64) - i if config["q_type"] == "kbi"
         else np.round(found["f"]).astype(np.int64))
    return Precision(k, i, f)


def _quantized(layer: Hgq2Layer, which: str, x: Floats) -> Floats:
    """Weights as HGQ2 quantizes them, in its own float32 arithmetic."""
    config, _ = layer.quantizer(which)
    mode, to = config["overflow_mode"].upper(), precision(layer, which)
    rounded = _ROUND.get(config["round_mode"].upper())
    if rounded is None or mode not in ("SAT", "SAT_SYM", "WRAP"):
        raise UnsupportedError(f"{layer.name}: quantizer {which} with {config['round_mode']} and "
                               f"{mode} is not supported; TRN, RND and RND_CONV with WRAP, SAT "
                               "and SAT_SYM are")
    scale = np.exp2(to.f.astype(np.float32))
    if mode != "WRAP":
        top = np.exp2(np.maximum(to.i, -to.f).astype(np.float32))
        low = -top * to.k if mode == "SAT" else -(top - 1 / scale) * to.k
        x = np.clip(x, low.astype(np.float32), (top - 1 / scale).astype(np.float32))
    y = rounded((x * scale).astype(np.float32)) / scale
    return np.where(to.width > 0, y, 0).astype(np.float32)


def _mantissas(values: Floats, frac: Any) -> Mantissas:
    """Exact ``values * 2**frac``."""
    scaled = values.astype(np.float64) * np.exp2(np.asarray(frac, dtype=np.float64))
    assert (scaled == np.rint(scaled)).all()
    return as_mantissas(np.rint(scaled).astype(np.int64))


def _lowest_bit(values: Floats) -> Mantissas:
    """Fraction bits that each value needs; very few for 0."""
    found = np.full(values.shape, -64, dtype=np.int64)
    for place in np.ndindex(values.shape):
        if values[place]:
            number, below = float(values[place]).as_integer_ratio()
            found[place] = below.bit_length() - 1 - ((number & -number).bit_length() - 1)
    return found


class _Builder:
    """The graph so far; ``frac`` holds the fraction bits of each element of the last tensor."""

    def __init__(self, name: str) -> None:
        self.name, self.nodes, self.ports = name, list[Node](), list[InputPort]()
        self.shape: tuple[int, ...] = ()
        self.last, self.type = "", TensorType.of((), FixedType(1))
        self.frac: Mantissas = np.zeros(1, dtype=np.int64)

    def add(self, layer: Hgq2Layer) -> None:
        """Lower a layer."""
        if layer.kind == "InputLayer":
            self.last, self.shape = clean(layer.name), tuple(layer.config["batch_shape"][1:])
        elif layer.kind in _DENSE:
            self._dense(layer)
        else:
            raise UnsupportedError(f"{layer.name}: HGQ2 layer {layer.kind} is not supported; "
                                   f"supported are {', '.join(_DENSE)}")

    def graph(self) -> Graph:
        """The finished graph."""
        output = OutputPort(self.last, self.last, self.type.shape, self.type)
        return Graph(self.name, tuple(self.ports), tuple(self.nodes), (output,))

    def _append(self, op: Op) -> None:
        self.nodes.append(Node(op, (self.last,)))
        self.last, self.type = op.name, op.y

    def _dense(self, layer: Hgq2Layer) -> None:
        if layer.kind != "QDense" and not _is_last_axis(layer.config["equation"]):
            raise UnsupportedError(f"{layer.name}: equation {layer.config['equation']} is not "
                                   "supported; products along the last axis are")
        if layer.config.get("enable_oq") or not layer.config.get("enable_iq", True):
            raise UnsupportedError(f"{layer.name}: only quantizers of inputs are supported")
        self._quantize(layer)
        kernel, bias = affine(layer)
        fracs = self.frac[:, None] + _lowest_bit(kernel)
        frac = int(max(fracs.max(initial=0), _lowest_bit(bias).max(initial=0)))
        weight = _mantissas(kernel, frac - self.frac[:, None]).T
        self._append(Dense(clean(layer.name), self.type, np.ascontiguousarray(weight),
                           _mantissas(bias, frac), frac))
        self.frac = np.full(len(bias), frac, dtype=np.int64)
        match layer.config.get("activation") or "linear":
            case "relu":
                self._append(Relu(f"{clean(layer.name)}_relu", self.type))
            case "linear":
                pass
            case other:
                raise UnsupportedError(f"{layer.name}: activation {other} is not supported in an "
                                       "HGQ2 model; relu and linear are")

    def _quantize(self, layer: Hgq2Layer) -> None:
        """The layer's input quantizer: at the host for the network's input, else as operations."""
        config, _ = layer.quantizer("iq")
        if (config["round_mode"].upper(), config["overflow_mode"].upper()) != ("TRN", "WRAP"):
            raise UnsupportedError(f"{layer.name}: quantizers of activations must be TRN and WRAP,"
                                   f" not {config['round_mode']} and {config['overflow_mode']}")
        to = precision(layer, "iq")
        to = Precision(*(np.broadcast_to(v[0], self.type.shape or self.shape)
                          for v in (to.k, to.i, to.f)))
        used = to.width > 0
        if len(set(to.k[used].tolist())) > 1:
            raise UnsupportedError(f"{layer.name}: a quantizer of both signed and unsigned "
                                   "elements is not supported")
        signed = bool(to.k[used].max(initial=0))
        if not self.ports:
            self._enter(to, used, signed)
        self._narrow(clean(layer.name), to, used, signed)

    def _enter(self, to: Precision, used: Mantissas, signed: bool) -> None:
        """Inputs at the finest precision and largest range of all; both are narrowed exactly."""
        frac, whole = int(to.f[used].max(initial=0)), int((to.k + to.i)[used].max(initial=1))
        code = FixedType(max(frac + whole, 1), frac, signed)
        self.type = TensorType.of(self.shape, code)
        self.frac = np.full(self.shape[-1], frac, dtype=np.int64)
        self.ports.append(InputPort(self.last, self.shape, self.type, code, 2.0**-frac,
                                    rounding=Rounding.FLOOR, overflow=Overflow.WRAP))

    def _narrow(self, name: str, to: Precision, used: Mantissas, signed: bool) -> None:
        """Each element wrapped with its top bits in line, then cut to its own width."""
        widths = np.where(used, to.width, 0)
        width = int(widths.max(initial=1))
        lift = np.where(used, width - to.k - to.i - self.frac, 0)
        shift = max(0, -int(lift.min()))
        kind = Quantizer(FixedType(width, 0, signed), Rounding.FLOOR, Overflow.WRAP)
        ones = np.where(used, 1, 0)
        self._append(Requantize(f"{name}_wrap", self.type, kind, shift, ones << (lift + shift)))
        self._append(Requantize(f"{name}_cut", self.type, kind, width, ones << widths))
        self.frac = np.where(used, to.f, 0)


def _is_last_axis(equation: str) -> bool:
    """Whether an einsum is a product along the operand's last axis.

    >>> _is_last_axis("bc,cC->bC"), _is_last_axis("...c,cC->...C"), _is_last_axis("bc,Cc->bC")
    (True, True, False)
    """
    operands, result = equation.split("->")
    x, kernel = operands.split(",")
    return len(kernel) == 2 and x[-1] == kernel[0] and result == x[:-1] + kernel[1]


def affine(layer: Hgq2Layer) -> tuple[Floats, Floats]:
    """Quantized kernel (fan_in, fan_out) and bias, BatchNorm folded in as HGQ2 folds it."""
    kernel = layer.own(0)
    has_bias = layer.config.get("use_bias", True) and layer.config.get("bias_axes", "C")
    bias = layer.own(1) if has_bias else np.zeros(kernel.shape[1], dtype=np.float32)
    if layer.kind == "QEinsumDenseBatchnorm":
        gamma, mean, variance = layer.own(2), layer.own(5), layer.own(6)
        scaler = gamma / np.sqrt(variance + _EPSILON)
        kernel, bias = kernel * scaler, bias + -mean * scaler
    kernel = _quantized(layer, "kq", kernel)
    return kernel, _quantized(layer, "bq", bias) if has_bias else bias
