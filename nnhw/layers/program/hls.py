# SPDX-License-Identifier: Apache-2.0
"""Program: the HLS C++, one statement an instruction."""

from collections.abc import Iterator

from nnhw.hls.cpp import literal, range_type, type_name
from nnhw.hls.kernel import Constant, Kernel, Place, constant
from nnhw.layers.lookup.hls import reader
from nnhw.layers.program.intervals import BITWISE_CODES
from nnhw.layers.program.listing import Code, Instruction
from nnhw.layers.program.op import StraightLine
from nnhw.numeric.types import FixedType

__all__ = ["kernel"]


def kernel(op: StraightLine, place: Place) -> Kernel:
    """A function in the layer's struct that computes all results of a vector."""
    used = sorted({op.instructions[k].p for k in op.live
                   if op.instructions[k].code is Code.TABLE})
    tables = {k: constant(place, f"table_{k}", op.tables[k], f"table {k}: entry[place]")
              for k in used}
    body = _Body(op, tables)
    statements = list(body.lines())
    members = [
        f"static const int fan_in = {op.x.size}, fan_out = {op.y.size};",
        "static const int vectors = 1, beat_vectors = 1;",
        *(line for k, table in tables.items()
          for line in reader(table, f"{table.name}_t", f"table_{k}", "int place", "[place]")),
        "// Values of so many bits, with a sign or without.",
        *(f"typedef nnhw::exact<{type_name(kind)} >::type {_short(kind)};"
          for kind in sorted(body.kinds, key=lambda kind: (kind.signed, kind.width))),
        "static void evaluate(const x_t x[fan_in], y_t y[fan_out]) {", "#pragma HLS INLINE",
        *statements, "}"]
    return Kernel("vector.h", "vectors<nnhw::program, LAYER>", members, tuple(tables.values()))


def _short(kind: FixedType) -> str:
    """Name of a type that the struct defines."""
    return f"{'s' if kind.signed else 'u'}{kind.width}"


class _Body:
    """Statements, and the types that they use."""

    def __init__(self, op: StraightLine, tables: dict[int, Constant]) -> None:
        self.op, self.tables = op, tables
        self.names: dict[int, str] = {}
        self.types = {k: FixedType.containing(*op.intervals[k]) for k in op.live}
        self.kinds: set[FixedType] = set()

    def _kind(self, to: FixedType) -> str:
        self.kinds.add(to)
        return _short(to)

    def lines(self) -> Iterator[str]:
        """Statements: a constant for each value, named after the line of the source."""
        counts: dict[int, int] = {}
        for k in self.op.live:
            step, (low, high) = self.op.instructions[k], self.op.intervals[k]
            if low == high:
                self.names[k] = literal(low, range_type([low]))
                continue
            if step.code is Code.WRAP and self.op.intervals[step.args[0]] == (low, high):
                self.names[k] = self.names[step.args[0]]  # nothing to wrap
                continue
            number = counts[step.origin] = counts.get(step.origin, 0) + 1
            name = f"line{step.origin}" + (f"_{number}" if number > 1 else "")
            yield f"  const {self._kind(self.types[k])} {name} = {self._expression(step, k)};"
            self.names[k] = name
        for lane, k in enumerate(self.op.results.tolist()):
            yield f"  y[{lane}] = {self.names[k]};"

    def _expression(self, step: Instruction, k: int) -> str:
        if step.code in (Code.ADD, Code.SUBTRACT):
            return self._sum(step, k)
        if step.code in BITWISE_CODES:
            wide = self._wide(step, k, (0, 0))
            return f" {BITWISE_CODES[step.code]} ".join(
                f"{wide}({self.names[a]})" for a in step.args)
        args = [self.names[a] for a in step.args]
        to = self._kind(self.types[k])
        match step.code:
            case Code.INPUT:
                return f"x[{step.p}]"
            case Code.SHIFT:
                return f"{to}({args[0]}) << {step.p}" if step.p > 0 else f"{args[0]} >> {-step.p}"
            case Code.MULTIPLY:
                factors = [f"{self._kind(self.types[a])}({self.names[a]})" for a in step.args]
                return f"nnhw::exact_product<{to}>({', '.join(factors)})"
            case Code.RELU:
                return f"{args[0]} > 0 ? {to}({args[0]}) : {to}(0)"
            case Code.WRAP:
                return f"{type_name(FixedType(step.p, 0, bool(step.q)))}({args[0]})"
            case Code.BIT:
                return f"({args[0]} >> {min(step.p, self.types[step.args[0]].width - 1)}) & 1"
            case Code.EQUAL:
                return f"{args[0]} == {literal(step.p, range_type([step.p]))}"
            case Code.SELECT:
                return f"{args[0]} != 0 ? {to}({args[1]}) : {to}({args[2]})"
            case _:
                return self._lookup(step)

    def _wide(self, step: Instruction, k: int, shifts: tuple[int, int]) -> str:
        """A signed type that holds both operands, shifted, and the result."""
        widths = [self.types[a].width + by for a, by in zip(step.args, shifts, strict=True)]
        return self._kind(FixedType(max(*widths, self.types[k].width) + 1))

    def _sum(self, step: Instruction, k: int) -> str:
        shifts = (step.p, step.q)
        wide = self._wide(step, k, shifts)
        a, b = (f"({wide}({self.names[a]}) << {by})" if by else f"{wide}({self.names[a]})"
                for a, by in zip(step.args, shifts, strict=True))
        return f"{a} {'+' if step.code is Code.ADD else '-'} {b}"

    def _lookup(self, step: Instruction) -> str:
        name, (low, high) = self.names[step.args[0]], self.op.intervals[step.args[0]]
        last = len(self.op.tables[step.p]) - 1
        start = literal(step.q, range_type([step.q]))
        place = f"int({name} - {start})" if step.q else f"int({name})"
        if high > step.q + last:
            end = literal(step.q + last, range_type([step.q + last]))
            place = f"{name} > {end} ? {last} : {place}"
        if low < step.q:
            place = f"{name} < {start} ? 0 : {place}"
        return f"table_{step.p}({place})"
