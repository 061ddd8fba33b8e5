# SPDX-License-Identifier: Apache-2.0
"""What is done to a program before it is pipelined, under a delay model and a clock goal."""

from nnhw.program.adding import rebuild_sums
from nnhw.program.builder import Kind, Program
from nnhw.program.delays import DelayModel
from nnhw.program.rewriting import Copier
from nnhw.program.schedule import Clock, live_steps, schedule

__all__ = ["tune"]

#: Rounds in which sums on the longest paths get more, faster adders.
_ROUNDS = 6


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
    hurry: frozenset[int] = frozenset()
    for _ in range(_ROUNDS):
        tuned = rebuild_sums(program, model, clock, model.operands, hurry)
        if schedule(tuned.target, model, clock_mhz).depth <= goal:
            break
        late = _critical(tuned, model)
        if late <= hurry:
            break
        hurry |= late
    return tuned


def _critical(tuned: Copier, model: DelayModel) -> frozenset[int]:
    """Steps of the source that lie on the longest paths of what it became."""
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
    slack = model.adder(2, 8)
    return frozenset(k for k, v in tuned.made.items() if v.index in before
                     and before[v.index] + behind[v.index] > longest - slack)


def _unchanged(program: Program) -> Copier:
    copier = Copier(program)
    copier.target = program
    copier.made = {k: program.value(k) for k in live_steps(program)}
    return copier
