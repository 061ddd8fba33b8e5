# SPDX-License-Identifier: Apache-2.0
"""The type of a tensor: shape, binary point and the interval of every element."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from nnhw.numeric.golden import as_mantissas
from nnhw.numeric.types import FixedType, Mantissas

__all__ = ["TensorType"]


@dataclass(frozen=True, eq=False)
class TensorType:
    """What is known of a tensor of mantissas, batch axis left out.

    Parameters
    ----------
    shape : tuple of int
        Row-major, channels last; ``()`` is a scalar.
    low, high : Mantissas
        Smallest and largest mantissa of each element; they broadcast to ``shape``.
    frac : int or array of int
        Fraction bits: an element stands for ``mantissa * 2**-frac``; broadcasts to ``shape``.
    """

    shape: tuple[int, ...]
    low: Mantissas
    high: Mantissas
    frac: Any = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "low", as_mantissas(self.low))
        object.__setattr__(self, "high", as_mantissas(self.high))
        frac = np.asarray(self.frac, dtype=np.int64)
        same = frac.size and (frac == frac.flat[0]).all()
        object.__setattr__(self, "frac", int(frac.flat[0]) if same else frac)
        assert (self.low <= self.high).all(), (self.low, self.high)

    @classmethod
    def of(cls, shape: tuple[int, ...], element: FixedType) -> "TensorType":
        """Every element may take every value of ``element``."""
        return cls(shape, as_mantissas(element.min), as_mantissas(element.max), element.frac)

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(np.prod(self.shape, dtype=np.int64))

    @cached_property
    def bounds(self) -> tuple[int, int]:
        """Smallest and largest mantissa of any element."""
        return int(self.low.min()), int(self.high.max())

    @property
    def is_uniform(self) -> bool:
        """Whether all elements have the same fraction bits."""
        return isinstance(self.frac, int)

    @cached_property
    def element(self) -> FixedType:
        """Narrowest type whose mantissas hold every element (``frac`` of the finest one)."""
        low, high = self.bounds
        frac = self.frac if isinstance(self.frac, int) else int(self.frac.max())
        return FixedType.containing(low, high, frac)

    def flat_bounds(self) -> tuple[Mantissas, Mantissas]:
        """``low`` and ``high`` of each element in row-major order, shape ``(size,)``."""
        return (np.broadcast_to(self.low, self.shape).reshape(-1),
                np.broadcast_to(self.high, self.shape).reshape(-1))

    def reshaped(self, shape: tuple[int, ...]) -> "TensorType":
        """The same elements in the same order under another shape."""
        def each(a: Any) -> Any:
            return a if np.ndim(a) == 0 else np.broadcast_to(a, self.shape).reshape(shape)
        return TensorType(shape, each(self.low), each(self.high), each(self.frac))

    def __str__(self) -> str:
        dims = "x".join(map(str, self.shape)) or "scalar"
        return f"{self.element}[{dims}]"
