# SPDX-License-Identifier: Apache-2.0
"""The functional form: each function takes tensors and gives one."""

from collections.abc import Callable
from typing import Any

import numpy as np

from nnhw.dsl.constants import Fixed, as_fixed
from nnhw.dsl.tensor import Tensor, as_quantizer
from nnhw.errors import ModelError
from nnhw.layers import Add, Argmax, Relu, Requantize, Reshape
from nnhw.layers import Dense as DenseOp
from nnhw.layers import Softmax as SoftmaxOp
from nnhw.layers.dense.design import writable_types
from nnhw.layers.lookup.design import design_lookup
from nnhw.numeric.types import Quantizer

__all__ = ["add", "argmax", "dense", "flatten", "leaky_relu", "quantize", "relu", "reshape",
           "sigmoid", "softmax", "table", "tanh"]

Precision = Quantizer | str


def dense(x: Tensor, weight: Any, bias: Any = None, *, precision: Precision | None = None,
          bias_precision: Precision | None = None, writable: bool = False,
          name: str = "") -> Tensor:
    """Exact affine map ``weight @ x + bias`` of the last axis.

    Parameters
    ----------
    x : Tensor, shape (..., fan_in)
        Operand.
    weight : array or Fixed, shape (fan_out, fan_in)
        Floats with a ``precision``, whole numbers, or mantissas as ``Fixed``.
    bias : array or Fixed, shape (fan_out,), or None
        Likewise. Floats without ``bias_precision`` are rounded to the products' binary point.
    precision, bias_precision : Quantizer, str or None
        Types that floats are quantized to.
    writable : bool
        Coefficients can be replaced in the finished circuit, whose layer must then be folded.
    name : str
        Kept in reports, errors and Verilog.

    Raises
    ------
    ModelError
        If shapes do not fit.
    """
    label = name or "dense"
    matrix = as_fixed(weight, precision, label, "weight")
    if matrix.mantissas.ndim != 2 or not x.shape or matrix.mantissas.shape[1] != x.shape[-1]:
        raise ModelError(f"{label}: weight must have shape (fan_out, fan_in) for an operand of "
                         f"shape {x.shape}, not {matrix.mantissas.shape}; transpose a Keras kernel")
    product = x.frac + matrix.frac
    offset = _bias(bias, bias_precision, product, label, len(matrix.mantissas))
    frac = max(product, offset.frac)
    shift = frac - product
    weights, starts = _shifted(matrix, shift), _shifted(offset, frac - offset.frac)
    types = None
    if writable:
        reach = matrix.reach and (matrix.reach[0] << shift, matrix.reach[1] << shift)
        types = writable_types(x.type, weights, starts, reach)
    return Tensor.of(DenseOp(name, x.type, weights, starts, frac, weight_bits=matrix.bits,
                             writable=types), x)


def _bias(bias: Any, precision: Precision | None, frac: int, name: str, fan_out: int) -> Fixed:
    if bias is None:
        return Fixed(np.zeros(fan_out, dtype=np.int64), frac)
    if precision is None and not isinstance(bias, Fixed) and np.asarray(bias).dtype.kind == "f":
        precision = f"fixed<62,{62 - frac}>"
    offset = as_fixed(bias, precision, name, "bias")
    if offset.mantissas.shape != (fan_out,):
        raise ModelError(f"{name}: bias must have shape ({fan_out},), "
                         f"not {offset.mantissas.shape}")
    return offset


def _shifted(constant: Fixed, shift: int) -> Any:
    if shift == 0:
        return constant.mantissas
    return constant.mantissas.astype(object) << shift


def relu(x: Tensor, *, name: str = "") -> Tensor:
    """``max(x, 0)``."""
    return Tensor.of(Relu(name, x.type), x)


def leaky_relu(x: Tensor, slope: float | Fixed, *, precision: Precision = "fixed<8,1>",
               name: str = "") -> Tensor:
    """``x`` where it is positive, else ``slope * x``, with the slope on a grid; exact."""
    factor = as_fixed(slope, precision, name or "leaky_relu", "slope")
    return Tensor.of(Relu(name, x.type, factor.mantissas, factor.frac), x)


def quantize(x: Tensor, precision: Precision, *, name: str = "") -> Tensor:
    """Bring ``x`` into another type, with the rounding and overflow that it states."""
    return Tensor.of(Requantize.between(name, x.type, as_quantizer(precision)), x)


def add(a: Tensor, b: Tensor, *, name: str = "") -> Tensor:
    """Exact sum of two tensors of one shape; binary points are aligned."""
    if a.shape != b.shape:
        raise ModelError(f"{name or 'add'}: operands must have one shape, not {a.shape} "
                         f"and {b.shape}")
    frac = max(a.frac, b.frac)
    return Tensor.of(Add(name, a.type, b.type, frac - a.frac, frac - b.frac, frac), a, b)


def table(x: Tensor, function: Callable[[Any], Any], precision: Precision, *,
          size: int = 2048, span: tuple[float, float] | None = None, title: str = "",
          name: str = "") -> Tensor:
    """Any real function of each element, from a ROM.

    Parameters
    ----------
    x : Tensor
        Operand.
    function : callable
        Takes and gives float64 arrays.
    precision : Quantizer or str
        Type of the result.
    size : int
        Largest number of entries; enough for every operand makes the table exact.
    span : pair of float or None
        Operands between which the entries lie; None is the real range.
    """
    label = name or title or "table"
    op = design_lookup(label, x.type, function, as_quantizer(precision), size, span, title=title)
    return Tensor.of(_renamed(op, name), x)


def _renamed(op: Any, name: str) -> Any:
    from dataclasses import replace

    return replace(op, name=name)


def sigmoid(x: Tensor, precision: Precision = "ufixed<8,0>", *, size: int = 2048,
            name: str = "") -> Tensor:
    """The logistic function from a table."""
    return table(x, lambda v: 1 / (1 + np.exp(-v)), precision, size=size, title="sigmoid",
                 name=name)


def tanh(x: Tensor, precision: Precision = "fixed<8,1>", *, size: int = 2048,
         name: str = "") -> Tensor:
    """The hyperbolic tangent from a table."""
    return table(x, np.tanh, precision, size=size, title="tanh", name=name)


def softmax(x: Tensor, frac: int = 15, *, size: int = 2048, name: str = "") -> Tensor:
    """Softmax over the last axis, with ``frac`` fraction bits."""
    return Tensor.of(_renamed(SoftmaxOp.design(name or "softmax", x.type, frac, size), name), x)


def argmax(x: Tensor, *, last: bool = False, name: str = "") -> Tensor:
    """Index of the largest element of the last axis; of equals the first, or the last one."""
    return Tensor.of(Argmax(name, x.type, last), x)


def reshape(x: Tensor, shape: tuple[int, ...], *, name: str = "") -> Tensor:
    """The same elements in the same row-major order under another shape."""
    if int(np.prod(shape, dtype=np.int64)) != x.type.size:
        raise ModelError(f"{name or 'reshape'}: shape {shape} must have {x.type.size} elements")
    return Tensor.of(Reshape(name, x.type, tuple(shape)), x)


def flatten(x: Tensor, *, name: str = "") -> Tensor:
    """All elements as one vector."""
    return reshape(x, (x.type.size,), name=name)
