# SPDX-License-Identifier: Apache-2.0
"""A double buffer that plays each vector several times, for a Dense that folds both ways."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import stream
from amaranth.lib.data import ArrayLayout
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import Component, In, Out

from nnhw.numeric.types import FixedType
from nnhw.program.rtl import shape

__all__ = ["Replay"]


class Replay(Component):
    """Memory for two vectors: one is written while the other is read ``times`` times over.

    Parameters
    ----------
    element : FixedType
        Type of an element.
    lanes : int
        Elements in a beat.
    words : int
        Beats of a vector.
    times : int
        How often each vector is played.
    block : bool
        Whether to ask for a memory block, not memory in LUTs.

    Members
    -------
    i, o : streams of ``ArrayLayout(element, lanes)``
        Vectors once, and ``times`` times.
    """

    #: Cycles from the last beat of a vector accepted to its first beat offered.
    LATENCY = 2

    def __init__(self, element: FixedType, lanes: int, *, words: int, times: int,
                 block: bool = False):
        self.words, self.times, self.block = words, times, block
        self._layout = ArrayLayout(shape(element), lanes)
        super().__init__({"i": In(stream.Signature(self._layout)),
                          "o": Out(stream.Signature(self._layout))})

    def elaborate(self, platform):
        m = Module()
        m.submodules.memory = memory = Memory(
            shape=self._layout.size, depth=2 << (self.words - 1).bit_length(), init=[],
            # A word is never read while it is written: one bank is, the other is full.
            attrs={"no_rw_check": 1} | ({"ram_style": "block"} if self.block else {}))
        write, read = memory.write_port(), memory.read_port()
        write_at, read_at = Signal(range(self.words)), Signal(range(self.words))
        write_bank, read_bank, round_ = Signal(), Signal(), Signal(range(max(self.times, 2)))
        full = Signal(2)  # how many vectors are there: its high bit, a register, closes the input
        filled, freed = Signal(), Signal()

        m.d.comb += [
            write.addr.eq(Cat(write_at, write_bank)), write.data.eq(self.i.payload.as_value()),
            write.en.eq(self.i.valid & self.i.ready),
            self.i.ready.eq(~full[1]),
            read.addr.eq(Cat(read_at, read_bank)), self.o.payload.as_value().eq(read.data)]
        with m.If(write.en):
            m.d.sync += write_at.eq(write_at + 1)
            with m.If(write_at == self.words - 1):
                m.d.sync += [write_at.eq(0), write_bank.eq(~write_bank)]
                m.d.comb += filled.eq(1)
        m.d.sync += full.eq(full + filled - freed)

        advance, there = Signal(), Signal()
        m.d.comb += [advance.eq(~self.o.valid | self.o.ready), read.en.eq(advance),
                     there.eq(full != 0)]
        with m.If(advance):
            m.d.sync += self.o.valid.eq(there)
            with m.If(there):
                self._next(m, read_at, round_, read_bank, freed)
        return m

    def _next(self, m, read_at, round_, read_bank, freed):
        m.d.sync += read_at.eq(read_at + 1)
        with m.If(read_at == self.words - 1):
            m.d.sync += [read_at.eq(0), round_.eq(round_ + 1)]
            with m.If(round_ == self.times - 1):
                m.d.sync += [round_.eq(0), read_bank.eq(~read_bank)]
                m.d.comb += freed.eq(1)
