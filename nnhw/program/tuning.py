# SPDX-License-Identifier: Apache-2.0
"""What is done to a program before it is pipelined, under a delay model and a clock goal."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from nnhw.program.adders import adder_bits
from nnhw.program.adding import rebuild_sums
from nnhw.program.builder import Kind, Program
from nnhw.program.delays import DelayModel
from nnhw.program.registers import register_bits
from nnhw.program.rewriting import Copier
from nnhw.program.schedule import Clock, Schedule, live_steps, schedule
from nnhw.program.sums import Forms

__all__ = ["tune"]

#: Rounds in each of which every sum on the longest paths may take one more, faster adder; and
#: rounds after which that is given up if the longest path gets no shorter.
_ROUNDS, _PATIENCE = 11, 3

#: What counts as longest in the first round, in levels of logic short of it; then ever more.
_SLACK = 0.2


def tune(program: Program, model: DelayModel, clock_mhz: float) -> Copier:
    """A copy of ``program`` that computes the same with less.

    Adders of three operands are fewer, but slower: where the circuit would need more ranks than
    with two operands only, the sums on its longest paths are built of both. Sums are shared as in
    the program as it came, or anew, whichever takes fewer ranks and then fewer bits. Folded
    programs are left as they are: their adders stand between multipliers and accumulators, where
    DSP blocks want them.
    """
    kinds = {program.steps[k].kind for k in live_steps(program)}
    if Kind.ACC in kinds or Kind.MUL in kinds:
        return _unchanged(program)
    tuner = _Tuner(program, model, clock_mhz)
    ways = [tuner.forms(model.operands, anew=anew) for anew in (False, True)]
    tried = [tuner.built(way) for way in ways]
    goal = min(one.depth for one in tried)
    if model.operands > 2:
        goal = min(goal, tuner.built(tuner.forms(2, anew=False)).depth)
    best = min(tried, key=_rank)
    for way, one in sorted(zip(ways, tried, strict=True), key=lambda pair: pair[1].cost):
        if best.depth <= goal and best.cost <= one.cost:
            break
        if one.depth > goal:
            best = min(best, tuner.hurried(way, one, goal), key=_rank)
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
    def cost(self) -> float:
        """Bits of adders, and half as many as registers have: FPGAs have twice as many of those."""
        return adder_bits(self.copier.target) + register_bits(self.copier.target, self.plan) / 2


class _Tuner:
    """Builds the sums of one program in different ways."""

    def __init__(self, program: Program, model: DelayModel, clock_mhz: float) -> None:
        self.program, self.model, self.clock_mhz = program, model, clock_mhz
        self.clock = Clock(model, 1000.0 / clock_mhz)

    def forms(self, operands: int, *, anew: bool) -> Forms:
        """The program's sums, shared as they came or anew."""
        forms = Forms(self.program, operands)
        if anew:
            forms.share_anew()
        forms.give_up_parts()
        return forms

    def built(self, forms: Forms, hurry: Mapping[int, int] | None = None) -> _Built:
        """Sums as steps."""
        copier = rebuild_sums(forms, self.model, self.clock, hurry)
        return _Built(copier, schedule(copier.target, self.model, self.clock_mhz))

    def hurried(self, forms: Forms, found: _Built, goal: int) -> _Built:
        """The same sums with more adders where paths are longest, until ``goal`` is met."""
        best, hurry = found, Counter[int]()
        shortest, since = math.inf, 0
        for n in range(_ROUNDS):
            longest, critical = _critical(found.copier, self.model, _SLACK * (1 + n / 4))
            since = 0 if longest < shortest else since + 1
            shortest = min(shortest, longest)
            if best.depth <= goal or since == _PATIENCE:
                break
            hurry.update(critical)
            found = self.built(forms, hurry)
            best = min(best, found, key=lambda one: one.depth)  # of equals the first is smallest
        return best


def _critical(tuned: Copier, model: DelayModel, levels: float) -> tuple[float, frozenset[int]]:
    """Length of the longest path, and the source's steps on it and on those little shorter."""
    p = tuned.target
    live = live_steps(p)
    delay = {k: model.of(p, p.steps[k]) for k in live}
    before, behind = dict.fromkeys(live, 0.0), dict.fromkeys(live, 0.0)
    for k in live:
        before[k] = delay[k] + max((before[i] for i in p.steps[k].args), default=0.0)
    for k in reversed(live):
        for i in p.steps[k].args:
            behind[i] = max(behind[i], behind[k] + delay[k])
    longest = max(before[k] for k in live)
    slack = model.logic * levels
    return longest, frozenset(k for k, v in tuned.made.items() if v.index in before
                              and before[v.index] + behind[v.index] > longest - slack)


def _unchanged(program: Program) -> Copier:
    copier = Copier(program)
    copier.target = program
    copier.made = {k: program.value(k) for k in live_steps(program)}
    return copier
