# SPDX-License-Identifier: Apache-2.0
"""A scheduled program as one Verilog module with handshakes; fast to write, and readable."""

import re
from collections.abc import Iterator, Sequence

from nnhw.program.adders import CONSTANT_MACRO, MACRO, adds_constant, assignment, instance
from nnhw.program.builder import Kind, Program, Step
from nnhw.program.schedule import Schedule, is_registered

__all__ = ["module", "value_names"]

#: Widest word of a memory block that leads through the block's own output register (ECP5).
_BLOCK_WIDTH = 18


def module(program: Program, plan: Schedule, note: str = "",
           block_bits: int | None = None) -> str:
    """Text of the module ``<program.name>_pipeline``.

    Ports: ``clk``, ``rst`` (synchronous), ``i_valid``/``i_ready`` for all input bundles at once,
    ``i_<port>`` for each, ``o_valid``/``o_ready``/``o_payload``. Registered tables of more than
    ``block_bits`` bits ask for memory blocks.
    """
    return "\n".join(_Writer(program, plan, note, block_bits).lines()) + "\n"


def value_names(program: Program, plan: Schedule) -> dict[int, str]:
    """Name in that module of each live step's value, at the rank that computes it."""
    return _Writer(program, plan, "").names


class _Writer:
    def __init__(self, program: Program, plan: Schedule, note: str,
                 block_bits: int | None = None) -> None:
        self.program, self.plan, self.note = program, plan, note
        self.block_bits = block_bits
        self.use = plan.last_use(program)
        self.names = self._name_all()
        self.roms: dict[tuple[tuple[int, ...], int, str], list[str]] = {}

    def _name_all(self) -> dict[int, str]:
        counts: dict[str, int] = {}
        names = {}
        for k in self.plan.live:
            base = re.sub(r"\W", "_", self.program.steps[k].name) or "v"
            counts[base] = counts.get(base, 0) + 1
            names[k] = base
        seen: dict[str, int] = {}
        for k, base in names.items():
            step = self.program.steps[k]
            if step.kind is Kind.INPUT:
                names[k] = f"in_{base}"
            elif counts[base] > 1 or base == "v":
                names[k] = f"{base}_n{seen.get(base, 0)}"
                seen[base] = seen.get(base, 0) + 1
            else:
                names[k] = f"{base}_n"
        return names

    def lines(self) -> Iterator[str]:
        yield f"// {self.program.name}: {self.note or 'pipeline'}"
        yield f"// {self.plan.depth} register ranks; _p<k> is a value's copy behind rank k."
        yield from self._header()
        yield from self._handshake()
        for k in self.plan.live:
            yield from self._step(k)
        yield from self._registers()
        yield from self._sums()
        yield from self._outputs()
        yield "endmodule"

    def _header(self) -> Iterator[str]:
        p = self.program
        yield f"module {p.name}_pipeline ("
        yield "  input wire clk,"
        yield "  input wire rst,"
        for port in p.ports:
            what = f"{port.lanes} x {port.element}" if port.lanes > 1 else str(port.element)
            yield f"  input wire [{port.width - 1}:0] i_{port.name},  // {what}"
        for table in p.written:
            yield f"  input wire w_{table.port}_en,"
            yield f"  input wire [{table.address_width - 1}:0] w_{table.port}_addr,"
            yield f"  input wire [{table.width - 1}:0] w_{table.port}_data,"
        yield "  input wire i_valid,"
        yield "  output wire i_ready,"
        width = p.element.width * len(p.outputs)
        yield f"  output wire [{width - 1}:0] o_payload,  // {len(p.outputs)} x {p.element}"
        yield "  output wire o_valid,"
        yield "  input wire o_ready"
        yield ");"

    def _handshake(self) -> Iterator[str]:
        """Each rank moves when it is empty or the one behind it moves, so bubbles close up."""
        depth = self.plan.depth
        yield f"  reg [{depth}:1] valid;"
        # Kept apart, so that o_ready, which comes late, is behind one level of logic only.
        yield f"  wire [{depth}:1] move;"
        for rank in range(1, depth + 1):
            after = f"valid[{rank}]"
            if rank < depth:
                after = f"filled_{rank}"
                yield f"  (* keep, early *) wire {after} = &valid[{depth}:{rank}];"
            yield f"  assign move[{rank}] = o_ready | ~{after};"
        yield "  assign i_ready = move[1];"
        yield f"  assign o_valid = valid[{depth}];"
        yield "  always @(posedge clk) begin"
        for rank in range(1, depth + 1):
            before = "i_valid" if rank == 1 else f"valid[{rank - 1}]"
            if rank == self.plan.gate:
                assert self.program.gate is not None
                before += f" & {self.at(self.program.gate.index, rank - 1)}"
            yield f"    if (move[{rank}]) valid[{rank}] <= {before};"
        yield "    if (rst) valid <= 0;"
        yield "  end"

    def ref(self, k: int, rank: int) -> str:
        """The value of step ``k`` behind ``rank``, as a signed operand where it is an integer."""
        step = self.program.steps[k]
        if step.kind is Kind.CONST:
            return _literal(step.low)
        name = self.at(k, rank)
        return name if step.type.signed else f"$signed({{1'b0, {name}}})"

    def at(self, k: int, rank: int) -> str:
        """Name of the value of step ``k`` behind ``rank``."""
        stage = self.plan.stage[k]
        return self.names[k] if rank <= stage else f"{self.names[k]}_p{rank}"

    def _declare(self, kind: str, k: int, name: str) -> str:
        to = self.program.steps[k].type
        sign = "signed " if to.signed else ""
        return f"  {kind} {sign}[{to.width - 1}:0] {name}"

    def _step(self, k: int) -> Iterator[str]:
        step, name = self.program.steps[k], self.names[k]
        if step.kind is Kind.CONST:
            return
        rank = self.plan.stage[k] - is_registered(step)
        if step.kind is Kind.TABLE:
            yield from self._table(k, rank)
        elif step.kind is Kind.ACC:
            yield from self._accumulator(k, rank)
        elif step.kind is Kind.SUM:
            yield self._declare("wire", k, name) + ";"
        elif step.kind is Kind.MUL:
            yield self._declare("reg", k, name) + ";"
            product = " * ".join(self.ref(i, rank) for i in step.args)
            yield f"  always @(posedge clk) if (move[{rank + 1}]) {name} <= {product};"
        else:
            yield self._declare("wire", k, name) + f" = {self._expression(step, rank)};"

    def _sums(self) -> Iterator[str]:
        """Adders of three operands, as primitives of some FPGAs, and as expressions."""
        steps = self.program.steps
        found = [k for k in self.plan.live if steps[k].kind is Kind.SUM]
        if not found:
            return
        operands = {k: [self.ref(i, self.plan.stage[k]) for i in steps[k].args] for k in found}
        args = {k: [steps[i] for i in steps[k].args] for k in found}
        macros = {f"`ifdef {MACRO}": False}
        if all(adds_constant(steps[k], args[k]) for k in found):
            macros[f"`elsif {CONSTANT_MACRO}"] = True
        for line, constant in macros.items():
            yield line
            for k in found:
                yield from instance(self.names[k], steps[k], operands[k], args[k],
                                    constant=constant)
        yield "`else"
        for k in found:
            yield assignment(self.names[k], steps[k], operands[k])
        yield "`endif"

    def _expression(self, step: Step, rank: int) -> str:
        args, param = [self.ref(i, rank) for i in step.args], step.param
        match step.kind:
            case Kind.INPUT:
                port = next(p for p in self.program.ports if p.name == param[0])
                low = param[1] * port.element.width
                return f"i_{port.name}[{low + step.type.width - 1}:{low}]"
            case Kind.ADD:
                a, b = (_shifted(arg, by) for arg, by in zip(args, param[:2], strict=True))
                return f"{a} {'+' if param[2] > 0 else '-'} {b}"
            case Kind.SHIFT:
                return _shifted(args[0], param) if param > 0 else f"{args[0]} >>> {-param}"
            case Kind.BIT:
                source = self.program.steps[step.args[0]].type
                position = min(param, source.width - 1)
                return f"{self.at(step.args[0], rank)}[{position}]"
            case Kind.BITWISE:
                return f"{args[0]} {param} {args[1]}"
            case Kind.LESS:
                return f"{args[0]} < {args[1]}"
            case Kind.EQUAL:
                return f"{args[0]} == {args[1]}"
            case Kind.MUX:
                return f"{self.at(step.args[0], rank)} ? {args[1]} : {args[2]}"
            case Kind.CLIP:
                return self._clip(step, args[0], param)
            case Kind.WRAP:
                return args[0]
            case Kind.FIELD:
                offset = param[0]
                return f"{self.at(step.args[0], rank)}[{offset + step.type.width - 1}:{offset}]"
        raise AssertionError(step.kind)

    def _clip(self, step: Step, x: str, bounds: tuple[int, int]) -> str:
        source = self.program.steps[step.args[0]]
        low, high = bounds
        text = x
        if source.high > high:
            text = f"({x} > {_literal(high)}) ? {_literal(high)} : {text}"
        if source.low < low:
            text = f"({x} < {_literal(low)}) ? {_literal(low)} : {text}"
        return text

    def _rom(self, k: int) -> Iterator[str]:
        """Declare the ROM of a table unless an equal one is there; name it in ``self.roms``."""
        table = self.program.steps[k].param
        key = (table.values, table.width, table.port)
        if key in self.roms:
            return
        rom, block = f"{self.names[k]}_rom", table.fills(self.block_bits)
        part = _BLOCK_WIDTH if block else table.width
        lows = range(0, table.width, part)
        self.roms[key] = [rom if len(lows) == 1 else f"{rom}_{low}" for low in lows]
        for low, name in zip(lows, self.roms[key], strict=True):
            if block:
                yield '  (* ram_style = "block" *)'
            width = min(part, table.width - low)
            yield from _contents(name, [value >> low for value in table.values], width)
            if table.port:
                w = f"w_{table.port}"
                yield (f"  always @(posedge clk) if ({w}_en) {name}[{w}_addr] <= "
                       f"{w}_data[{low + width - 1}:{low}];")

    def _table(self, k: int, rank: int) -> Iterator[str]:
        step, name = self.program.steps[k], self.names[k]
        yield from self._rom(k)
        roms = self.roms[step.param.values, step.param.width, step.param.port]
        width, source = step.param.address_width, self.program.steps[step.args[0]]
        constant = source.kind is Kind.CONST
        index = str(source.low) if constant else self.at(step.args[0], rank)
        if source.type.width > width and not constant:
            index = f"{index}[{width - 1}:0]"
        entry = ", ".join(f"{rom}[{index}]" for rom in reversed(roms))
        entry = f"{{{entry}}}" if len(roms) > 1 else entry
        if step.param.registered:
            yield self._declare("reg", k, name) + ";"
            yield f"  always @(posedge clk) if (move[{rank + 1}]) {name} <= {entry};"
        else:
            yield self._declare("wire", k, name) + f" = {entry};"

    def _accumulator(self, k: int, rank: int) -> Iterator[str]:
        step, name = self.program.steps[k], self.names[k]
        a, _, start = (self.ref(i, rank) for i in step.args)
        first = self.at(step.args[1], rank)
        valid = "i_valid" if rank == 0 else f"valid[{rank}]"
        own = name if step.type.signed else f"$signed({{1'b0, {name}}})"
        yield self._declare("reg", k, name) + ";"
        after = f"({first} ? {start} : {own}) + {a}"
        yield f"  always @(posedge clk) if (move[{rank + 1}] & {valid}) {name} <= {after};"

    def _registers(self) -> Iterator[str]:
        moves: dict[int, list[str]] = {}
        for k in self.plan.live:
            if self.program.steps[k].kind is Kind.CONST:
                continue
            for rank in range(self.plan.stage[k] + 1, self.use[k] + 1):
                name = f"{self.names[k]}_p{rank}"
                yield self._declare("reg", k, name) + ";"
                moves.setdefault(rank, []).append(f"{name} <= {self.at(k, rank - 1)};")
        for rank, lines in sorted(moves.items()):
            yield f"  always @(posedge clk) if (move[{rank}]) begin"
            yield from (f"    {line}" for line in lines)
            yield "  end"

    def _outputs(self) -> Iterator[str]:
        width = self.program.element.width
        for lane, value in enumerate(self.program.outputs):
            source = self.ref(value.index, self.plan.depth)
            yield f"  wire signed [{width}:0] o_{lane} = {source};"
        lanes = [f"o_{lane}[{width - 1}:0]" for lane in range(len(self.program.outputs))]
        yield f"  assign o_payload = {{{', '.join(reversed(lanes))}}};"


def _contents(rom: str, values: Sequence[int], width: int) -> Iterator[str]:
    """A ROM and what it holds."""
    yield f"  reg [{width - 1}:0] {rom} [0:{len(values) - 1}];"
    yield "  initial begin"
    mask, digits = (1 << width) - 1, -(-width // 4)
    for at, value in enumerate(values):
        yield f"    {rom}[{at}] = {width}'h{value & mask:0{digits}x};"
    yield "  end"


def _literal(number: int) -> str:
    """A signed constant wide enough for itself."""
    width = max(number.bit_length() if number > 0 else (~number).bit_length(), 0) + 1
    return f"-{width + 1}'sd{-number}" if number < 0 else f"{width}'sd{number}"


def _shifted(operand: str, by: int) -> str:
    """Left shift whose result is as wide as its context."""
    return f"({operand} <<< {by})" if by else operand
