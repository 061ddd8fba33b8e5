# SPDX-License-Identifier: Apache-2.0
"""Programs and how they are written: every value with its own interval, nothing said twice."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from nnhw.numeric.bits import bitwise_bounds
from nnhw.numeric.types import FixedType
from nnhw.program.steps import Kind, Port, Step, Table, Value

__all__ = ["Kind", "Port", "Program", "Step", "Value"]


class Program:
    """A list of steps under construction; equal steps are shared, constants folded.

    Parameters
    ----------
    name : str
        Name of the module it becomes.

    Members
    -------
    steps : list of Step
        In an order in which each reads only earlier ones.
    ports : list of Port
        Inputs.
    outputs : list of Value
        Elements of the output bundle ``o``.
    gate : Value or None
        Where set, only beats for which it is 1 leave the accumulators (see ``accumulate``).
    multiplies_in_logic : bool
        Whether folded matrices make their products of additions, not of multiplier blocks.
    pairs_within : int
        Bits of the wide operand of a block that holds two products of a folded matrix; 0 is none.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.steps: list[Step] = []
        self.ports: list[Port] = []
        self.outputs: list[Value] = []
        self.element = FixedType(1)
        self.gate: Value | None = None
        self.multiplies_in_logic = False
        self.pairs_within = 0
        self.scopes: dict[str, list[int]] = {}
        self._scope = ""
        self._seen: dict[tuple[Any, ...], Value] = {}

    @contextmanager
    def scope(self, name: str) -> Iterator[None]:
        """Steps made inside bear ``name`` in Verilog; used for the layer they belong to."""
        outer, self._scope = self._scope, name
        self.scopes.setdefault(name, [])
        yield
        self._scope = outer

    def step(self, value: Value) -> Step:
        """The step behind a value."""
        return self.steps[value.index]

    def value(self, k: int) -> Value:
        """The result of step ``k``."""
        return Value(k, self.steps[k].low, self.steps[k].high)

    def _emit(self, kind: Kind, args: tuple[Value, ...], low: int, high: int,
              param: Any = None, name: str = "") -> Value:
        key = (kind, tuple(a.index for a in args), low, high, param)
        if kind is not Kind.ACC and key in self._seen:
            return self._seen[key]
        assert low <= high, (kind, low, high)
        value = Value(len(self.steps), low, high)
        label = f"{self._scope}_{name}" if self._scope and name else name or self._scope
        self.steps.append(Step(kind, tuple(a.index for a in args), low, high, param, label))
        if self._scope:
            self.scopes[self._scope].append(value.index)
        self._seen[key] = value
        return value

    def emit(self, kind: Kind, args: Sequence[Value], low: int, high: int, param: Any,
             name: str) -> Value:
        """A step as it is, for those who write programs anew; nothing is folded but equal steps."""
        return self._emit(kind, tuple(args), low, high, param, name)

    def port(self, name: str, element: FixedType,
             bounds: Sequence[tuple[int, int]]) -> list[Value]:
        """A new input bundle; each lane's own interval lies within ``element``."""
        self.ports.append(Port(name, element, len(bounds)))
        return [self._emit(Kind.INPUT, (), low, high, (name, lane), f"{name}_{lane}")
                for lane, (low, high) in enumerate(bounds)]

    def output(self, values: Sequence[Value], element: FixedType | None = None) -> None:
        """Set the output bundle; its element type is the narrowest for all unless given."""
        self.outputs = list(values)
        self.element = element or FixedType.containing(min(v.low for v in values),
                                                       max(v.high for v in values))

    def const(self, number: int) -> Value:
        """A constant."""
        return self._emit(Kind.CONST, (), number, number, int(number))

    def add(self, a: Value, b: Value, shift_a: int = 0, shift_b: int = 0, *,
            subtract: bool = False, name: str = "",
            within: tuple[int, int] | None = None) -> Value:
        """``(a << shift_a) + (b << shift_b)``, or minus; ``within`` is what else is known of it."""
        sign = -1 if subtract else 1
        if b.low == b.high == 0:
            return self.shift(a, shift_a)
        if a.low == a.high == 0 and not subtract:
            return self.shift(b, shift_b)
        ends = ((b.low << shift_b) * sign, (b.high << shift_b) * sign)
        low, high = (a.low << shift_a) + min(ends), (a.high << shift_a) + max(ends)
        if within is not None:
            low, high = max(low, within[0]), min(high, within[1])
        if low == high:
            return self.const(low)
        return self._emit(Kind.ADD, (a, b), low, high, (shift_a, shift_b, sign), name)

    def sum_of_three(self, terms: Sequence[tuple[Value, int, int]], name: str = "",
                     within: tuple[int, int] | None = None) -> Value:
        """Sum of ``sign * (value << shift)``; at most two signs are -1.

        One level of logic on FPGAs whose LUT has two outputs (see ``nnhw_add3``).
        """
        assert len(terms) == 3 and any(sign > 0 for _, _, sign in terms), terms
        ends = [sorted(((v.low << shift) * sign, (v.high << shift) * sign))
                for v, shift, sign in terms]
        low, high = sum(end[0] for end in ends), sum(end[1] for end in ends)
        if within is not None:
            low, high = max(low, within[0]), min(high, within[1])
        if low == high:
            return self.const(low)
        return self._emit(Kind.SUM, tuple(v for v, _, _ in terms), low, high,
                          tuple((shift, sign) for _, shift, sign in terms), name)

    def dot(self, x: Sequence[Value], factors: Sequence[int], bias: int, name: str = "") -> Value:
        """``sum(x * factors) + bias``; what adders it is made of is left to ``tuning``."""
        fixed = [v.low == v.high for v in x]
        bias += sum(v.low * c for v, c, known in zip(x, factors, fixed, strict=True) if known)
        terms = [(v, c) for v, c, known in zip(x, factors, fixed, strict=True) if c and not known]
        if not terms:
            return self.const(bias)
        (first, factor), *more = terms
        if not (more or bias) and factor > 0 and factor & (factor - 1) == 0:
            return self.shift(first, factor.bit_length() - 1)
        ends = [sorted((v.low * c, v.high * c)) for v, c in terms]
        return self._emit(Kind.DOT, tuple(v for v, _ in terms), bias + sum(e[0] for e in ends),
                          bias + sum(e[1] for e in ends), (tuple(c for _, c in terms), bias), name)

    def subtract(self, a: Value, b: Value, name: str = "") -> Value:
        """``a - b``."""
        return self.add(a, b, subtract=True, name=name)

    def shift(self, a: Value, left: int) -> Value:
        """``a << left``; a negative ``left`` drops bits, toward minus infinity."""
        if left == 0:
            return a
        low, high = ((a.low << left, a.high << left) if left > 0
                     else (a.low >> -left, a.high >> -left))
        if low == high:
            return self.const(low)
        return self._emit(Kind.SHIFT, (a,), low, high, left)

    def mul(self, a: Value, b: Value, name: str = "") -> Value:
        """Product of two values; for constants see ``nnhw.program.constant``."""
        ends = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
        if min(ends) == max(ends):
            return self.const(min(ends))
        return self._emit(Kind.MUL, (a, b), min(ends), max(ends), None, name)

    def bit(self, a: Value, position: int) -> Value:
        """Bit ``position`` of ``a`` in two's complement, sign-extended."""
        if a.low >> position == a.high >> position:
            return self.const((a.low >> position) & 1)
        return self._emit(Kind.BIT, (a,), 0, 1, position)

    def bitwise(self, how: str, a: Value, b: Value, name: str = "") -> Value:
        """``a & b``, ``a | b`` or ``a ^ b`` (``how``: the operator) of every bit."""
        low, high = bitwise_bounds(how, (a.low, a.high), (b.low, b.high))
        if low == high:
            return self.const(low)
        return self._emit(Kind.BITWISE, (a, b), low, high, how, name)

    def negative(self, a: Value) -> Value:
        """1 where ``a < 0``."""
        return self.bit(a, max(a.type.width - 1, 0)) if a.low < 0 else self.const(0)

    def less(self, a: Value, b: Value, name: str = "") -> Value:
        """1 where ``a < b``, else 0."""
        if a.high < b.low or a.low >= b.high:
            return self.const(int(a.high < b.low))
        if b.low == b.high == 0:
            return self.negative(a)
        return self._emit(Kind.LESS, (a, b), 0, 1, None, name)

    def equal(self, a: Value, b: Value, name: str = "") -> Value:
        """1 where ``a == b``, else 0."""
        if a.high < b.low or b.high < a.low:
            return self.const(0)
        if a.low == a.high == b.low == b.high:
            return self.const(1)
        return self._emit(Kind.EQUAL, (a, b), 0, 1, None, name)

    def mux(self, select: Value, then: Value, other: Value, name: str = "") -> Value:
        """``then`` where ``select`` is 1, else ``other``."""
        if select.low == select.high:
            return then if select.low else other
        if then == other:
            return then
        return self._emit(Kind.MUX, (select, then, other), min(then.low, other.low),
                          max(then.high, other.high), None, name)

    def maximum(self, a: Value, b: Value, name: str = "") -> Value:
        """The larger of two."""
        larger = self.mux(self.less(a, b), b, a, name)
        return self.known(larger, max(a.low, b.low), max(a.high, b.high))

    def known(self, a: Value, low: int, high: int) -> Value:
        """The same value where its interval is known to be narrower than its step tells."""
        low, high = max(a.low, low), min(a.high, high)
        if (low, high) == (a.low, a.high):
            return a
        if low == high:
            return self.const(low)
        narrow = FixedType.containing(low, high)
        return self._emit(Kind.WRAP, (a,), low, high, narrow)

    def clip(self, a: Value, low: int, high: int, name: str = "") -> Value:
        """Nearest to ``a`` between ``low`` and ``high``."""
        if low <= a.low and a.high <= high:
            return a
        low_out, high_out = min(max(a.low, low), high), min(max(a.high, low), high)
        if low_out == high_out:
            return self.const(low_out)
        return self._emit(Kind.CLIP, (a,), low_out, high_out, (low, high), name)

    def wrap(self, a: Value, to: FixedType) -> Value:
        """Low bits of ``a`` read as ``to`` (whose ``frac`` does not matter)."""
        if to.min <= a.low and a.high <= to.max:
            return a
        return self._emit(Kind.WRAP, (a,), to.min, to.max,
                          FixedType(to.width, 0, to.signed))

    def table(self, index: Value, values: Sequence[int], *, registered: bool = False,
              name: str = "") -> Value:
        """``values[index]``; the index lies within the table."""
        assert index.low >= 0 and index.high < len(values), (index, len(values))
        if index.low == index.high:
            return self.const(int(values[index.low]))
        reached = [int(v) for v in values[: index.high + 1]]
        low, high = min(reached[index.low:]), max(reached[index.low:])
        if low == high:
            return self.const(low)
        kind = FixedType.containing(min(reached), max(reached))
        table = Table(tuple(reached), registered, kind.width, kind.signed)
        return self._emit(Kind.TABLE, (index,), low, high, table, name)

    @property
    def written(self) -> list[Table]:
        """Memories with a port to write them by (``nnhw.program.memories``)."""
        return [s.param for s in self.steps if s.kind is Kind.TABLE and s.param.port]

    def accumulate(self, a: Value, first: Value, start: Value, low: int, high: int,
                   name: str = "") -> Value:
        """Running sum of ``a`` over beats, begun with ``start`` where ``first`` is 1.

        ``low`` and ``high`` bound the final result; partial sums may wrap, which does no harm.
        Set ``gate`` to the flag of a frame's last beat.
        """
        return self._emit(Kind.ACC, (a, first, start), low, high, name=name)

    def sum(self, terms: Sequence[Value], name: str = "") -> Value:
        """Balanced tree of additions."""
        level = list(terms) or [self.const(0)]
        while len(level) > 1:
            pairs = [self.add(level[k], level[k + 1], name=name)
                     for k in range(0, len(level) - 1, 2)]
            level = pairs + level[len(level) - len(level) % 2:]
        return level[0]
