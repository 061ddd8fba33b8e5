# SPDX-License-Identifier: Apache-2.0
"""Pipelining: which register rank each step of a program lies behind."""

from collections.abc import Sequence
from dataclasses import dataclass

from nnhw.program.builder import Kind, Program, Step
from nnhw.program.delays import DelayModel

__all__ = ["Clock", "Schedule", "live_steps", "schedule"]


@dataclass(frozen=True)
class Schedule:
    """When a beat's values exist.

    Parameters
    ----------
    stage : list of int
        Step ``k`` is computed from registers of rank ``stage[k]`` (0: the input itself), or, for
        registered steps, is itself the register of that rank.
    depth : int
        Rank of the output registers: cycles from an accepted beat to its result.
    gate : int or None
        Rank of the accumulators, behind which only a frame's last beat goes on; the first where
        no accumulator is left because the result is constant.
    live : list of int
        Steps that reach an output.
    """

    stage: list[int]
    depth: int
    gate: int | None
    live: list[int]

    def last_use(self, program: Program) -> dict[int, int]:
        """Rank up to which each live step's value must be kept."""
        use = {k: self.stage[k] for k in self.live}
        for k in self.live:
            step = program.steps[k]
            for i in step.args:
                use[i] = max(use[i], self.stage[k] - is_registered(step))
        for value in program.outputs:
            use[value.index] = max(use[value.index], self.depth)
        if program.gate is not None and self.gate is not None:
            use[program.gate.index] = max(use[program.gate.index], self.gate - 1)
        return use


def is_registered(step: Step) -> bool:
    """Whether the step ends in a register of its own: multipliers, block RAM, accumulators."""
    return (step.kind in (Kind.MUL, Kind.ACC)
            or (step.kind is Kind.TABLE and step.param.registered))


def live_steps(program: Program) -> list[int]:
    """Steps that an output depends on, in order."""
    wanted = {v.index for v in program.outputs}
    if program.gate is not None:
        wanted.add(program.gate.index)
    for k in range(len(program.steps) - 1, -1, -1):
        if k in wanted:
            wanted.update(program.steps[k].args)
    return sorted(wanted)


@dataclass(frozen=True, slots=True)
class Clock:
    """A delay model and the period it is to keep, in nanoseconds."""

    model: DelayModel
    period: float

    def after(self, operands: Sequence[tuple[int, float]], delay: float) -> tuple[int, float]:
        """Rank, and time behind it, of the result of logic fed by operands of such."""
        at, time = max(operands, default=(0, 0.0))
        if time > 0 and time + delay > self.period - self.model.register:
            return at + 1, delay
        return at, time + delay

    def place(self, program: Program, step: Step,
              operands: Sequence[tuple[int, float]]) -> tuple[int, float]:
        """The same of a step; registered ones have a rank to themselves."""
        at, time = max(operands, default=(0, 0.0))
        if step.kind is Kind.MUL:  # operands straight from registers, as DSP blocks want them
            return at + 1 + (time > 0) + self.model.operand_ranks, 0.0
        if step.kind is Kind.TABLE and step.param.registered:
            late = time > (self.period - self.model.register) / 2
            return at + 1 + late, self.model.memory
        rank, time = self.after(operands, self.model.of(program, step))
        return (rank + 1, 0.0) if step.kind is Kind.ACC else (rank, time)


class _Placer:
    """As-soon-as-possible placement under a clock period."""

    def __init__(self, program: Program, model: DelayModel, period: float) -> None:
        self.program, self.clock = program, Clock(model, period)
        self.live = live_steps(program)
        self.stage = [0] * len(program.steps)
        self.time = [0.0] * len(program.steps)

    def run(self, acc_stage: int) -> int | None:
        """Place every live step, accumulators at ``acc_stage`` or later; returns their latest."""
        latest = None
        for k in self.live:
            step = self.program.steps[k]
            self.stage[k], self.time[k] = self._place(step, acc_stage)
            if step.kind is Kind.ACC:
                latest = max(latest or 0, self.stage[k])
        return latest

    def _place(self, step: Step, acc_stage: int) -> tuple[int, float]:
        varying = [(self.stage[i], self.time[i]) for i in step.args
                   if self.program.steps[i].kind is not Kind.CONST]
        rank, time = self.clock.place(self.program, step, varying)
        return (max(rank, acc_stage) if step.kind is Kind.ACC else rank), time


def schedule(program: Program, model: DelayModel, clock_mhz: float) -> Schedule:
    """Place registers so that no path is longer than a clock period by ``model``.

    A step that alone is longer than a period gets a rank to itself; outputs are registered.
    """
    placer = _Placer(program, model, 1000.0 / clock_mhz)
    gate = placer.run(0)
    if gate is not None:
        placer.run(gate)
    elif program.gate is not None:
        gate = 1
    stage, time = placer.stage, placer.time
    outputs = [v.index for v in program.outputs]
    depth = max([1] + [stage[k] + (time[k] > 0) for k in outputs])
    if gate is not None:
        depth = max(depth, gate)
    result = Schedule(stage, depth, gate, placer.live)
    if any(program.steps[k].kind in (Kind.TABLE, Kind.FIELD) for k in placer.live):
        _delay_tables(program, result, placer.time, model)
    return result


def _delay_tables(program: Program, result: Schedule, time: Sequence[float],
                  model: DelayModel) -> None:
    """Read tables as late as their readers allow: an index is narrower than a word.

    Where a memory block is slow, there is a rank between, its own register, and more in front of
    multipliers.
    """
    first_use: dict[int, int] = {}
    ahead: dict[int, int] = {}
    for k in reversed(result.live):
        step = program.steps[k]
        movable = step.kind is Kind.FIELD or (
            step.kind is Kind.TABLE and step.param.registered and k in first_use)
        if movable and k in first_use:
            latest = first_use[k]
            if step.kind is Kind.TABLE:
                latest -= (time[k] > 0) + ahead.get(k, 0)
            result.stage[k] = max(result.stage[k], latest)
        at = result.stage[k] - is_registered(step)
        for i in step.args:
            first_use[i] = min(first_use.get(i, at), at)
            behind = model.operand_ranks if step.kind is Kind.MUL else ahead.get(k, 0)
            if step.kind in (Kind.MUL, Kind.FIELD):
                ahead[i] = max(ahead.get(i, 0), behind)
    # Values that leave the program are read at its end, which never moves.
