# SPDX-License-Identifier: Apache-2.0
"""A program as an Amaranth component: native, or a Verilog leaf when a design is written."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from amaranth.hdl import (
    C,
    Cat,
    ClockSignal,
    Instance,
    Module,
    Mux,
    ResetSignal,
    Signal,
    signed,
    unsigned,
)
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import Component, In, Out

from nnhw.numeric.bits import BITWISE
from nnhw.numeric.types import FixedType
from nnhw.program.builder import Kind, Program, Value
from nnhw.program.circuit import Circuit
from nnhw.program.schedule import is_registered

__all__ = ["Pipeline", "collect_leaves", "shape"]

_LEAVES: ContextVar[dict[str, str] | None] = ContextVar("leaves", default=None)


@contextmanager
def collect_leaves() -> Iterator[dict[str, str]]:
    """Inside, pipelines elaborate to instances of Verilog modules; yields name -> text of them.

    Amaranth needs about a millisecond an operator, so large designs are written this way.
    """
    leaves: dict[str, str] = {}
    token = _LEAVES.set(leaves)
    try:
        yield leaves
    finally:
        _LEAVES.reset(token)


def shape(element: FixedType):
    """Amaranth shape of an element's mantissa."""
    return signed(element.width) if element.signed else unsigned(element.width)


