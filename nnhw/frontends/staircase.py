# SPDX-License-Identifier: Apache-2.0
"""Functions from an interval of integers to few integers, and their exact circuits."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from nnhw.ir.op import Op
from nnhw.ir.types import TensorType
from nnhw.layers import Lookup, Requantize, Threshold
from nnhw.numeric.types import FixedType, Mantissas, Quantizer, Rounding

__all__ = ["Staircase", "as_nearest", "as_requantize", "as_table", "as_threshold", "cost"]

#: Up to this many operands in all channels a function is evaluated at every one of them.
_EXHAUSTIVE = 1 << 23
#: Largest number of steps in all channels that are looked for.
_STEPS = 1 << 22

#: Shifts that are tried for a multiply-shift.
_SHIFTS = 48
#: Bits of the widest multiplier of a nearest multiply-shift.
_MULTIPLIER = 31


@dataclass(frozen=True, eq=False)
class Staircase:
    """A function of an integer, one for each channel.

    Parameters
    ----------
    function : callable
        From mantissas (channels, n), and a slice of the channels, to codes.
    low, high : array, shape (channels,)
        Interval of the operand.
    hint : array, shape (channels,)
        +1 where the function ascends because each of its steps does, -1 where it descends, 0
        where that is not known beforehand.
    factor : array or None
        Codes for each operand, where the function is linear between its limits.
    step : int
        Distance of neighbouring codes.
    """

    function: Callable[..., Any]
    low: Mantissas
    high: Mantissas
    hint: Any
    factor: Any
    step: int = 1

    @property
    def span(self) -> int:
        """Operands of the widest channel, all channels on one axis."""
        return int(self.high.max()) - int(self.low.min()) + 1

    @cached_property
    def sign(self) -> Any:
        """+1 or -1 for each channel, 0 where it is not monotone: seen, or else by argument."""
        if self.span * len(self.low) > _EXHAUSTIVE:
            return self.hint
        found = np.array(self.hint)
        for channel in range(len(self.low)):
            codes = self._row(channel)
            change = np.diff(codes)
            ascends, descends = (change >= 0).all(), (change <= 0).all()
            usual = found[channel] if found[channel] else 1
            found[channel] = 0 if not (ascends or descends) else (
                usual if ascends and descends else 1 if ascends else -1)
        return found

    def _row(self, channel: int) -> Any:
        operands = np.arange(int(self.low[channel]), int(self.high[channel]) + 1)
        return self.function(operands[None, :], slice(channel, channel + 1))[0]

    @property
    def is_monotone(self) -> bool:
        """Whether every channel ascends or descends, and has few enough steps to look for."""
        return bool((self.sign != 0).all()) and self.levels * len(self.low) <= _STEPS

    @cached_property
    def _ends(self) -> tuple[int, int]:
        ends = np.stack([self.function(b[:, None])[:, 0] for b in (self.low, self.high)])
        return int(ends.min()), int(ends.max())

    @property
    def base(self) -> int:
        """Smallest code of a monotone function."""
        return self._ends[0]

    @property
    def levels(self) -> int:
        """Steps from the smallest to the largest code of a monotone function; at least 1."""
        return max((self._ends[1] - self._ends[0]) // self.step, 1)

    @property
    def codes(self) -> Any:
        """The code behind each step."""
        return self.base + self.step * np.arange(1, self.levels + 1)

    @cached_property
    def interval(self) -> tuple[Any, Any]:
        """Ends in the direction in which the function ascends."""
        up = self.sign > 0
        return np.where(up, self.low, -self.high), np.where(up, self.high, -self.low)

    @cached_property
    def thresholds(self) -> Any:
        """Where each code is first reached, ascending direction; one beyond the end if never."""
        first, last = self.interval
        sign = np.asarray(self.sign)[:, None]
        low = np.repeat(first[:, None], self.levels, axis=1)
        high = np.repeat(last[:, None] + 1, self.levels, axis=1)
        while (low < high).any():
            middle = (low + high) >> 1
            probe = np.minimum(middle, last[:, None])
            reached = (self.function(probe * sign) >= self.codes) & (middle <= last[:, None])
            high = np.where(reached, middle, high)
            low = np.where(reached, low, np.minimum(middle + 1, high))
        return low


def as_threshold(stairs: Staircase, name: str, x: TensorType, frac: int) -> Threshold:
    """One comparison for each code."""
    down = np.asarray(stairs.sign) < 0
    rows = np.where(down[:, None], -stairs.thresholds[:, ::-1], stairs.thresholds)
    descending: Any = bool(down.all()) if down.all() or not down.any() else down
    return Threshold(name, x, rows, descending, stairs.base, stairs.step, frac)


def as_requantize(stairs: Staircase, name: str, x: TensorType, frac: int) -> Requantize | None:
    """``(x * multiplier + offset) >> shift`` with the smallest shift that is exact, or None.

    A code ``K`` is reached at ``t`` and not before it: ``t * m + o >= K << shift`` and
    ``(t - 1) * m + o < K << shift``. For a given ``m`` that leaves an interval of offsets; if it
    is not empty, every offset in it gives the function exactly.
    """
    if stairs.factor is None or stairs.step != 1:
        return None
    for shift in range(_SHIFTS):
        found = _offsets(stairs, shift)
        if found is not None:
            break
    else:
        return None
    return _requantize(stairs, name, x, frac, shift, *found)


def _requantize(stairs: Staircase, name: str, x: TensorType, frac: int, shift: int,
                multiplier: Any, offset: Any) -> Requantize:
    top = stairs.base + stairs.levels
    to = Quantizer(FixedType.containing(stairs.base, top, frac), Rounding.FLOOR)
    multiplier = multiplier * stairs.sign
    one = len(multiplier) == 1
    return Requantize(name, x, to, shift, int(multiplier[0]) if one else multiplier,
                      int(offset[0]) if one else offset,
                      None if stairs.base == to.type.min else stairs.base,
                      None if top == to.type.max else top)


def as_nearest(stairs: Staircase, name: str, x: TensorType, frac: int
               ) -> tuple[Requantize, int, int] | None:
    """The multiply-shift nearest to a function that is linear but for float32's rounding.

    Returns
    -------
    tuple of (Requantize, int, int), or None
        The operation, and for how many operands out of how many its code differs by one; both
        ascend, so that is the distance of their thresholds. None where it has no slope.
    """
    if stairs.factor is None or stairs.step != 1 or not np.all(stairs.factor):
        return None
    first, last = stairs.interval
    found = []
    for shift in range(_SHIFTS):
        low = np.floor(np.abs(stairs.factor) * 2.0**shift)
        if low.max() >= 2.0**_MULTIPLIER or (low.max() + 2) * (
                np.abs(stairs.thresholds).max() + 1) + (
                float(np.abs(stairs.codes).max()) + 1) * 2.0**shift >= 2.0**62:
            break
        tries = [_nearest(stairs, shift, np.maximum(low.astype(np.int64) + more, 1))
                 for more in (0, 1)]
        better = tries[1][2] < tries[0][2]
        m, offset, differing = (np.where(better, b, a) for a, b in zip(*tries, strict=True))
        found.append((int(differing.sum()), shift, m, offset))
        if not found[-1][0]:
            break
    if not found:
        return None
    differing, shift, m, offset = min(found, key=lambda one: one[:2])
    return (_requantize(stairs, name, x, frac, shift, m, offset), differing,
            int((last - first + 1).sum()))


def _nearest(stairs: Staircase, shift: int, m: Any) -> tuple[Any, Any, Any]:
    """For each channel: multiplier, the offset that serves most codes, operands that differ.

    A channel that never changes gets the multiplier 0.
    """
    t, (first, last) = stairs.thresholds, stairs.interval
    goal = stairs.codes << shift
    inside = (t > first[:, None]) & (t <= last[:, None])
    constant = ~inside.any(axis=1)
    offset = (stairs.base + (t <= first[:, None]).sum(axis=1)) << shift
    for channel in np.flatnonzero(~constant):
        least = np.sort(goal[inside[channel]] - t[channel][inside[channel]] * m[channel])
        over = np.searchsorted(least, least, side="right") - np.searchsorted(
            least + m[channel] - 1, least, side="left")
        best = least[over == over.max()]
        offset[channel] = best[len(best) // 2]
    m = np.where(constant, 0, m)
    own = -((offset[:, None] - goal) // np.maximum(m, 1)[:, None])  # ceil((goal - offset) / m)
    own = np.clip(own, first[:, None], last[:, None] + 1)
    own = np.where(constant[:, None], t, own)
    return m, offset, np.abs(own - t).sum(axis=1)


def _offsets(stairs: Staircase, shift: int) -> tuple[Any, Any] | None:
    """Multipliers and offsets that work with ``shift``, for all channels; None if one has none."""
    t, (first, last) = stairs.thresholds, stairs.interval
    factor = np.abs(stairs.factor) * 2.0**shift
    peak = max(int(np.abs(t).max()), 1)
    if (factor.max() + 1) * (peak + 1) + (abs(int(stairs.codes[-1])) + 1 << shift) >= 2.0**62:
        return None
    goal = stairs.codes << shift
    best = np.zeros((2, len(t)), dtype=np.int64)
    done = np.zeros(len(t), dtype=bool)
    big = np.int64(1) << 62
    for extra in (0, 1):
        m = np.maximum(np.floor(factor).astype(np.int64) + extra, 1)
        least = np.where(t <= last[:, None], goal - t * m[:, None], -big).max(axis=1)
        most = np.where(t > first[:, None], goal - (t - 1) * m[:, None] - 1, big).min(axis=1)
        fits = (least <= most) & ~done
        best[:, fits] = np.stack([m, _roundest(least, most)])[:, fits]
        done |= fits
    return (best[0], best[1]) if done.all() else None


def _roundest(least: Any, most: Any) -> Any:
    """The number of each interval with the most trailing zeros: the cheapest to add."""
    best = np.where(least > -(np.int64(1) << 61), least, most)
    for bits in range(1, 60):
        step = np.int64(1) << bits
        up = -(-least // step) * step
        best = np.where((up <= most) & (np.abs(up) < 1 << 60), up, best)
    return best


def as_table(stairs: Staircase, name: str, x: TensorType, frac: int) -> Lookup:
    """An entry for each operand."""
    low = int(stairs.low.min())
    operands = np.arange(low, int(stairs.high.max()) + 1)
    table = stairs.function(np.broadcast_to(operands, (len(stairs.low), len(operands))))
    return Lookup(name, x, table[0] if len(table) == 1 else table, low, 0, frac, "quantizer", 0.0)


def cost(op: Op) -> float:
    """Rough LUTs of an element: a comparison takes half a LUT a bit, an addition one.

    Multipliers by a constant are counted as additions of their signed digits.
    """
    width = op.inputs[0].element.width
    if isinstance(op, Threshold):
        return op.levels * (width / 2 + 1)
    assert isinstance(op, Requantize)
    digits = float(np.mean([_digits(int(m)) for m in np.ravel(op.multiplier)]))
    return float(max(digits - 1.0, 0.0) * width + bool(np.any(op.offset)) * width
                 + 2 * op.to.type.width)


def _digits(value: int) -> int:
    """Non-zero signed digits of a constant, in canonical form."""
    value = abs(value)
    return ((value << 1) + value ^ value).bit_count()
