# SPDX-License-Identifier: Apache-2.0
"""Lookup: tables for real functions."""

from collections.abc import Callable
from typing import Any

import numpy as np

from nnhw.errors import ConfigError
from nnhw.ir.types import TensorType
from nnhw.layers.lookup.op import Lookup
from nnhw.numeric.golden import quantize
from nnhw.numeric.types import Quantizer

__all__ = ["design_lookup"]

#: Up to this many operands the error is evaluated at every one of them.
_EXHAUSTIVE = 1 << 22


def design_lookup(name: str, x: TensorType, function: Callable[[Any], Any], out: Quantizer,
                  table_size: int = 2048, table_range: tuple[float, float] | None = None, *,
                  scale: float = 1.0, title: str = "") -> Lookup:
    """The table that comes nearest to ``function`` on the real range of ``x``.

    Where all operands fit the table, each has its own entry, exact but for the rounding of the
    result. Otherwise the table spans the operands between which the function still moves by half
    a unit of the result's last place; bins are ``2**shift`` mantissas wide and hold the function
    at their middle, and the outermost entries hold beyond.

    Parameters
    ----------
    name : str
        Of the node.
    x : TensorType
        Operand, one binary point.
    function : callable
        Real function on float64 arrays.
    out : Quantizer
        Type of the entries.
    table_size : int
        Largest number of entries.
    table_range : pair of float or None
        Operands (real values) the table shall span, instead of finding them.
    scale : float
        What an operand stands for beside its binary point; positive.
    title : str
        Name of the function, for people.

    Returns
    -------
    Lookup
        Its ``error_bound`` is the largest distance over every operand if there are at most 2**22;
        beyond, over 2**22 operands spread evenly and the ends of every bin, which is the same for
        a function that is monotone within bins.

    Raises
    ------
    ConfigError
        If the table has no entry or an empty range.
    """
    assert isinstance(x.frac, int), f"{name}: operand has several binary points"
    if table_size < 2:
        raise ConfigError(f"{name}: table_size must be at least 2, not {table_size}")
    unit = scale * 2.0**-x.frac
    low, high = x.bounds

    def real(mantissa: Any) -> Any:
        return function(np.asarray(mantissa, dtype=np.float64) * unit)

    if table_range is not None:
        first, last = _requested(name, table_range, unit, low, high)
        shift, start, size = _bins(first, last, first, last, table_size)
    else:
        fits = high - low < table_size
        first, last = (low, high) if fits else _window(low, high, real, 2.0**-out.type.frac / 2)
        shift, start, size = _bins(low, high, first, last, table_size)
    middle = start + (np.arange(size) + 0.5) * 2.0**shift - 0.5
    values = real(np.clip(middle, low, high))
    if table_range is None:  # what the outermost entries hold beyond the window
        values[0] = real(low) if first > low else values[0]
        values[-1] = real(high) if last < high else values[-1]
    table = quantize(values, out)
    lookup = Lookup(name, x, table, start, shift, out.type.frac, title)
    bound = _error(lookup, real)
    return Lookup(name, x, table, start, shift, out.type.frac, title, bound)


def _bins(low: int, high: int, first: int, last: int, table_size: int) -> tuple[int, int, int]:
    """Width of a bin as a shift, where the first one starts, and how many there are."""
    if table_size == 2 and first > low and last < high:  # one step, in the middle
        return 0, (first + last + 1) // 2 - 1, 2
    shift = 0
    while True:
        # The bin that holds `first` is the last of those that hold the left end's value.
        start = first - ((1 << shift) - 1 if first > low else 0)
        size = -(-(last - start) // (1 << shift)) + 1 if last < high else (
            (last - start) >> shift) + 1
        if size <= table_size:
            return shift, start, size
        shift += 1


def _requested(name: str, wanted: tuple[float, float], unit: float, low: int, high: int
               ) -> tuple[int, int]:
    first, last = (int(np.rint(end / unit)) for end in wanted)
    if first >= last:
        raise ConfigError(f"{name}: table_range must ascend, not {wanted[0]} to {wanted[1]}")
    return min(max(first, low), high), max(min(last, high), low)


def _window(low: int, high: int, real: Callable[[Any], Any], tolerance: float) -> tuple[int, int]:
    """Operands between which the function leaves its end values by more than ``tolerance``."""
    step = max(1, (high - low) >> 20)
    at = np.arange(low, high + 1, step, dtype=np.int64)
    y = real(at)
    left, right = real(np.float64(low)), real(np.float64(high))
    moved = np.abs(y - left) > tolerance
    first = int(at[int(np.argmax(moved)) - 1]) if moved.any() and not moved[0] else low
    still = np.abs(y - right) > tolerance
    end = len(at) - int(np.argmax(still[::-1]))
    last = int(at[min(end, len(at) - 1)]) if still.any() else high
    return (first, last) if first < last else (low, high)


def _error(op: Lookup, real: Callable[[Any], Any]) -> float:
    """Largest distance between table and function."""
    low, high = op.x.bounds
    step = max(1, -(-(high - low + 1) // _EXHAUSTIVE))
    worst = 0.0
    ends = op.start + (np.arange(op.size + 1, dtype=np.int64) << op.shift)
    edges = np.concatenate([ends, ends - 1, [low, high]])
    parts = [edges[(edges >= low) & (edges <= high)]]
    chunk = step << 18
    parts += [np.arange(at, min(at + chunk, high + 1), step) for at in range(low, high + 1, chunk)]
    for part in parts:
        got = op.table[op.index(part)] * 2.0**-op.frac
        worst = max(worst, float(np.abs(got - real(part)).max(initial=0.0)))
    return worst
