# SPDX-License-Identifier: Apache-2.0
"""One clock for all: what the stages of a peer's circuit reach by nnhw's delay model."""

from collections.abc import Callable, Sequence
from pathlib import Path

from spatial_generate import program_of

from nnhw.frontends.alir import load_alir
from nnhw.program.builder import Kind, Program
from nnhw.program.delays import DelayModel, delay_model
from nnhw.program.schedule import schedule
from nnhw.program.tuning import tune

__all__ = ["clock_for", "program_of", "reached_mhz"]


def reached_mhz(stages: Sequence[Path], family: str) -> float:
    """Clock at which logic saved by da4ml or alkaid, one file a stage, keeps the model's delays."""
    model = delay_model(family)
    longest = max(_longest(program_of(load_alir(path)), model) for path in stages)
    return 1000.0 / (longest + model.register)


def _longest(p: Program, model: DelayModel) -> float:
    """Nanoseconds of the longest path to an output."""
    at: list[float] = []
    for step in p.steps:
        begun = max((at[i] for i in step.args), default=0.0)
        at.append(0.0 if step.kind is Kind.CONST else begun + model.of(p, step))
    return max(at[value.index] for value in p.outputs)


def clock_for(make: Callable[[], Program], family: str, goal: float, stages: int) -> float:
    """``goal``, or less by twentieths until nnhw needs no more than ``stages``."""
    model, clock = delay_model(family), goal
    while clock > 30:
        tuned = tune(make(), model, clock).target
        if schedule(tuned, model, clock).depth - 1 <= stages:
            break
        clock *= 0.95
    return clock
