# SPDX-License-Identifier: Apache-2.0
"""Program: the circuit."""

from collections.abc import Sequence

from nnhw.layers.lookup.rtl import read
from nnhw.layers.program.intervals import BITWISE_CODES
from nnhw.layers.program.listing import Code, Instruction
from nnhw.layers.program.op import StraightLine
from nnhw.numeric.types import FixedType
from nnhw.program.arithmetic import times
from nnhw.program.beat import Beat
from nnhw.program.builder import Program, Value

__all__ = ["axis", "kernel"]


def axis(op: StraightLine) -> int:
    """A beat carries the whole vector."""
    return op.x.size


def kernel(op: StraightLine, beat: Beat, x: Sequence[Value]) -> list[Value]:
    """Instruction by instruction, each named after the line of the source it comes from."""
    p = beat.program
    values: dict[int, Value] = {}
    for k in op.live:
        step = op.instructions[k]
        if step.code is Code.INPUT:
            values[k] = x[step.p]
        else:
            args = [values[a] for a in step.args]
            values[k] = _apply(op, p, step, args, f"line{step.origin}")
    return [values[k] for k in op.results.tolist()]


def _apply(op: StraightLine, p: Program, step: Instruction, args: Sequence[Value],
           name: str) -> Value:
    if step.code in BITWISE_CODES:
        return p.bitwise(BITWISE_CODES[step.code], args[0], args[1], name)
    match step.code:
        case Code.CONST:
            return p.const(step.p)
        case Code.ADD | Code.SUBTRACT:
            return p.add(args[0], args[1], step.p, step.q,
                         subtract=step.code is Code.SUBTRACT, name=name)
        case Code.SHIFT:
            return p.shift(args[0], step.p)
        case Code.MULTIPLY:
            return _product(p, args[0], args[1], name)
        case Code.RELU:
            return p.maximum(args[0], p.const(0), name)
        case Code.WRAP:
            return p.wrap(args[0], FixedType(step.p, 0, bool(step.q)))
        case Code.BIT:
            return p.bit(args[0], step.p)
        case Code.EQUAL:
            return p.equal(args[0], p.const(step.p), name)
        case Code.SELECT:
            return p.mux(args[0], args[1], args[2], name)
        case _:
            return _lookup(op, p, step, args[0], name)


def _product(p: Program, a: Value, b: Value, name: str) -> Value:
    """Never ``*`` by a fixed number."""
    if a.low == a.high:
        return times(p, b, a.low, name)
    if b.low == b.high:
        return times(p, a, b.low, name)
    return p.mul(a, b, name)


def _lookup(op: StraightLine, p: Program, step: Instruction, place: Value, name: str) -> Value:
    table = op.tables[step.p]
    index = p.clip(p.add(place, p.const(-step.q)), 0, len(table) - 1)
    return read(p, index, table.tolist(), name)
