# SPDX-License-Identifier: Apache-2.0
"""What is done to a program before it is pipelined, under a delay model and a clock goal."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial

from nnhw.program.adders import adder_bits
from nnhw.program.adding import rebuild_sums
from nnhw.program.builder import Kind, Program
from nnhw.program.cmvm import solver_sums
from nnhw.program.delays import DelayModel
from nnhw.program.paths import Moment, Paths
from nnhw.program.patterns import search
from nnhw.program.registers import register_bits
from nnhw.program.rewriting import Copier
from nnhw.program.schedule import Clock, Schedule, live_steps, schedule
from nnhw.program.sharing import Search
from nnhw.program.sums import Forms

__all__ = ["tune"]

#: What fewer ranks may cost, in bits of adders.
_WORTH = 1.05

#: Levels of logic by which sums are due early.
_AHEAD = (0.05, 0.25, 0.5)

#: Before every other moment.
_AT_ONCE = (0, 0.0)


def tune(program: Program, model: DelayModel, clock_mhz: float) -> Copier:
    """A copy of ``program`` that computes the same with less.

    Adders of three operands are fewer, but slower: where the circuit would need more ranks than
    with two operands only, sums that would be late are built of both. Of the ways of sharing sums
    (see ``_Tuner.ways``) that is taken which needs the fewest ranks and then bits. Folded programs
    are left as they are: their adders stand between multipliers and accumulators, where DSP blocks
    want them.
    """
    kinds = {program.steps[k].kind for k in live_steps(program)}
    if Kind.DOT not in kinds and (Kind.ACC in kinds or Kind.MUL in kinds):
        return _unchanged(program)
    tuner = _Tuner(program, model, clock_mhz)
    ways = tuner.ways(given=Kind.DOT not in kinds)
    tried = [tuner.built(way) for way in ways]
    best = min(tried, key=_rank)
    if model.operands > 2 and best.depth > 1:
        goal = min(tuner.built(way, operands=2).depth for way in ways)
        if best.depth > goal:
            hurried = [one for way in ways
                       for one in tuner.hurried(way, goal, _WORTH * best.adders)]
            best = min([best, *hurried], key=_rank)
    return best.copier


def _rank(one: "_Built") -> tuple[int, float]:
    return one.depth, one.cost


@dataclass(frozen=True)
class _Built:
    """A program with sums built anew."""

    copier: Copier
    plan: Schedule

    @property
    def depth(self) -> int:
        """Ranks."""
        return self.plan.depth

    @cached_property
    def adders(self) -> int:
        """Bits of adders."""
        return adder_bits(self.copier.target)

    @cached_property
    def cost(self) -> float:
        """Bits of adders, and half as many as registers have: FPGAs have twice as many of those."""
        return self.adders + register_bits(self.copier.target, self.plan) / 2


class _Tuner:
    """Builds the sums of one program in different ways."""

    def __init__(self, program: Program, model: DelayModel, clock_mhz: float) -> None:
        self.program, self.model, self.clock_mhz = program, model, clock_mhz
        self.clock = Clock(model, 1000.0 / clock_mhz)

    def ways(self, given: bool) -> list[Forms]:
        """The program's sums, shared in different ways.

        As they came, if any ``given`` sums are shared, and as our own search does; where that is
        for adders of two operands, as da4ml's search does too, for either wins there. (With three,
        ours took fewer bits on 15 matrices and networks, at three clocks each.)
        """
        own = partial(search, operands=self.model.operands)
        searches: list[Search | None] = [own]
        if self.model.operands > 2:
            searches = [lambda *matrix: own(*matrix) or solver_sums(*matrix)]
        elif not given:
            searches.insert(0, solver_sums)
        if given:
            searches.insert(0, None)
        return [self._forms(one) for one in searches]

    def _forms(self, search: Search | None) -> Forms:
        forms = Forms(self.program, self.model.operands)
        if search:
            forms.share_anew(search)
        forms.give_up_parts()
        return forms

    def built(self, forms: Forms, due: Mapping[int, Moment] | None = None,
              operands: int | None = None) -> _Built:
        """Sums as steps; those that are ``due`` may take more adders for it."""
        copier = rebuild_sums(forms, self.model, self.clock, due, operands)
        return _Built(copier, schedule(copier.target, self.model, self.clock_mhz))

    def hurried(self, forms: Forms, goal: int, most: float) -> Iterator[_Built]:
        """The same sums with more adders where else there would be more than ``goal`` ranks.

        All sums are built as fast as can be; the slack of that circuit tells when each is due, a
        little earlier for what the others will shift. Nothing where it takes more than ``most``
        bits of adders.
        """
        fastest = self.built(forms, dict.fromkeys(forms.forms, _AT_ONCE))
        if fastest.depth > goal:
            return
        target = fastest.copier.target
        latest = Paths(target, fastest.plan.live, self.clock).latest(
            {v.index: goal - 1 for v in target.outputs})
        moments = {k: latest[value.index] for k, value in fastest.copier.made.items()
                   if value.index in latest}
        for levels in _AHEAD:
            ahead = levels * self.model.logic
            found = self.built(forms, {k: (rank, time - ahead)
                                       for k, (rank, time) in moments.items()})
            if found.adders > most:
                return
            if found.depth <= goal:
                yield found
                return


def _unchanged(program: Program) -> Copier:
    copier = Copier(program)
    copier.target = program
    copier.made = {k: program.value(k) for k in live_steps(program)}
    return copier