class Pipeline(Component):
    """A program behind handshakes; every rank moves when it is empty or the next one moves.

    Parameters
    ----------
    program : Program
        What to compute; ``self.program`` is what became of it (see ``nnhw.program.tuning``).
    target : str
        FPGA family, for the delay model.
    clock_mhz : float
        Clock goal.

    Members
    -------
    i_<port> : ``In(port.width)``
        Input bundles, lane 0 lowest.
    w_<port>_en, w_<port>_addr, w_<port>_data
        Write a word of a memory that can be written.
    i_valid, i_ready
        Handshake of all bundles at once.
    o_payload : ``Out(...)``
        Output bundle, lane 0 lowest.
    o_valid, o_ready
        Handshake of the output.
    """

    def __init__(self, program: Program, target: str = "xcup", clock_mhz: float = 200.0):
        self._circuit = Circuit.of(program, target, clock_mhz)
        self.program = program = self._circuit.program
        self.schedule = self._circuit.schedule
        self._use = self.schedule.last_use(program)
        width = program.element.width * len(program.outputs)
        super().__init__({f"i_{port.name}": In(port.width) for port in program.ports} | {
            f"w_{table.port}_{suffix}": In(bits) for table in program.written
            for suffix, bits in (("en", 1), ("addr", table.address_width),
                                 ("data", table.width))} | {
            "i_valid": In(1), "i_ready": Out(1),
            "o_payload": Out(width), "o_valid": Out(1), "o_ready": In(1)})

    @property
    def latency(self) -> int:
        """Cycles from an accepted beat to its result."""
        return self.schedule.depth

    def kept(self, value: Value) -> Value | None:
        """What equals a value of the program as it was given; None where nothing does any more."""
        made = self._circuit.tuned.made.get(value.index)
        constant = made is not None and self.program.step(made).kind is Kind.CONST
        return made if constant or (made and made.index in self.schedule.live) else None

    def rank(self, value: Value) -> int:
        """Register rank behind which a value of the program as it was given is made."""
        new = self._circuit.tuned.find(value.index)
        return max((self.schedule.stage[v.index] for v in new), default=0)

    def elaborate(self, platform):
        leaves = _LEAVES.get()
        if leaves is None:
            return self._native()
        name = f"{self.program.name}_pipeline"
        leaves[name] = self._circuit.verilog()
        names = [f"i_{port.name}" for port in self.program.ports]
        names += [f"w_{table.port}_{suffix}" for table in self.program.written
                  for suffix in ("en", "addr", "data")]
        ports = {f"i_{name}": getattr(self, name) for name in names}
        return Instance(
            name, i_clk=ClockSignal(), i_rst=ResetSignal(),
            i_i_valid=self.i_valid, o_i_ready=self.i_ready, o_o_payload=self.o_payload,
            o_o_valid=self.o_valid, i_o_ready=self.o_ready, **ports)

    def _native(self):
        m = Module()
        depth = self.schedule.depth
        valid = Signal(depth)
        move = Signal(depth)
        self._values = {}
        for rank in range(depth):
            m.d.comb += move[rank].eq(self.o_ready | ~valid[rank:].all())
            before = valid[rank - 1] if rank else self.i_valid
            if rank + 1 == self.schedule.gate:
                before = before & self._pending_gate(m)
            with m.If(move[rank]):
                m.d.sync += valid[rank].eq(before)
        m.d.comb += [self.i_ready.eq(move[0]), self.o_valid.eq(valid[-1])]
        self._handshake = (valid, move)
        for k in self.schedule.live:
            self._step(m, k)
        if self.schedule.gate is not None:
            m.d.comb += self._gate.eq(
                self._at(m, self.program.gate.index, self.schedule.gate - 1))
        element = shape(self.program.element)
        lanes = []
        for value in self.program.outputs:
            lane = Signal(element)
            m.d.comb += lane.eq(self._at(m, value.index, depth))
            lanes.append(lane.as_unsigned())
        m.d.comb += self.o_payload.eq(Cat(lanes))
        return m

    def _pending_gate(self, m):
        self._gate = Signal()
        return self._gate

    def _at(self, m, k, rank):
        """Value of step ``k`` behind ``rank``; registers are made when first asked for."""
        step, stage = self.program.steps[k], self.schedule.stage[k]
        if step.kind is Kind.CONST:
            return C(step.low, shape(step.type))
        if rank <= stage:
            return self._values[k, stage]
        if (k, rank) not in self._values:
            before = self._at(m, k, rank - 1)
            after = Signal(shape(step.type), name=f"{step.name or 'v'}_{k}_p{rank}")
            with m.If(self._handshake[1][rank - 1]):
                m.d.sync += after.eq(before)
            self._values[k, rank] = after
        return self._values[k, rank]

    def _step(self, m, k):
        step = self.program.steps[k]
        if step.kind is Kind.CONST:
            return
        out = Signal(shape(step.type), name=f"{step.name or 'v'}_{k}")
        rank = self.schedule.stage[k] - is_registered(step)
        args = [self._at(m, i, rank) for i in step.args]
        self._values[k, self.schedule.stage[k]] = out
        if step.kind is Kind.TABLE:
            self._table(m, step, args[0], out, rank)
        elif step.kind is Kind.MUL:
            with m.If(self._handshake[1][rank]):
                m.d.sync += out.eq(args[0] * args[1])
        elif step.kind is Kind.ACC:
            valid, move = self._handshake
            with m.If(move[rank] & (valid[rank - 1] if rank else self.i_valid)):
                m.d.sync += out.eq(Mux(args[1], args[2], out) + args[0])
        else:
            m.d.comb += out.eq(self._expression(step, args))

    def _expression(self, step, args):
        param = step.param
        match step.kind:
            case Kind.INPUT:
                port = next(p for p in self.program.ports if p.name == param[0])
                bundle = getattr(self, f"i_{port.name}")
                return bundle.word_select(param[1], port.element.width)
            case Kind.ADD:
                a, b = (arg << by for arg, by in zip(args, param[:2], strict=True))
                return a + b if param[2] > 0 else a - b
            case Kind.SUM:
                a, b, c = (arg << by if sign > 0 else -(arg << by)
                           for arg, (by, sign) in zip(args, param, strict=True))
                return a + b + c
            case Kind.SHIFT:
                return args[0] << param if param > 0 else args[0] >> -param
            case Kind.BIT:
                return args[0][min(param, len(args[0]) - 1)]
            case Kind.BITWISE:
                return BITWISE[param](args[0], args[1])
            case Kind.LESS:
                return args[0] < args[1]
            case Kind.EQUAL:
                return args[0] == args[1]
            case Kind.MUX:
                return Mux(args[0], args[1], args[2])
            case Kind.CLIP:
                low, high = param
                return Mux(args[0] < low, low, Mux(args[0] > high, high, args[0]))
            case Kind.WRAP:
                return args[0]
            case Kind.FIELD:
                return args[0][param[0]:param[0] + step.type.width]
        raise AssertionError(step.kind)

    def _table(self, m, step, index, out, rank):
        table = step.param
        memory = Memory(shape=len(out), depth=len(table.values),
                        init=[v & ((1 << len(out)) - 1) for v in table.values])
        m.submodules += memory
        port = memory.read_port(domain="sync" if table.registered else "comb")
        m.d.comb += [port.addr.eq(index), out.eq(port.data)]
        if table.registered:
            m.d.comb += port.en.eq(self._handshake[1][rank])
        if table.port:
            write = memory.write_port()
            m.d.comb += [getattr(write, name).eq(getattr(self, f"w_{table.port}_{name}"))
                         for name in ("en", "addr", "data")]
