# SPDX-License-Identifier: Apache-2.0
"""Signals of a pipelined program, step by step and bit by bit, as its Verilog has them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from nnhw.estimate.arithmetic import Word, add, add_three, constant, equal, less, wide
from nnhw.estimate.fabric import Fabric
from nnhw.estimate.logic import ONE, ZERO, Logic
from nnhw.estimate.memories import place, table_outputs
from nnhw.numeric.types import FixedType
from nnhw.program.builder import Kind, Program, Step
from nnhw.program.schedule import Schedule, is_registered
from nnhw.program.steps import Table

__all__ = ["Handshake", "pipeline"]

#: Widest word of a memory block that leads through the block's own output register (ECP5).
_BLOCK_WIDTH = 18


@dataclass
class Handshake:
    """Signals of a pipeline's ports.

    Members
    -------
    output : list of int
        Bits of the result.
    valid, ready : int
        Of the output, and of the input.
    """

    output: Word
    valid: int
    ready: int


def pipeline(logic: Logic, fabric: Fabric, program: Program, plan: Schedule,
             ports: Mapping[str, Word], valid: int, ready: int,
             block_bits: int | None) -> Handshake:
    """Put a program into ``logic``.

    Parameters
    ----------
    ports : mapping of str to list of int
        Bits of each input bundle.
    valid, ready : int
        Handshake that comes from outside.
    block_bits : int or None
        Tables with more bits ask for memory blocks.
    """
    return _Pipeline(logic, fabric, program, plan, ports, valid, ready, block_bits).run()


@dataclass
class _Pipeline:
    logic: Logic
    fabric: Fabric
    program: Program
    plan: Schedule
    ports: Mapping[str, Word]
    valid: int
    ready: int
    block_bits: int | None
    bits: dict[int, Word] = field(default_factory=dict)
    read: dict[tuple[Table, tuple[int, ...], int], Word] = field(default_factory=dict)

    def run(self) -> Handshake:
        """Ranks, steps, outputs."""
        self._ranks()
        steps = [self.program.steps[k] for k in self.plan.live]
        self.tables = Counter(step.param for step in steps if step.kind is Kind.TABLE)
        for k in self.plan.live:
            step = self.program.steps[k]
            if step.kind is not Kind.CONST:
                self.bits[k] = self._step(k, step)
        self._fill_ranks()
        width = self.program.element.width
        output = [bit for value in self.program.outputs
                  for bit in self._word(value.index, self.plan.depth, width)]
        return Handshake(output, self.valids[self.plan.depth], self.moves[1])

    def _ranks(self) -> None:
        """Whether each rank moves: it or one behind it is empty, or the output is taken."""
        logic, depth = self.logic, self.plan.depth
        self.valids = {0: self.valid} | {rank: logic.state() for rank in range(1, depth + 1)}
        self.moves: dict[int, int] = {}
        full, pending = ONE, []
        for rank in range(depth, 0, -1):
            pending.append(self.valids[rank])
            self.moves[rank] = logic.gate(self.ready, full, *pending)
            if len(pending) == self.fabric.inputs - 2:
                full, pending = logic.gate(full, *pending), []

    def _fill_ranks(self) -> None:
        for rank in range(1, self.plan.depth + 1):
            before = self.valids[rank - 1]
            if rank == self.plan.gate and self.program.gate is not None:
                before = self.logic.gate(before, *self._at(self.program.gate.index, rank - 1))
            self.logic.feed(self.valids[rank], before, self.moves[rank])

    def _at(self, k: int, rank: int) -> Word:
        """Bits of a step's value behind a rank."""
        step = self.program.steps[k]
        if step.kind is Kind.CONST:
            return constant(step.low, step.type.width)
        word = self.bits[k]
        for behind in range(self.plan.stage[k] + 1, rank + 1):
            word = [self.logic.register(bit, self.moves[behind]) for bit in word]
        return word

    def _word(self, k: int, rank: int, width: int) -> Word:
        """The same, extended to a width."""
        step = self.program.steps[k]
        signed = step.low < 0 if step.kind is Kind.CONST else step.type.signed
        return wide(self._at(k, rank), signed, width)

    def _step(self, k: int, step: Step) -> Word:
        rank = self.plan.stage[k] - is_registered(step)
        width = step.type.width
        match step.kind:
            case Kind.INPUT:
                return self._input(step)
            case Kind.ADD:
                left, right, sign = step.param
                a, b = (self._shifted(i, rank, width, by)
                        for i, by in zip(step.args, (left, right), strict=True))
                return add(self.logic, self.fabric, a, b, sign < 0)
            case Kind.SUM:
                terms = [self._shifted(i, rank, width, by)
                         for i, (by, _) in zip(step.args, step.param, strict=True)]
                return add_three(self.logic, self.fabric, terms)
            case Kind.SHIFT:
                return self._shifted(step.args[0], rank, width, step.param)
            case Kind.WRAP:
                return self._word(step.args[0], rank, width)
            case Kind.FIELD:
                return self._at(step.args[0], rank)[step.param[0]:step.param[0] + width]
            case Kind.BIT:
                word = self._at(step.args[0], rank)
                return [word[min(step.param, len(word) - 1)]]
            case Kind.TABLE:
                return self._table(step, rank)
            case Kind.MUL:
                return self._product(step, rank, width)
            case Kind.ACC:
                return self._accumulator(step, rank, width)
        return self._choice(step, rank, width)

    def _choice(self, step: Step, rank: int, width: int) -> Word:
        """Steps that are plain logic."""
        logic = self.logic
        match step.kind:
            case Kind.MUX:
                select, = self._at(step.args[0], rank)
                then, other = (self._word(i, rank, width) for i in step.args[1:])
                return [logic.mux(select, a, b) for a, b in zip(then, other, strict=True)]
            case Kind.CLIP:
                return self._clip(step, rank, width)
            case Kind.BITWISE:
                a, b = (self._word(i, rank, width) for i in step.args)
                return [_bitwise(logic, step.param, x, y) for x, y in zip(a, b, strict=True)]
        most = max(self._width(i) for i in step.args)
        a, b = (self._word(i, rank, most) for i in step.args)
        if step.kind is Kind.EQUAL:
            return [equal(logic, a, b)]
        return [less(logic, self.fabric, a, b)]

    def _width(self, k: int) -> int:
        """Bits of a step's value as a signed operand."""
        kind = self.program.steps[k].type
        return kind.width + (not kind.signed)

    def _input(self, step: Step) -> Word:
        name, lane = step.param
        port = next(port for port in self.program.ports if port.name == name)
        low = lane * port.element.width
        return self.ports[name][low:low + step.type.width]

    def _shifted(self, k: int, rank: int, width: int, by: int) -> Word:
        if by < 0:
            return self._word(k, rank, width - by)[-by:]
        return [ZERO] * min(by, width) + self._word(k, rank, max(width - by, 0))

    def _clip(self, step: Step, rank: int, width: int) -> Word:
        source, (low, high) = self.program.steps[step.args[0]], step.param
        most = max(self._width(step.args[0]), FixedType.containing(low, high).width + 1)
        word = self._word(step.args[0], rank, most)
        result = word[:width]
        if source.high > high and source.low < low and high + 1 == -low and not high & -low:
            return self._saturated(word, width)
        if source.high > high:
            result = self._held(word, constant(high, most), result, high + 1, source.low >= low)
        if source.low < low:
            result = self._held(word, constant(low, most), result, -low, True)
        return result

    def _saturated(self, word: Word, width: int) -> Word:
        """Low bits where those above are all the sign, else what the sign says."""
        logic, above = self.logic, list(dict.fromkeys(word[width - 1:]))
        if len(above) >= self.fabric.inputs:
            beyond = (logic.tree(above) if self.fabric.lookahead
                      else logic.part("bound", word, 1)[0])
            above = [beyond, word[-1]]
        return [*(logic.gate(*above, x) for x in word[:width - 1]), word[-1]]

    def _held(self, word: Word, bound: Word, result: Word, power: int, last: bool) -> Word:
        """``result`` where the word is within a bound, else the bound.

        Beyond a power of two, or below zero, the bits above it tell, each result's LUT by itself
        if they fit. The ``last`` bound may be what a register is set or cleared to.
        """
        logic, held = self.logic, bound[:len(result)]
        if power & (power - 1):
            flags = [less(logic, self.fabric, bound, word)]
        else:
            flags = list(dict.fromkeys(word[power.bit_length() - 1:] if power else word[-1:]))
            if last or len(flags) >= self.fabric.inputs:
                flags = [logic.tree(flags)]
        if len(flags) == 1:
            return [logic.mux(flags[0], b, x) for b, x in zip(held, result, strict=True)]
        return [logic.gate(*flags, x) for x in result]

    def _table(self, step: Step, rank: int) -> Word:
        table, index = step.param, self._at(step.args[0], rank)[:step.param.address_width]
        key = (table, tuple(index), rank)
        if key not in self.read:
            self.read[key] = self._entry(table, index, rank)
        return self.read[key][:step.type.width]

    def _entry(self, table: Table, index: Word, rank: int) -> Word:
        """What is read: from blocks as it is there, else by way of registers."""
        logic, block = self.logic, table.fills(self.block_bits)
        if not table.registered:
            return table_outputs(logic, table, index)
        enable, found = self.moves[rank + 1], []
        part = _BLOCK_WIDTH if block else table.width
        for low in range(0, table.width, part):
            width = min(part, table.width - low)
            where = place(self.fabric, len(table.values), width, written=bool(table.port),
                          block=block, reads=self.tables[table])
            if where.cell is None:
                found += [logic.register(bit, enable)
                          for bit in table_outputs(logic, table, index)]
                continue
            word = logic.part("memory", [*index, enable], width, where=where, block=block,
                              share=self.tables[table])
            found += [logic.register(bit, enable) for bit in word] if where.cell.lut else word
        return found

    def _product(self, step: Step, rank: int, width: int) -> Word:
        words = [self._at(i, rank) for i in step.args]
        signs = [self.program.steps[i].type.signed for i in step.args]
        return self.logic.part(
            "product", [*words[0], *words[1], self.moves[rank + 1]], width,
            operands=tuple(map(tuple, words)), signed=tuple(signs))

    def _accumulator(self, step: Step, rank: int, width: int) -> Word:
        logic = self.logic
        first, = self._at(step.args[1], rank)
        start = self._word(step.args[2], rank, width)
        state = [logic.state() for _ in range(width)]
        kept = [logic.mux(first, s, own) for s, own in zip(start, state, strict=True)]
        total = add(logic, self.fabric, kept, self._word(step.args[0], rank, width))
        enable = logic.gate(self.moves[rank + 1], self.valids[rank])
        for bit, after in zip(state, total, strict=True):
            logic.feed(bit, after, enable)
        return state


def _bitwise(logic: Logic, how: str, x: int, y: int) -> int:
    """A bit of a bitwise operation, constants folded."""
    if x <= ONE:
        x, y = y, x
    if y == ZERO:
        return ZERO if how == "&" else x
    if y == ONE and how != "^":
        return x if how == "&" else ONE
    return logic.gate(x, y)


