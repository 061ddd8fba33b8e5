# SPDX-License-Identifier: Apache-2.0
"""Rounding, overflow and quantization of NumPy arrays of mantissas."""

from collections.abc import Callable
from typing import Any

import numpy as np

from nnhw.numeric.types import FixedType, Mantissas, Overflow, Quantizer, Rounding

__all__ = ["as_mantissas", "dequantize", "fit", "quantize", "requantize",
           "round_float", "shift_right"]

#: Beyond this magnitude sums and shifts could leave int64, so arrays hold Python integers.
_SAFE = 1 << 62


def as_mantissas(values: Any) -> Mantissas:
    """Array of int64 where every value is below 2**62 in magnitude, else of Python integers."""
    array = np.asarray(values)
    if array.dtype != object:
        return array.astype(np.int64, copy=False)
    if all(-_SAFE < int(v) < _SAFE for v in array.flat):
        return array.astype(np.int64)
    return array


def _tie(x: Mantissas, shift: int, rounding: Rounding) -> Any:
    """What to add before an arithmetic shift right by ``shift > 0`` so that it rounds."""
    half, ones = 1 << (shift - 1), (1 << shift) - 1
    negative = (x < 0).astype(x.dtype)
    table: dict[Rounding, Callable[[], Any]] = {
        Rounding.FLOOR: lambda: 0,
        Rounding.CEIL: lambda: ones,
        Rounding.ZERO: lambda: ones * negative,
        Rounding.AWAY: lambda: ones * (1 - negative),
        Rounding.HALF_UP: lambda: half,
        Rounding.HALF_DOWN: lambda: half - 1,
        Rounding.HALF_EVEN: lambda: half - 1 + ((x >> shift) & 1),
        Rounding.HALF_AWAY: lambda: half - negative,
        Rounding.HALF_ZERO: lambda: half - 1 + negative,
    }
    return table[rounding]()


def shift_right(x: Mantissas, shift: int, rounding: Rounding) -> Mantissas:
    """``x * 2**-shift`` rounded to whole numbers; a negative ``shift`` multiplies exactly."""
    if shift <= 0 or shift > 60:
        x = x.astype(object) if (shift > 60 or x.size and _peak(x) << -shift >= _SAFE) else x
    if shift <= 0:
        return as_mantissas(x << -shift)
    if x.dtype != object and _peak(x) + (1 << shift) >= _SAFE:
        x = x.astype(object)
    return as_mantissas((x + _tie(x, shift, rounding)) >> shift)


def _peak(x: Mantissas) -> int:
    return max(-int(x.min()), int(x.max())) if x.size else 0


def fit(x: Mantissas, to: FixedType, overflow: Overflow) -> Mantissas:
    """Bring mantissas of the same ``frac`` into the range of ``to``."""
    low, high, modulus = to.min, to.max, 1 << to.width
    outside = (x < low) | (x > high)
    if not outside.any():
        return _symmetric(x, high) if overflow is Overflow.SATURATE_SYMMETRIC and to.signed else x
    if overflow is Overflow.WRAP:
        return as_mantissas((x - low) % modulus + low)
    if overflow is Overflow.WRAP_SIGN:
        return _wrap_sign(x, to)
    if overflow is Overflow.SATURATE_ZERO:
        return np.where(outside, 0, x)
    if overflow is Overflow.SATURATE_SYMMETRIC and to.signed:
        low = -high
    return as_mantissas(np.clip(x, low, high))


def _symmetric(x: Mantissas, high: int) -> Mantissas:
    return as_mantissas(np.maximum(x, -high))


def _wrap_sign(x: Mantissas, to: FixedType) -> Mantissas:
    """AP_WRAP_SM with no saturated bits: keep the sign, invert the rest if the lost bit differs.

    Source: AMD UG1399, "AP_WRAP_SM"; for unsigned types it is a plain wrap.
    """
    modulus = 1 << to.width
    if not to.signed:
        return as_mantissas(x % modulus)
    sign = (x < 0).astype(x.dtype)
    kept = (x >> (to.width - 1)) & 1
    body = np.where(sign != kept, ~x, x)
    return as_mantissas((body - to.min) % modulus + to.min)


def requantize(x: Mantissas, frac: int, to: Quantizer) -> Mantissas:
    """Mantissas of ``frac`` fraction bits, in the type of ``to``."""
    return fit(shift_right(x, frac - to.type.frac, to.rounding), to.type, to.overflow)


def quantize(values: Any, to: Quantizer) -> Mantissas:
    """Floats as mantissas; exact for every finite float64 before rounding is applied.

    NaN has no mantissa: callers check for it, where they can name the place.
    """
    scaled = np.asarray(values, dtype=np.float64) * 2.0**to.type.frac
    bound = 2.0**61
    clipped = np.clip(scaled, -bound, bound) if to.overflow is not Overflow.WRAP else scaled
    return fit(round_float(clipped, to.rounding), to.type, to.overflow)


def round_float(x: Any, rounding: Rounding) -> Mantissas:
    """Floats to whole numbers by exact float operations: floor, and comparison of the rest."""
    floor = np.floor(x)
    rest = x - floor  # exact: both are multiples of the same power of two below 2**53
    up: dict[Rounding, Callable[[], Any]] = {
        Rounding.FLOOR: lambda: rest < 0,
        Rounding.CEIL: lambda: rest > 0,
        Rounding.ZERO: lambda: (rest > 0) & (x < 0),
        Rounding.AWAY: lambda: (rest > 0) & (x > 0),
        Rounding.HALF_UP: lambda: rest >= 0.5,
        Rounding.HALF_DOWN: lambda: rest > 0.5,
        Rounding.HALF_EVEN: lambda: (rest > 0.5) | ((rest == 0.5) & (floor % 2 == 1)),
        Rounding.HALF_AWAY: lambda: (rest > 0.5) | ((rest == 0.5) & (x > 0)),
        Rounding.HALF_ZERO: lambda: (rest > 0.5) | ((rest == 0.5) & (x < 0)),
    }
    whole = floor + up[rounding]()
    if np.abs(whole).max(initial=0) >= 2.0**62:
        return np.array([int(v) for v in whole.flat], dtype=object).reshape(whole.shape)
    mantissas: Mantissas = whole.astype(np.int64)
    return mantissas


def dequantize(x: Mantissas, frac: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Mantissas as float64 values."""
    return np.ldexp(np.asarray(x, dtype=np.float64), -np.asarray(frac, dtype=np.int64))
