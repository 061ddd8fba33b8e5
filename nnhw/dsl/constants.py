# SPDX-License-Identifier: Apache-2.0
"""Weights and biases of the DSL: floats with a precision, whole numbers, or mantissas."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from nnhw.dsl.tensor import as_quantizer
from nnhw.errors import ModelError
from nnhw.numeric.golden import as_mantissas, quantize
from nnhw.numeric.types import Mantissas, Quantizer

__all__ = ["Fixed", "as_fixed"]


@dataclass(frozen=True, eq=False)
class Fixed:
    """Constants that are on their grid already: ``mantissas * 2**-frac``.

    Parameters
    ----------
    mantissas : array of int
        Of any size of integer.
    frac : int
        Fraction bits.
    bits : int or None
        Width they were declared with, for reports.
    reach : pair of int or None
        Smallest and largest mantissa of the type they were declared with.
    """

    mantissas: Mantissas
    frac: int = 0
    bits: int | None = None
    reach: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        array = np.asarray(self.mantissas)
        if array.dtype.kind not in "iuO":
            raise ModelError(f"mantissas must be whole numbers, not {array.dtype}")
        object.__setattr__(self, "mantissas", as_mantissas(array))


def as_fixed(values: Any, precision: Quantizer | str | None, name: str, what: str) -> Fixed:
    """Constants on a grid: ``Fixed`` as they are, whole numbers exactly, floats quantized.

    Raises
    ------
    ModelError
        If floats come without a precision, or are not finite.
    """
    if isinstance(values, Fixed):
        return values
    array = np.asarray(values)
    if array.dtype.kind not in "iufbO":
        raise ModelError(f"{name}: {what} must hold numbers, not {array.dtype}")
    if precision is None:
        if array.dtype.kind == "f":
            raise ModelError(f"{name}: float {what} needs a precision, "
                             "for instance precision='fixed<8,2>'")
        return Fixed(array.astype(np.int64) if array.dtype.kind == "b" else array)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ModelError(f"{name}: {what} must be finite, and holds NaN or infinity")
    to = as_quantizer(precision)
    return Fixed(quantize(array, to), to.type.frac, to.type.width, (to.type.min, to.type.max))
