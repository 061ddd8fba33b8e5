# SPDX-License-Identifier: Apache-2.0
"""Multiplier blocks for products outside the folded matrices: scales of channels, normalization."""

from nnhw.config.config import Config
from nnhw.folding.goal import block_count
from nnhw.hw.plan import make_plan
from nnhw.hw.stage import Stage
from nnhw.hw.stage_plan import StagePlan
from nnhw.ir.graph import Graph
from nnhw.program.builder import Kind

__all__ = ["other_blocks"]


def other_blocks(graph: Graph, config: Config) -> int:
    """Blocks that such products take in the circuit of ``graph``."""
    plans = [plan for plan in make_plan(graph, config).stages if isinstance(plan, StagePlan)]
    return sum(_blocks(plan, config) for plan in plans)


def _blocks(plan: StagePlan, config: Config) -> int:
    program = Stage(plan, config.target, config.clock_mhz).pipeline.program
    inside = set(program.scopes.get(plan.head.name, ()) if plan.matrix else ())
    return sum(block_count(*(program.steps[i].type.width for i in step.args))
               for k, step in enumerate(program.steps)
               if step.kind is Kind.MUL and k not in inside)
