# SPDX-License-Identifier: Apache-2.0
"""Sums as trees of adders: earliest operands first, in the order that is soonest done.

Source: Parhami, "Computer Arithmetic", 2010, ch. 8, for multi-operand addition; taking the
earliest operands first is Huffman's construction, optimal for equal delays.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush, heapreplace

from nnhw.numeric.types import FixedType
from nnhw.program.adders import trailing_zeros
from nnhw.program.arithmetic import signed_digits
from nnhw.program.builder import Program, Value
from nnhw.program.delays import DelayModel
from nnhw.program.paths import Moment
from nnhw.program.rewriting import Copier
from nnhw.program.schedule import Clock, live_steps
from nnhw.program.sums import ONE, Form, Forms, is_linear

__all__ = ["rebuild_sums"]

#: Carry cells more that an adder may have for a constant it takes, rather than leave it to others.
_FEW = 1


def rebuild_sums(forms: Forms, model: DelayModel, clock: Clock,
                 due: Mapping[int, Moment] | None = None, operands: int | None = None) -> Copier:
    """A copy of a program with its sums, given as ``forms``, built anew.

    Sums take as few adders as can be, but for those that would not be there when they are ``due``.
    Adders have at most as many ``operands`` as the forms were made for, or fewer if told.
    """
    return _Emitter(forms, model, clock, due or {}, operands or forms.operands).run()


@dataclass(frozen=True, slots=True, order=True)
class _Term:
    """An operand of a sum, in the order in which they are added."""

    level: tuple[int, int]
    low: int
    width: int
    at: Moment
    value: Value = field(compare=False)
    shift: int = field(compare=False)
    sign: int = field(compare=False)


class _Emitter:
    """Writes the new program."""

    def __init__(self, forms: Forms, model: DelayModel, clock: Clock,
                 due: Mapping[int, Moment], operands: int) -> None:
        self.forms, self.model, self.clock, self.due = forms, model, clock, due
        self.operands = operands
        self.copier = Copier(forms.program)
        self.at: dict[int, Moment] = {}

    def run(self) -> Copier:
        source = self.copier.source
        for k in live_steps(source):
            step = source.steps[k]
            if k in self.forms.forms:
                with self.copier.scope_of(k):
                    self._make(k, step.name)
            elif not is_linear(step):
                self._timed(self.copier.copy(k))
        self.copier.finish()
        return self.copier

    def _make(self, k: int, label: str) -> None:
        """A sum, and those it is made of before it."""
        if k in self.copier.made:
            return
        form, steps = self.forms.forms[k], self.copier.source.steps
        for source in form:
            if source in self.forms.forms:
                self._make(source, steps[source].name if source < len(steps) else "part")
        self.copier.made[k] = self._sum(form, label, self.forms.bounds(k), self.due.get(k))

    def _timed(self, value: Value) -> Value:
        program: Program = self.copier.target
        if value.index not in self.at:
            step = program.step(value)
            before = [self.at[i] for i in step.args if i in self.at]
            if step.args or step.low < step.high:
                self.at[value.index] = self.clock.place(program, step, before)
        return value

    def _term(self, value: Value, shift: int, sign: int) -> _Term:
        rank, time = self.at.get(value.index, (0, 0.0))
        low = shift + trailing_zeros(self.copier.target.step(value))
        level = (rank, round(time / self.model.logic))
        return _Term(level, low, value.type.width + shift, (rank, time), value, shift, sign)

    def _sum(self, form: Form, label: str, bounds: tuple[int, int],
             due: Moment | None) -> Value:
        p = self.copier.target
        terms = [self._term(self.copier.made[source], position, sign)
                 for source, factor in form.items() if source != ONE
                 for position, sign in signed_digits(factor)]
        constant = form.get(ONE, 0)
        if constant and not (self.model.constants and _take_one(terms)):
            terms.append(self._term(p.const(constant), 0, 1))
            constant = 0
        if not terms:
            return p.const(0)
        heapify(terms)
        *sizes, _ = self._best([term.at for term in terms], FixedType.containing(*bounds).width,
                                due)
        constant -= self._grouped(terms, sizes, constant, label)
        taken = constant if _take_one(terms) and len(terms) == 2 else 0
        total = self._group(sorted(terms), label, _positive(terms),
                            bounds if taken == constant else None, constant=taken)
        value = p.shift(total.value, total.shift)
        if total.sign < 0:
            value = p.add(p.const(constant - taken), value, subtract=True, name=label,
                          within=bounds)
        elif taken != constant:
            value = p.add(value, p.const(constant), name=label, within=bounds)
        return self._timed(value)

    def _grouped(self, terms: list[_Term], sizes: Sequence[int], constant: int, label: str) -> int:
        """Add terms up in groups of such ``sizes``; returns the ``constant`` if one takes it."""
        left = constant
        for size in sizes:
            group = _next(terms, size, bool(left))
            sign = _sign(group) if any(t.sign > 0 for t in terms) else _positive(group)
            taken = 0
            if left and _take_one(group):
                wait = all(t.sign == sign for t in terms) and not _fits(group, left)
                taken = 0 if wait else left
            elif left and len(terms) == 1 and terms[0].sign > 0:
                sign = 1  # so that the last adder can take it
            left -= taken
            heappush(terms, self._group(group, label, sign, constant=taken))
        return constant - left

    def _best(self, moments: Sequence[Moment], width: int, due: Moment | None) -> Sequence[int]:
        """Numbers of operands of the adders, in the order in which they are made."""
        delays = {n: self.model.adder(n, width) for n in (1, 2, 3)}
        def done(plan: tuple[int, ...]) -> Moment:
            waiting = sorted(moments)
            for size in plan:
                group = [heappop(waiting) for _ in range(size)]
                heappush(waiting, self.clock.after(group, delays[size]))
            return waiting[0]
        tried: list[tuple[Moment, tuple[int, ...]]] = []
        for plans in _plans(len(moments), self.operands):
            if due is None and len(plans) == 1:
                return plans[0]
            tried += [(done(plan), plan) for plan in plans]
            if due is None or min(tried)[0] <= due:
                break
        return min(tried, key=lambda one: one[0])[1]

    def _group(self, group: list[_Term], label: str, sign: int,
               within: tuple[int, int] | None = None, constant: int = 0) -> _Term:
        """The sum of two or three terms, kept with a ``sign`` that one of them has.

        Where two have it, a ``constant`` may come with them.
        """
        if len(group) == 1:
            return group[0]
        p, base = self.copier.target, min(term.shift for term in group)
        if constant:
            base = min(base, _zeros(constant))
        first, *more = sorted(group, key=lambda term: -term.sign * sign)
        if within is not None:
            within = None if sign < 0 else (within[0] >> base, within[1] >> base)
        if constant:
            value = p.sum_of_three([*((t.value, t.shift - base, 1) for t in group),
                                    (p.const(sign * constant >> base), 0, 1)], label, within)
        elif len(group) == 2:
            value = p.add(first.value, more[0].value, first.shift - base, more[0].shift - base,
                          subtract=more[0].sign != sign, name=label, within=within)
        else:
            value = p.sum_of_three([(t.value, t.shift - base, t.sign * sign)
                                    for t in (first, *more)], label, within)
        return self._term(self._timed(value), base, sign)


def _next(terms: list[_Term], size: int, constant: bool) -> list[_Term]:
    """Take the earliest terms; of three as early, two with which a ``constant`` may come."""
    group = [heappop(terms) for _ in range(size)]
    if constant and size == 2 and not _take_one(group) and terms and (
            terms[0].level == group[1].level):
        other = int(group[0].sign == terms[0].sign)
        group[other] = heapreplace(terms, group[other])
    return group


def _take_one(terms: Sequence[_Term]) -> bool:
    """Whether two terms have the same sign, so that a constant may come with them.

    See ``nnhw.synth.add_constant``.
    """
    signs = [term.sign for term in terms]
    return max(signs.count(1), signs.count(-1)) > 1


def _fits(group: Sequence[_Term], constant: int) -> bool:
    """Whether a constant adds only few carry cells at the bottom of the adder of two terms."""
    return max(term.low for term in group) <= _zeros(constant) + _FEW


def _zeros(constant: int) -> int:
    return (constant & -constant).bit_length() - 1


def _positive(group: Sequence[_Term]) -> int:
    """Sign of a sum that is to be positive: -1 only where all terms have it."""
    return max(term.sign for term in group)


def _sign(group: Sequence[_Term]) -> int:
    """Sign with which a partial sum is best kept: that of the term below all others.

    Its low bits then pass the adder as they are, where a minus would run a carry through them.
    """
    lowest, above = sorted(group, key=lambda term: term.low)[:2]
    return lowest.sign if lowest.low < above.low else _positive(group)


def _plans(count: int, operands: int) -> Iterator[list[tuple[int, ...]]]:
    """Ways of adding ``count`` terms: those of the fewest adders, then those of one more, ...

    >>> list(_plans(4, 3))
    [[(2, 3), (3, 2)], [(2, 2, 2)]]
    """
    if count == 1:
        yield [(1,)]
        return
    full, spare = divmod(count - 1, operands - 1)
    for large in range(full, -1, -1) if operands > 2 else [full]:
        small = spare + (operands - 1) * (full - large)
        twos, larges = (2,) * small, (operands,) * large
        yield list(dict.fromkeys((twos + larges, larges + twos)))
