# SPDX-License-Identifier: Apache-2.0
"""Signals of line buffers with their windows, and of running totals."""

from nnhw.estimate.arithmetic import add, constant, counter, equal, less, wide
from nnhw.estimate.fabric import Fabric
from nnhw.estimate.logic import ONE, Logic
from nnhw.estimate.plumbing import delayed, payload_bits
from nnhw.hw.running_total import RunningTotal
from nnhw.hw.window import SlidingWindow

__all__ = ["total", "window"]


def window(logic: Logic, fabric: Fabric, unit: SlidingWindow, target: str) -> None:
    """A line buffer and the windows that it gives."""
    op, plan = unit.op, unit.schedule
    word, valid, ready = logic.leaves(payload_bits(unit.i)), logic.leaf(), logic.leaf()
    offered, emit, push = logic.state(), logic.state(), logic.state()
    takes = logic.gate(offered, ready, emit)
    place, flush = _sequence(logic, fabric, unit, valid, push, emit)
    logic.alias(push, logic.gate(valid, flush, takes))
    rows = [word]
    for _ in range(op.kernel[0] - 1):
        rows.append(delayed(logic, fabric, rows[-1],
                             op.dilation[0] * op.x.shape[1] * plan.beats, push))
    taps = []
    for latest in rows[::-1]:
        columns = [latest]
        for _ in range(op.kernel[1] - 1):
            columns.append(delayed(logic, fabric, columns[-1], op.dilation[1] * plan.beats, push))
        taps.append(columns[::-1])
    inside = [_masks(logic, fabric, unit, axis, at) for axis, at in enumerate(place)]
    store = logic.gate(push, emit)
    for i, columns in enumerate(taps):
        for j, tap in enumerate(columns):
            flag = logic.tree([inside[0][i], inside[1][j]])
            if op.is_padded and flag > ONE:
                tap = [logic.part("mask", [flag, bit], 1)[0] for bit in tap]
            logic.want(logic.register(bit, store) for bit in tap)
    logic.feed(offered, logic.gate(store, offered, ready))
    logic.want([offered, takes])


def _sequence(logic: Logic, fabric: Fabric, unit: SlidingWindow, valid: int, push: int, emit: int,
              ) -> tuple[list[list[int]], int]:
    plan = unit.schedule
    width = (plan.last + 1).bit_length()
    real = logic.gate(push, valid)
    arrived, whole = counter(logic, fabric, plan.pushes, real)
    begins = logic.tree(arrived)
    age, following, due = ([logic.state() for _ in range(width)] for _ in range(3))
    spent = logic.state()
    old, fresh = logic.tree(age), logic.tree(following)
    flush = logic.gate(valid, begins, old, fresh)
    begun = logic.gate(fresh, begins, old, valid)
    logic.alias(emit, logic.gate(equal(logic, age, due), spent))
    _, done = (counter(logic, fabric, plan.beats, logic.gate(push, emit))
                  if plan.beats > 1 else ([], emit))
    column, across = counter(logic, fabric, plan.columns, logic.gate(push, done))
    row, down = counter(logic, fabric, plan.rows, logic.gate(push, done, across))
    end = logic.gate(logic.gate(push, done, across), down)
    later = add(logic, fabric, following, constant(1, width))
    older = add(logic, fabric, age, constant(1, width))
    gaps = list(dict.fromkeys((1, plan.column_gap, plan.row_gap)))
    steps = [add(logic, fabric, due, constant(gap, width)) for gap in gaps]
    for k in range(width):
        logic.feed(age[k], logic.gate(end, begun, later[k], older[k]), push, spent)
        logic.feed(following[k], later[k], push, begun, end)
        chosen = steps[0][k]
        for other in steps[1:]:
            chosen = logic.gate(across, chosen, other[k])
        logic.feed(due[k], chosen, logic.gate(push, emit), end)
    logic.feed(spent, logic.gate(logic.gate(end, begun, real, whole), spent, whole, real), push)
    return [row, column], flush


def _masks(logic: Logic, fabric: Fabric, unit: SlidingWindow, axis: int, at: list[int],
           ) -> list[int]:
    """For each tap of an axis, whether it lies inside."""
    op, found = unit.op, []
    size, taps = op.x.shape[axis], op.kernel[axis]
    for k in range(taps):
        tap = k * op.dilation[axis]
        low = tap < op.before[axis]
        reach = (op.places[axis] - 1) * op.stride[axis] - op.before[axis] + tap
        flags = [logic.tree(at) if len(at) < 5 else less(
            logic, fabric, at, constant(1, len(at))) for edge in (low, reach >= size) if edge]
        found.append(logic.tree(flags) if flags else ONE)
    return found


def total(logic: Logic, fabric: Fabric, unit: RunningTotal, target: str) -> None:
    """Accumulators that go round."""
    word, valid, ready = logic.leaves(payload_bits(unit.i)), logic.leaf(), logic.leaf()
    element = (unit.op.y if unit.op.how == "sum" else unit.op.x).element
    own = unit.op.x.element
    fire, offered = logic.state(), logic.state()
    _, end = counter(logic, fabric, unit.parts, fire) if unit.parts > 1 else ([], fire)
    vector, last = counter(logic, fabric, unit.op.vectors, logic.gate(fire, end))
    first = logic.tree(vector)
    takes = logic.gate(last, offered, ready)
    logic.alias(fire, logic.gate(valid, takes))
    held = [logic.state() for _ in range(element.width * unit.lanes)]
    reached = []
    for lane in range(unit.lanes):
        so_far = held[lane * element.width:(lane + 1) * element.width]
        x = wide(word[lane * own.width:(lane + 1) * own.width], own.signed, element.width)
        if unit.op.how == "sum":
            kept = [logic.gate(first, bit) for bit in so_far]
            reached += add(logic, fabric, kept, x)
        else:
            larger = less(logic, fabric, so_far, x)
            reached += [logic.gate(first, larger, a, b) for a, b in zip(x, so_far, strict=True)]
    for bit, again in zip(held, delayed(logic, fabric, reached, unit.parts, fire), strict=True):
        logic.alias(bit, again)
    store = logic.gate(fire, last)
    logic.feed(offered, logic.gate(store, offered, ready))
    logic.want([*(logic.register(bit, store) for bit in reached), offered, takes])
