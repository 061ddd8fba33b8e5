# SPDX-License-Identifier: Apache-2.0
"""How wide and how folded each operation is: the same as in the RTL."""

from dataclasses import dataclass
from typing import Any

from nnhw.hw.stage_plan import StagePlan
from nnhw.ir.op import Op, facet

__all__ = ["Spot", "needs_streams", "spots"]


@dataclass(frozen=True)
class Spot:
    """Where an operation stands among the stages of the RTL.

    Parameters
    ----------
    lanes : tuple of int
        Elements in a beat of each operand.
    lanes_out : int
        Elements in a beat of the result.
    blocks : (int, int)
        Column and row blocks of a folded matrix; (1, 1) for all else.
    steps : int
        Cycles a beat of all columns takes; the reuse factor of a folded matrix.
    """

    lanes: tuple[int, ...]
    lanes_out: int
    blocks: tuple[int, int] = (1, 1)
    steps: int = 1


def needs_streams(design: Any) -> bool:
    """Whether an operation takes a tensor beat by beat, whatever the ports are like."""
    return any(not isinstance(stage, StagePlan) and _vector(stage.op) is None
               for stage in design.plan.stages)


def _vector(op: Op) -> int | None:
    """Elements of a vector that RTL may take one by one and C++ takes at once, as one kernel.

    None where the operation is a component of its own here too.
    """
    rtl = facet(op, "rtl")
    return int(rtl.axis(op)) if rtl is not None and hasattr(rtl, "kernel") else None


def spots(design: Any) -> dict[str, Spot]:
    """The spot of each operation by its name."""
    found = {}
    for stage in design.plan.stages:
        if not isinstance(stage, StagePlan):
            vector = _vector(stage.op)
            found[stage.op.name] = (Spot((stage.lanes,), stage.lanes_out) if vector is None
                                    else Spot((vector,), vector))
            continue
        lanes = tuple(stage.operand_lanes(k) for k in range(len(stage.head.inputs)))
        width = stage.head_lanes
        blocks = stage.blocks if stage.matrix and stage.blocks else (1, 1)
        found[stage.head.name] = Spot(lanes, width, blocks, stage.steps if stage.matrix else 1)
        for op in stage.ops[1:]:
            lanes, width = (width,), max(1, width * op.y.size // op.inputs[0].size)
            found[op.name] = Spot(lanes, width)
    return found
