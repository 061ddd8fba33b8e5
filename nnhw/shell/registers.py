# SPDX-License-Identifier: Apache-2.0
"""The AXI4-Lite block: identity, control, counters and error flags of a network."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import Component, In, Out, connect, flipped

from nnhw.shell.axi_lite import AxiLite, Endpoint, Response
from nnhw.shell.register_map import (
    IDENTITY_AT,
    MAGIC,
    PROTOCOL,
    REGISTERS,
    Access,
    Control,
    address_width,
    offset,
)

__all__ = ["Registers"]

#: Cycles that a reset by CONTROL lasts; AXI components of Xilinx ask for sixteen.
_RESET = 16
#: Words of registers.
_WORDS = IDENTITY_AT // 4


class Registers(Component):
    """Registers of ``nnhw.shell.register_map`` on a bus.

    Parameters
    ----------
    design : int
        Hash of the design, 64 bits.
    identity : bytes
        What the design says of itself.
    load_width : int
        Bits that address the words of writable weights; 0 where there are none.
    first_cycle : int
        What the counter of cycles begins with.

    Members
    -------
    bus : ``In(AxiLite(address_width))``
        From the master.
    busy : ``In(1)``, frames_in : ``In(32)``, frames_out : ``In(32)``
        As STATUS and the counters show them.
    errors : ``In(3)``
        Raised for a cycle each, in the order of ERRORS.
    enable : ``Out(1)``, reset : ``Out(1)``
        As of CONTROL; ``reset`` is held for 16 cycles.
    load_write : ``Out(1)``, load_address : ``Out(load_width)``, load_data : ``Out(32)``
        A word of weights, in the cycle in which ``load_write`` is high.
    """

    def __init__(self, design: int, identity: bytes, load_width: int = 0, first_cycle: int = 0):
        self.design, self.identity, self.first_cycle = design, identity, first_cycle
        self.load_width = load_width
        self.address_width = address_width(len(identity), load_width)
        super().__init__({
            "bus": In(AxiLite(self.address_width)), "busy": In(1), "frames_in": In(32),
            "frames_out": In(32), "errors": In(3), "enable": Out(1, init=1), "reset": Out(1),
            "load_write": Out(1), "load_address": Out(load_width), "load_data": Out(32)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.endpoint = end = Endpoint(self.address_width)
        connect(m, flipped(self.bus), end.bus)
        scratch = Signal(32)
        flags = Signal(3)
        left = Signal(range(_RESET + 1))
        m.d.comb += self.reset.eq(left != 0)
        with m.If(self.reset):
            m.d.sync += left.eq(left - 1)
        low, high = self._cycles(m, end.read & (end.read_address == offset("CYCLES_LOW") // 4))
        values = {
            "MAGIC": MAGIC, "PROTOCOL": PROTOCOL, "DESIGN_LOW": self.design & 0xFFFFFFFF,
            "DESIGN_HIGH": self.design >> 32, "CONTROL": Cat(self.enable, self.reset),
            "STATUS": self.busy, "ERRORS": flags, "FRAMES_IN": self.frames_in,
            "FRAMES_OUT": self.frames_out, "CYCLES_LOW": low, "CYCLES_HIGH": high,
            "IDENTITY_SIZE": len(self.identity), "SCRATCH": scratch,
            "WEIGHTS_AT": self._window, "WEIGHTS_SIZE": 4 << self.load_width if self._window else 0}
        self._reads(m, end, values)
        self._writes(m, end, scratch, flags, left)
        self._answer_writes(m, end)
        return m

    @property
    def _window(self) -> int:
        """Byte address of the weights: half of all; 0 where there are none."""
        return 1 << (self.address_width - 1) if self.load_width else 0

    def _in_window(self, word):
        """Whether the address of a word is one of the weights."""
        if not self._window:
            return Const(0, 1)
        return word >> self.load_width == (self._window // 4) >> self.load_width

    @property
    def _words(self) -> list[int]:
        """The identity as a host reads it."""
        return [int.from_bytes(self.identity[at:at + 4], "little")
                for at in range(0, len(self.identity), 4)]

    def _cycles(self, m, reading):
        """Low half of the counter as it is, high half as it was when the low one was read."""
        cycles = Signal(64, init=self.first_cycle)
        latched = Signal(32)
        m.d.sync += cycles.eq(cycles + 1)
        with m.If(reading):
            m.d.sync += latched.eq(cycles[32:])
        return cycles[:32], latched

    def _reads(self, m, end, values):
        words = self._words
        m.submodules.identity = rom = Memory(shape=32, depth=len(words), init=words)
        text = rom.read_port()
        at = end.read_address - _WORDS
        stored = (end.read_address >= _WORDS) & (at < len(words))
        m.d.comb += [text.addr.eq(at),
                     end.read_response.eq(Mux(stored, Response.OKAY, Response.DECERR))]
        with m.If(self._in_window(end.read_address)):
            m.d.comb += end.read_response.eq(Response.SLVERR)
        with m.If(stored):
            m.d.comb += end.read_data.eq(text.data)
        with m.Switch(end.read_address):
            for register in REGISTERS:
                with m.Case(register.offset // 4):
                    m.d.comb += [end.read_data.eq(values[register.name]),
                                 end.read_response.eq(Response.OKAY)]

    def _writes(self, m, end, scratch, flags, left):
        def written(name, byte=0):
            return (end.write & end.write_mask[byte]
                    & (end.write_address == offset(name) // 4))

        with m.If(written("CONTROL")):
            m.d.sync += self.enable.eq(end.write_data[Control.ENABLE])
            with m.If(end.write_data[Control.RESET]):
                m.d.sync += left.eq(_RESET)
        for byte in range(4):
            with m.If(written("SCRATCH", byte)):
                m.d.sync += scratch.word_select(byte, 8).eq(end.write_data.word_select(byte, 8))
        # What happens in the cycle of the clearing is not lost.
        kept = flags & ~Mux(written("ERRORS"), end.write_data[:len(flags)], 0)
        m.d.sync += flags.eq(Mux(self.reset, 0, kept | self.errors))

    def _answer_writes(self, m, end):
        """SLVERR where there is only something to read, DECERR where there is nothing.

        Weights are whole words, taken while no frame is inside and none can begin.
        """
        known = (end.write_address >= _WORDS) & (end.write_address < _WORDS + len(self._words))
        m.d.comb += [end.write_response.eq(Mux(known, Response.SLVERR, Response.DECERR)),
                     self.load_address.eq(end.write_address), self.load_data.eq(end.write_data)]
        with m.If(self._in_window(end.write_address)):
            may = ~self.enable & ~self.busy & ~self.reset & end.write_mask.all()
            m.d.comb += [end.write_response.eq(Mux(may, Response.OKAY, Response.SLVERR)),
                         self.load_write.eq(end.write & may)]
        with m.Switch(end.write_address):
            for register in REGISTERS:
                fixed = register.access is Access.READ
                with m.Case(register.offset // 4):
                    m.d.comb += end.write_response.eq(Response.SLVERR if fixed else Response.OKAY)
