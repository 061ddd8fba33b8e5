# SPDX-License-Identifier: Apache-2.0
"""Signals of the softmax that works on one element after the other."""

from nnhw.estimate.arithmetic import Word, add, constant, counter, less, wide
from nnhw.estimate.fabric import Fabric
from nnhw.estimate.logic import ONE, ZERO, Logic
from nnhw.estimate.memories import place, table_outputs
from nnhw.estimate.plumbing import memory
from nnhw.hw.serial_softmax import SerialSoftmax
from nnhw.numeric.types import Mantissas
from nnhw.program.steps import Table

__all__ = ["softmax"]

#: States that each such softmax has.
_STATES = 5


def softmax(logic: Logic, fabric: Fabric, unit: SerialSoftmax, target: str) -> None:
    """See ``nnhw.hw.serial_softmax`` for the steps."""
    op = unit.op
    x = logic.leaves(op.x.element.width)
    valid, ready = logic.leaf(), logic.leaf()
    states = [logic.state() for _ in range(
        _STATES + 2 * bool(unit.shifts) + bool(unit.falling))]
    tick, _ = counter(logic, fabric, unit.dividing + 1, ONE)
    at_end = [logic.tree(tick) for _ in states]
    step = logic.gate(*at_end[:2], valid)
    k, last = counter(logic, fabric, unit.classes, step)
    for state, end in zip(states, at_end, strict=True):
        logic.feed(state, logic.gate(state, end, states[0], last), step)
    highest = _largest(logic, fabric, x, states)
    data = wide(x, True, max(len(x), unit.exp_bits))
    exponential = [logic.state() for _ in range(unit.exp_bits)]
    written = [logic.gate(states[0], a, b) for a, b in zip(
        data, wide(exponential, False, len(data)), strict=True)]
    read = memory(logic, fabric, max(unit.classes, 2), written, [*k, valid], k, late=step)
    _look_up(logic, fabric, unit, highest, read[:len(x)], exponential)
    total = _sum(logic, fabric, unit, exponential, states)
    reciprocal = _invert(logic, fabric, unit, total, states, at_end)
    product = _multiply(logic, fabric, unit, reciprocal, read[:unit.exp_bits], at_end[0])
    up = product[op.y_shift:]
    rounded = add(logic, fabric, up, [product[op.y_shift - 1], *[ZERO] * (len(up) - 1)])
    over = less(logic, fabric, constant(1 << op.frac, len(rounded)), rounded)
    result = [logic.mux(over, int(bit == op.frac), rounded[bit])
              for bit in range(min(op.y.element.width, len(rounded)))]
    logic.want([*(logic.register(bit, at_end[-1]) for bit in result), *states,
                logic.gate(states[0], ready)])


def _largest(logic: Logic, fabric: Fabric, x: Word, states: Word) -> Word:
    latest = [logic.register(bit) for bit in x]
    highest = [logic.state() for _ in x]
    lead = add(logic, fabric, wide(highest, True, len(x) + 1), wide(latest, True, len(x) + 1),
               subtract=True)
    takes = logic.gate(lead[-1], logic.register(states[0]), logic.register(states[1]))
    for bit, new in zip(highest, latest, strict=True):
        logic.feed(bit, new, takes)
    return highest


def _look_up(logic: Logic, fabric: Fabric, unit: SerialSoftmax, highest: Word, x: Word,
             exponential: Word) -> None:
    op, width = unit.op, len(x) + 1
    distance = [logic.register(bit) for bit in add(
        logic, fabric, wide(highest, True, width), wide(x, True, width), subtract=True)[:-1]]
    half = constant(1 << op.exp_shift >> 1, width)
    moved = add(logic, fabric, wide(distance, False, width), half)[op.exp_shift:]
    at = [logic.register(bit) for bit in moved]
    end = len(op.exp_table) - 1
    bits = max(end.bit_length(), 1)
    over = less(logic, fabric, constant(end, len(at)), at)
    index = [logic.register(logic.mux(over, end >> k & 1, bit))
             for k, bit in enumerate(at[:bits])]
    for bit, entry in zip(exponential, _table(logic, fabric, op.exp_table, index), strict=False):
        logic.feed(bit, entry)


