# SPDX-License-Identifier: Apache-2.0
"""Functions of one variable in an HGQ2 model: tables with an entry for every operand.

HGQ2 computes in its backend's float32. Here a function is evaluated in float64 and rounded to
float32 once; an entry could differ where the backend's own error crosses a step of the quantizer.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nnhw.frontends.functions import FUNCTIONS
from nnhw.frontends.hgq2_dense import lowest_bit, mantissas
from nnhw.frontends.hgq2_layer import Floats, Hgq2Layer, function_name
from nnhw.frontends.hgq2_quantizers import Precision, affine, mapped, modes, precision, quantized
from nnhw.frontends.hgq2_registry import handles, refused
from nnhw.frontends.hgq2_tensor import Tensor
from nnhw.frontends.names import clean
from nnhw.layers.lookup.op import Lookup
from nnhw.layers.relu.op import Relu

__all__ = ["Function", "Table", "keras_function", "tabulate"]

#: On float32 arrays.
Function = Callable[[Floats], Floats]
#: Largest table.
_ENTRIES = 1 << 16


def _float64(operator: str, *attributes: float) -> Function:
    function = FUNCTIONS[operator].apply
    return lambda x: function(x.astype(np.float64), *attributes).astype(np.float32)


def _clipped(x: Floats) -> Floats:
    return np.clip(x, np.float32(0), np.float32(6))


#: By Keras's name.
_FUNCTIONS: dict[str, Function] = {
    "tanh": _float64("Tanh"), "sigmoid": _float64("Sigmoid"), "softplus": _float64("Softplus"),
    "softsign": _float64("Softsign"), "exponential": _float64("Exp"), "elu": _float64("Elu", 1.0),
    "selu": _float64("Selu", 1.6732632423543772, 1.0507009873554805),
    "celu": _float64("Celu", 1.0), "silu": _float64("Swish", 1.0), "swish": _float64("Swish", 1.0),
    "gelu": _float64("Gelu"), "mish": _float64("Mish"), "relu6": _clipped,
    "hard_sigmoid": lambda x: _clipped(x + np.float32(3)) / np.float32(6),
    "hard_tanh": lambda x: np.clip(x, np.float32(-1), np.float32(1)),
    "relu": lambda x: np.maximum(x, np.float32(0)), "linear": lambda x: x,
    "exp": _float64("Exp"), "sin": _float64("Sin"), "cos": _float64("Cos"), "abs": np.abs,
    "square": np.square,
}


def keras_function(layer: Hgq2Layer, key: str) -> Function:
    """The function that a layer's configuration names; raises UnsupportedError if not known."""
    called = function_name(layer.config.get(key))
    if called not in _FUNCTIONS:
        raise refused(layer, f"{key} {called}", f"{', '.join(_FUNCTIONS)} would work")
    return _FUNCTIONS[called]


@handles("QUnaryFunctionLUT", "QAffinedUnaryFunctionLUT")
def _lookup(x: Tensor, layer: Hgq2Layer) -> None:
    name, called = clean(layer.name), function_name(layer.config.get("activation"))
    function, mapped_first = keras_function(layer, "activation"), "Affined" in layer.kind
    if layer.settings("oq") is None:
        if mapped_first or called not in ("relu", "linear"):
            raise refused(layer, "a table without output quantizer", "one with it would work")
        if called == "relu":
            x.append(Relu(name, x.type))
        return
    scale, bias = (layer.own(0), layer.own(1)) if mapped_first else (np.float32(1), np.float32(0))
    tabulate(x, name, layer, Table(lambda v: function(v * scale + bias), called,
                                   precision(layer, "oq").within(x.shape)))


@dataclass(frozen=True)
class Table:
    """What is tabulated.

    Parameters
    ----------
    function : Function
        Gets arrays whose last two axes are channels and entries.
    title : str
        Of the function, for people.
    out : Precision
        Of every element of the result.
    which : str
        Quantizer that the precision is from.
    each : bool
        Whether every channel has a function of its own.
    """

    function: Function
    title: str
    out: Precision
    which: str = "oq"
    each: bool = False


def tabulate(x: Tensor, name: str, layer: Hgq2Layer, table: Table) -> None:
    """A table whose entries an output quantizer rounds."""
    out, shape = table.out, x.shape
    alike = all(len(np.unique(v)) == 1 for v in (out.k, out.i, out.f))
    if alike and not table.each and _span(x, int(x.points.max())) <= 4 * _span(x):
        x.lift(f"{name}_align", int(x.points.max()))
    columns = np.stack([x.points, out.k, out.i, out.f]).reshape(4, -1, shape[-1])
    if (columns == columns[:, :1]).all():  # the elements of a channel share its table
        columns = columns[:, :1]
    else:
        x.reshape(f"{name}_elements", (-1,))
    if not table.each and (columns == columns[:, :1, :1]).all():
        columns = columns[:, :1, :1]
    low, high = x.type.bounds
    if high - low >= _ENTRIES:
        raise refused(layer, f"a table of {high - low + 1} entries",
                      f"an input quantizer of at most {_ENTRIES.bit_length() - 1} bits would work")
    points, *rest = columns[..., None]
    values = (np.arange(low, high + 1) * np.exp2(-points.astype(np.float64))).astype(np.float32)
    entries = quantized(table.function(values), Precision(*rest), *modes(layer, table.which))
    entries = mapped(entries, affine(layer, table.which)).reshape(-1, high - low + 1)
    frac = np.maximum(lowest_bit(entries).max(axis=1, keepdims=True), 0)
    found, points = mantissas(entries, frac), frac[:, 0]
    if len(found) == 1:
        found, points = found[0], points[0]
    x.append(Lookup(name, x.type, found, low, function=table.title, error_bound=0.0), points)
    x.reshape(f"{name}_shape", shape)


def _span(x: Tensor, points: int | None = None) -> int:
    """Mantissas from the smallest to the largest, at binary points of their own or at one."""
    lift = np.zeros(1, dtype=np.int64) if points is None else points - x.points
    low, high = (np.multiply(end.astype(object), 1 << lift.astype(object))
                 for end in (x.type.low, x.type.high))
    return int(np.max(high)) - int(np.min(low)) + 1
