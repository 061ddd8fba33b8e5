# SPDX-License-Identifier: Apache-2.0
"""Rounding, overflow and constant products written as steps of a program."""

from collections.abc import Sequence
from functools import lru_cache

from nnhw.numeric.types import FixedType, Overflow, Rounding
from nnhw.program.builder import Program, Value

__all__ = ["dot", "fit", "product", "shift_right", "signed_digits", "times"]


def shift_right(p: Program, x: Value, shift: int, rounding: Rounding) -> Value:
    """``x * 2**-shift`` rounded: a bias, then dropped bits."""
    if shift <= 0:
        return p.shift(x, -shift)
    return p.shift(_biased(p, x, shift, rounding), -shift)


def _biased(p: Program, x: Value, shift: int, rounding: Rounding) -> Value:
    half, ones = 1 << (shift - 1), (1 << shift) - 1
    match rounding:
        case Rounding.FLOOR:
            return x
        case Rounding.CEIL:
            return p.add(x, p.const(ones))
        case Rounding.HALF_UP:
            return p.add(x, p.const(half))
        case Rounding.HALF_DOWN:
            return p.add(x, p.const(half - 1))
        case Rounding.HALF_EVEN:
            return p.add(p.add(x, p.const(half - 1)), p.bit(x, shift))
        case Rounding.HALF_AWAY:
            return p.subtract(p.add(x, p.const(half)), p.negative(x))
        case Rounding.HALF_ZERO:
            return p.add(p.add(x, p.const(half - 1)), p.negative(x))
        case Rounding.ZERO:
            return p.add(x, p.mux(p.negative(x), p.const(ones), p.const(0)))
        case Rounding.AWAY:
            return p.add(x, p.mux(p.negative(x), p.const(0), p.const(ones)))


def fit(p: Program, x: Value, to: FixedType, overflow: Overflow) -> Value:
    """Bring a value into the range of ``to``; see ``nnhw.numeric.golden.fit``."""
    match overflow:
        case Overflow.WRAP:
            return p.wrap(x, to)
        case Overflow.SATURATE:
            return p.clip(x, to.min, to.max)
        case Overflow.SATURATE_SYMMETRIC:
            return p.clip(x, -to.max if to.signed else 0, to.max)
        case Overflow.SATURATE_ZERO:
            inside = p.wrap(x, to)
            if inside is x:
                return x
            return p.mux(p.equal(inside, x), inside, p.const(0))
        case Overflow.WRAP_SIGN:
            if not to.signed or (to.min <= x.low and x.high <= to.max):
                return p.wrap(x, to)
            lost, kept = p.bit(x, to.width), p.bit(x, to.width - 1)
            flips = p.subtract(p.const(1), p.equal(lost, kept))
            inverted = p.subtract(p.const(-1), x)
            return p.wrap(p.mux(flips, inverted, x), to)


@lru_cache(1 << 16)
def signed_digits(number: int) -> tuple[tuple[int, int], ...]:
    """Canonical signed digits of a constant: ``(position, sign)``, fewest non-zero digits.

    Source: Reitwiesner, "Binary arithmetic", Advances in Computers 1, 1960.

    >>> signed_digits(7), signed_digits(-6)
    (((0, -1), (3, 1)), ((1, 1), (3, -1)))
    """
    digits, position = [], 0
    while number:
        if number & 1:
            digit = 2 - (number & 3)
            digits.append((position, digit))
            number -= digit
        number >>= 1
        position += 1
    return tuple(digits)


def times(p: Program, x: Value, factor: int, name: str = "") -> Value:
    """Product by a constant, as shifts and additions."""
    return dot(p, [x], [factor], 0, name)


def dot(p: Program, x: Sequence[Value], weights: Sequence[int], bias: int,
        name: str = "") -> Value:
    """Exact ``sum(x * weights) + bias`` as a balanced tree of shifted additions.

    A tree of signed terms: negative ones are gathered apart and subtracted once.
    """
    terms = [(v, position, sign) for v, w in zip(x, weights, strict=True)
             for position, sign in signed_digits(int(w))]
    plus = _tree(p, [(v, s) for v, s, sign in terms if sign > 0], name)
    minus = _tree(p, [(v, s) for v, s, sign in terms if sign < 0], name)
    total = p.add(plus, minus, subtract=True, name=name)
    return p.add(total, p.const(bias), name=name)


def product(p: Program, x: Value, y: Value, name: str = "") -> Value:
    """``x * y`` without a multiplier block: ``x`` added up where the bits of ``y`` are 1."""
    if y.type.width > x.type.width:
        x, y = y, x
    zero, top = p.const(0), y.type.width - y.type.signed
    rows = [(p.mux(p.bit(y, k), x, zero, name), k) for k in range(top)]
    total = _tree(p, rows, name)
    if y.type.signed:
        row = p.mux(p.negative(y), x, zero, name)
        total = p.add(total, row, 0, top, subtract=True, name=name)
    ends = [a * b for a in (x.low, x.high) for b in (y.low, y.high)]
    return p.known(total, min(ends), max(ends))


def _tree(p: Program, terms: list[tuple[Value, int]], name: str) -> Value:
    """Balanced sum of shifted terms; low zero bits stay a shift until the last addition."""
    if not terms:
        return p.const(0)
    level = sorted(terms, key=lambda term: term[1])
    while len(level) > 1:
        merged = []
        for k in range(0, len(level) - 1, 2):
            (a, sa), (b, sb) = level[k], level[k + 1]
            merged.append((p.add(a, b, 0, sb - sa, name=name), sa))
        level = merged + level[len(level) - len(level) % 2:]
    value, shift = level[0]
    return p.shift(value, shift)