def _sum(logic: Logic, fabric: Fabric, unit: SerialSoftmax, exponential: Word,
         states: Word) -> Word:
    total = [logic.state() for _ in range(unit.op.sum_bits)]
    more = add(logic, fabric, total, wide(exponential, False, len(total)))
    for bit, sum_, below in zip(total, more, [ZERO, *total], strict=False):
        logic.feed(bit, logic.mux(states[1], sum_, below if unit.shifts else ZERO),
                   logic.gate(*states[:3]), states[0])
    return total


def _invert(logic: Logic, fabric: Fabric, unit: SerialSoftmax, total: Word, states: Word,
            at_end: Word) -> Word:
    op = unit.op
    index = total[op.recip_shift:op.sum_bits - 1]
    entry = [logic.register(bit) for bit in _table(logic, fabric, op.recip_table, index)]
    width = int(op.recip_table.max()).bit_length() + unit.shifts
    reciprocal = [logic.state() for _ in range(width)]
    less_fall = list(reciprocal)
    if op.drop_table is not None:
        drop = [logic.register(bit) for bit in _table(logic, fabric, op.drop_table, index)]
        fall = [logic.state() for _ in drop]
        rest = [logic.state() for _ in range(op.recip_shift)]
        for k, bit in enumerate(rest):
            logic.feed(bit, logic.gate(at_end[1], total[k + 1] if k + 1 < op.recip_shift else ZERO,
                                       rest[k + 1] if k + 1 < op.recip_shift else ZERO))
        kept = [*(logic.gate(at_end[1], bit) for bit in fall), ZERO]
        part = [*(logic.gate(rest[0], at_end[1], total[0], bit) for bit in drop), ZERO]
        for bit, after in zip(fall, add(logic, fabric, kept, part)[1:], strict=True):
            logic.feed(bit, after)
        less_fall = add(logic, fabric, reciprocal, wide(fall, False, width), subtract=True)
    if unit.shifts:
        places = [logic.state() for _ in range(unit.shifts.bit_length())]
        for bit in places:
            logic.feed(bit, logic.gate(logic.gate(*places, total[-1]), *states[2:4]))
        logic.want([logic.tree(places)])
    for k, bit in enumerate(reciprocal):
        shifted = reciprocal[k - 1] if k and unit.shifts else ZERO
        new = logic.mux(states[2], entry[k] if k < len(entry) else ZERO, less_fall[k])
        logic.feed(bit, logic.gate(states[3], new, shifted) if unit.shifts else new,
                   logic.gate(*states[2:5]))
    return reciprocal


def _multiply(logic: Logic, fabric: Fabric, unit: SerialSoftmax, reciprocal: Word, operand: Word,
              begins: int) -> Word:
    bits = [logic.state() for _ in range(unit.exp_bits)]
    for k, (bit, new) in enumerate(zip(bits, operand, strict=True)):
        logic.feed(bit, logic.gate(begins, new, bits[k - 1] if k else ZERO))
    product = [logic.state() for _ in range(unit.exp_bits + len(reciprocal))]
    part = wide([logic.gate(bits[-1], bit) for bit in reciprocal], False, len(product))
    for bit, after in zip(product, add(logic, fabric, [ZERO, *product[:-1]], part), strict=True):
        logic.feed(bit, after, begins)
    return product


def _table(logic: Logic, fabric: Fabric, values: Mantissas, index: Word) -> Word:
    """Entries of a table, which show a cycle after the index."""
    table = Table(tuple(int(v) for v in values), True, max(int(values.max()).bit_length(), 1),
                  False)
    where = place(fabric, max(len(values), 2), table.width, written=False)
    if where.cell is None:
        return [logic.register(bit) for bit in table_outputs(logic, table, index)]
    return logic.part("memory", index, table.width, where=where, block=True)
