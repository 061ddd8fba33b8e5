# SPDX-License-Identifier: Apache-2.0
"""Coefficients that may change in the finished circuit: their types, and what sums can reach."""

import numpy as np

from nnhw.ir.types import TensorType
from nnhw.numeric.types import FixedType, Mantissas

__all__ = ["Writable", "any_sum", "fits", "writable_types"]

#: Types of any weight and of any bias.
Writable = tuple[FixedType, FixedType]


def any_sum(low: Mantissas, high: Mantissas, weight: FixedType) -> tuple[Mantissas, Mantissas]:
    """Interval of ``sum(weight * x)`` over the last axis for any weights of a type.

    Parameters
    ----------
    low, high : Mantissas, shape (..., fan_in)
        Interval of each element of the operand, of Python's integers.
    weight : FixedType
        Type of the weights.

    Returns
    -------
    low, high : Mantissas, shape (..., 1)
    """
    corners = np.stack([w * x for w in (weight.min, weight.max) for x in (low, high)])
    return (corners.min(axis=0).sum(axis=-1, keepdims=True),
            corners.max(axis=0).sum(axis=-1, keepdims=True))


def writable_types(x: TensorType, weight: Mantissas, bias: Mantissas,
                   reach: tuple[int, int] | None = None) -> Writable:
    """Types that hold these coefficients and those of a retrained model.

    A weight may be whatever lies in ``reach``, the range of its declared type; where none is
    known, the narrowest type of the weights at hand. A bias may be whatever the sum of the
    products can be.

    Parameters
    ----------
    x : TensorType, shape (..., fan_in)
        Operand.
    weight, bias : Mantissas
        Coefficients, their last axis that of ``x``.
    reach : pair of int or None
        Smallest and largest mantissa that the declared type of the weights has.
    """
    low, high = reach or (0, 0)
    kind = FixedType.containing(min(low, int(weight.min(initial=0))),
                                max(high, int(weight.max(initial=0))))
    least, most = any_sum(np.broadcast_to(np.asarray(x.low, dtype=object), x.shape),
                          np.broadcast_to(np.asarray(x.high, dtype=object), x.shape), kind)
    return kind, FixedType.containing(min(int(least.min()), int(bias.min(initial=0))),
                                      max(int(most.max()), int(bias.max(initial=0))))


def fits(to: FixedType, values: Mantissas) -> bool:
    """Whether every mantissa is one of a type's."""
    return bool(to.min <= int(values.min(initial=0)) and int(values.max(initial=0)) <= to.max)
