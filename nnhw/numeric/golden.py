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
    if array.dtype.kind in "bi":
        whole: Mantissas = array.astype(np.int64, copy=False)
        return whole if array.itemsize < 8 or _peak(whole) < _SAFE else whole.astype(object)
    # NumPy reads lists of large integers as uint64 or float64; those are read again.
    exact = [int(v) for v in np.asarray(values, dtype=object).flat]
    safe = all(-_SAFE < v < _SAFE for v in exact)
    return np.array(exact, dtype=np.int64 if safe else object).reshape(array.shape)


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
        x = x.astype(object) if (shift > 60 or (x.size and _peak(x) << -shift >= _SAFE)) else x
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
    if overflow is Overflow.SATURATE_SYMMETRIC and to.signed:
        low = -high
    if not x.size or (x.min() >= low and x.max() <= high):
        return x
    if x.dtype != object and (to.width > 61 or _peak(x) >= _SAFE):
        x = x.astype(object)
    if overflow is Overflow.WRAP:
        return as_mantissas((x - low) % modulus + low)
    if overflow is Overflow.WRAP_SIGN:
        return _wrap_sign(x, to)
    if overflow is Overflow.SATURATE_ZERO:
        return as_mantissas(np.where((x < low) | (x > high), 0, x))
    return as_mantissas(np.clip(x, low, high))


def _wrap_sign(x: Mantissas, to: FixedType) -> Mantissas:
    """AP_WRAP_SM with no saturated bits: the lowest lost bit becomes the sign.

    Where it differs from the sign that a plain wrap would leave, all bits are inverted. Source:
    AMD UG1399, "AP_WRAP_SM", after IEEE 1666, SC_WRAP_SM; unsigned types wrap plainly. The range
    is looked at after rounding, as everywhere; where rounding itself carries into the lost bits,
    AMD's ``ap_fixed`` still takes the bit from before.
    """
    modulus = 1 << to.width
    if not to.signed:
        return as_mantissas(x % modulus)
    lost, kept = (x >> to.width) & 1, (x >> (to.width - 1)) & 1
    body = np.where(lost != kept, ~x, x)
    return as_mantissas((body - to.min) % modulus + to.min)


def requantize(x: Mantissas, frac: int, to: Quantizer) -> Mantissas:
    """Mantissas of ``frac`` fraction bits, in the type of ``to``."""
    return fit(shift_right(x, frac - to.type.frac, to.rounding), to.type, to.overflow)


def quantize(values: Any, to: Quantizer) -> Mantissas:
    """Floats as mantissas; exact for every finite float64 before rounding is applied.

    Infinities saturate, or wrap to 0. NaN has no mantissa: callers check for it, where they can
    name the place.
    """
    values = np.asarray(values, dtype=np.float64)
    with np.errstate(over="ignore", under="ignore"):
        scaled = np.ldexp(values, to.type.frac)
    # All values between 0 and a half round alike; so none is lost below the smallest float.
    tiny = (values != 0) & (np.abs(scaled) < 0.25)
    scaled = np.where(tiny, np.copysign(0.25, values), scaled)
    if (np.abs(scaled) >= 2.0**61).any():
        return fit(_large(values, scaled, to), to.type, to.overflow)
    return fit(round_float(scaled, to.rounding), to.type, to.overflow)


def _large(values: Any, scaled: Any, to: Quantizer) -> Mantissas:
    """Rounded mantissas where some leave int64: above 2**53 a float is a whole number."""
    wraps = to.overflow in (Overflow.WRAP, Overflow.WRAP_SIGN)
    beyond = 0 if wraps else 2 << to.type.width
    small = np.where(np.abs(scaled) < 2.0**61, scaled, 0.0)
    result = round_float(small, to.rounding).astype(object)
    for at in np.argwhere(np.abs(scaled) >= 2.0**61):
        value = values[tuple(at)]
        if np.isinf(value):
            result[tuple(at)] = int(np.sign(value)) * beyond
            continue
        top, bottom = value.as_integer_ratio()
        shift = to.type.frac - (bottom.bit_length() - 1)
        result[tuple(at)] = top << shift if shift >= 0 else top >> -shift
    return result


#: Roundings that NumPy knows by itself.
_DIRECT: dict[Rounding, Any] = {Rounding.FLOOR: np.floor, Rounding.CEIL: np.ceil,
                                Rounding.ZERO: np.trunc, Rounding.HALF_EVEN: np.rint}


def round_float(x: Any, rounding: Rounding) -> Mantissas:
    """Floats to whole numbers by exact float operations."""
    x = np.asarray(x)
    whole = _DIRECT[rounding](x) if rounding in _DIRECT else _round_parts(x, rounding)
    if np.abs(whole).max(initial=0) >= 2.0**62:
        return np.array([int(v) for v in whole.flat], dtype=object).reshape(whole.shape)
    mantissas: Mantissas = whole.astype(np.int64)
    return mantissas


def _round_parts(x: Any, rounding: Rounding) -> Any:
    """The integral part, moved away from zero where the rest and the sign ask for it."""
    whole = np.trunc(x)
    rest = np.abs(x - whole)  # exact, for it has no more digits than x
    negative = np.signbit(x)
    away: dict[Rounding, Callable[[], Any]] = {
        Rounding.AWAY: lambda: rest > 0,
        Rounding.HALF_UP: lambda: (rest > 0.5) | ((rest == 0.5) & ~negative),
        Rounding.HALF_DOWN: lambda: (rest > 0.5) | ((rest == 0.5) & negative),
        Rounding.HALF_AWAY: lambda: rest >= 0.5,
        Rounding.HALF_ZERO: lambda: rest > 0.5,
    }
    return whole + np.where(away[rounding](), np.where(negative, -1, 1), 0)


def dequantize(x: Mantissas, frac: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Mantissas as float64 values."""
    return np.ldexp(np.asarray(x, dtype=np.float64), -np.asarray(frac, dtype=np.int64))
