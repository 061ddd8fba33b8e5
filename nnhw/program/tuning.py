# SPDX-License-Identifier: Apache-2.0
"""What is done to a program before it is pipelined, under a delay model and a clock goal."""

from collections import Counter

from nnhw.program.adding import rebuild_sums
from nnhw.program.builder import Kind, Program
from nnhw.program.delays import DelayModel
from nnhw.program.rewriting import Copier
from nnhw.program.schedule import Clock, live_steps, schedule

__all__ = ["tune"]

#: Rounds in each of which every sum on the longest paths may take one more, faster adder.
_ROUNDS = 12

#: What counts as longest in the first round, in levels of logic short of it; then ever more.
_SLACK = 0.2


def tune(program: Program, model: DelayModel, clock_mhz: float) -> Copier:
    """A copy of ``program`` that computes the same with less.

    Adders of three operands are slower than those of two, so the sums on the longest paths are
    built of both where the circuit would otherwise need more ranks than with two only. Folded
    programs are left as they are: their adders stand between multipliers and accumulators, where
    DSP blocks want them.
    """
    kinds = {program.steps[k].kind for k in live_steps(program)}
    if Kind.ACC in kinds or Kind.MUL in kinds:
        return _unchanged(program)
    clock = Clock(model, 1000.0 / clock_mhz)
    plain = rebuild_sums(program, model, clock, 2)
    if model.operands == 2:
        return plain
    goal = schedule(plain.target, model, clock_mhz).depth
    hurry: Counter[int] = Counter()
    found: dict[int, Copier] = {}  # by depth; of equally deep ones the first has the fewest adders
    for n in range(_ROUNDS):
        tuned = rebuild_sums(program, model, clock, model.operands, hurry)
        depth = schedule(tuned.target, model, clock_mhz).depth
        found.setdefault(depth, tuned)
        if depth <= goal:
            break
        hurry.update(_critical(tuned, model, _SLACK * (1 + n / 4)))
    return found[min(found)]


def _critical(tuned: Copier, model: DelayModel, levels: float) -> frozenset[int]:
    """Steps of the source on the longest paths of what it became, and on those little shorter."""
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
    return frozenset(k for k, v in tuned.made.items() if v.index in before
                     and before[v.index] + behind[v.index] > longest - slack)


def _unchanged(program: Program) -> Copier:
    copier = Copier(program)
    copier.target = program
    copier.made = {k: program.value(k) for k in live_steps(program)}
    return copier
