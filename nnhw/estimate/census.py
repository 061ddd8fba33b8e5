# SPDX-License-Identifier: Apache-2.0
"""What a component is made of on a family: LUTs by kind, registers, multipliers, memory blocks."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from nnhw.estimate.blocks import absorbed, in_block, operand_bits, pieces, sums_in_blocks
from nnhw.estimate.fabric import FABRICS, WAYS, Fabric
from nnhw.estimate.logic import Logic, Part
from nnhw.estimate.memories import Place, table_luts
from nnhw.estimate.units import connect, known
from nnhw.hw.running_total import RunningTotal
from nnhw.hw.serial_softmax import SerialSoftmax
from nnhw.hw.stage import Stage
from nnhw.hw.window import SlidingWindow

__all__ = ["Census", "census"]

#: LUTs by kind, and ``ff``, ``dsp``, ``bram``.
Census = dict[str, float]

#: Where the logic of a component is counted; that of windows is less regular than others'.
_GROUPS: dict[type, str] = {SlidingWindow: "window", Stage: "logic", RunningTotal: "logic",
                            SerialSoftmax: "logic"}

#: Bits of an index from which on it matters that it is a counter's.
_TANGLED = 6


def census(unit: Any, target: str) -> Census | None:
    """Counts of a component of a design; None where there is no model of it or of the family."""
    fabric = FABRICS.get(target)
    if fabric is None or not known(unit):
        return None
    logic = Logic(fabric.inputs)
    connect(logic, fabric, unit, target)
    logic.settle()
    if fabric.adds_behind and sums_in_blocks(logic, fabric):
        logic.settle()
    found: Census = defaultdict(float)
    found[_GROUPS.get(type(unit), "control")] += logic.luts()
    found["late"] += len(logic.late & logic.alive)
    found["ff"] += len(logic.registers())
    for part in logic.live_parts():
        _PARTS[part.kind](found, fabric, logic, part)
    found["ff"] -= absorbed(logic, fabric, target)
    return found


def _chain(found: Census, fabric: Fabric, logic: Logic, part: Part) -> None:
    used = [k for k, s in enumerate(part.outputs) if s in logic.alive]
    bits = max(used) + 1
    if fabric.carry == "within":
        found["chain"] += len(used)
    elif part.what.get("counts") and bits <= fabric.small_count:
        found["small"] += bits
        return
    elif fabric.first_apart and bits % 2 == 0:
        found["chain"] += 1
    # The last carry leads nowhere; only where a cell is one carry alone is it left out.
    found["carry"] += bits - 1 if fabric.carry == "within" else _sum_cells(fabric, bits)


def _sum_cells(fabric: Fabric, bits: int) -> int:
    """Carry cells of a sum."""
    return -(-bits // fabric.carry_bits) + (0 if fabric.first_apart else fabric.carry_leads)


def _compared_cells(fabric: Fabric, bits: int) -> int:
    """Those of a comparison."""
    return -(-bits // fabric.carry_bits) + fabric.carry_leads


def _inside(found: Census, fabric: Fabric, logic: Logic, part: Part) -> None:
    """A sum within a multiplier block."""


def _bound(found: Census, fabric: Fabric, logic: Logic, part: Part) -> None:
    found["carry"] += _compared_cells(fabric, len(part.reads))


def _mask(found: Census, fabric: Fabric, logic: Logic, part: Part) -> None:
    found["control"] += 1


def _chain3(found: Census, fabric: Fabric, logic: Logic, part: Part) -> None:
    found["chain3"] += len(part.outputs)
    found["carry"] += -(-len(part.outputs) // 4)


def _compare(found: Census, fabric: Fabric, logic: Logic, part: Part) -> None:
    found["compare"] += 1
    found["carry"] += _compared_cells(fabric, -(-len(part.reads) // 2))


def _select(found: Census, fabric: Fabric, logic: Logic, part: Part) -> None:
    ways, bits = part.what["ways"], len(part.outputs)
    found["select"] += bits * _ways(fabric, ways)


def _ways(fabric: Fabric, ways: int) -> float:
    """LUTs of a bit of a selection, between the measured numbers of ways by a straight line."""
    if ways > WAYS[-1]:
        return fabric.select[-1] * ways / WAYS[-1]
    above = next(k for k, number in enumerate(WAYS) if number >= ways)
    if WAYS[above] == ways:
        return fabric.select[above]
    (low, high), (less, more) = WAYS[above - 1:above + 1], fabric.select[above - 1:above + 1]
    return less + (more - less) * (ways - low) / (high - low)


def _table(found: Census, fabric: Fabric, logic: Logic, part: Part) -> None:
    counted = logic.counters.issuperset(logic.real(part.reads))
    factor, kind, bits = 1.0, "table", len(part.reads)
    if counted and fabric.tangles and bits >= _TANGLED:
        factor, kind = max(part.what["words"] / (1 << bits), 0.5), "tangled"
    found[kind] += factor * table_luts(fabric, [column for column, s in zip(
        part.what["columns"], part.outputs, strict=True) if s in logic.alive])


def _memory(found: Census, fabric: Fabric, logic: Logic, part: Part) -> None:
    where: Place = part.what["where"]
    width = len(part.outputs)
    if where.cell is None:
        words = where.rows
        found["ff"] += words * width
        found["select"] += width * _ways(fabric, words)
        found["logic"] += words
    else:
        found["bram"] += where.cells * where.cell.bram / part.what.get("share", 1)
        found["memory"] += where.cells * where.cell.lut / part.what.get("share", 1)
        found["select"] += width * _ways(fabric, where.rows)


def _product(found: Census, fabric: Fabric, logic: Logic, part: Part) -> None:
    alive = sum(s in logic.alive for s in part.outputs)
    block = in_block(fabric, part)
    if block is None:
        found["product"] += alive * min(operand_bits(part))
        found["ff"] += alive
    else:
        used = pieces(block, part)
        found["dsp"] += block.dsp * used
        if not fabric.registers_behind or (used > 1 and not fabric.adds_behind):
            found["ff"] += alive
        elif used > 1:  # what the first block says alone
            found["ff"] += block.b - 1
        if used > 1:  # their sum lies outside
            bits = (used - 1) * max(alive - block.b, 0)
            found["carry"] += _sum_cells(fabric, bits)
            found["chain"] += bits if fabric.carry != "cell" else 0


_PARTS: dict[str, Callable[[Census, Fabric, Logic, Part], None]] = {
    "bound": _bound, "chain": _chain, "chain3": _chain3, "compare": _compare, "inside": _inside,
    "mask": _mask, "memory": _memory, "product": _product, "select": _select, "table": _table}
