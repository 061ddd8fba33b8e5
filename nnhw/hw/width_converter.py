# SPDX-License-Identifier: Apache-2.0
"""Width converters: the same elements in the same order, more or fewer of them in a beat."""

from math import gcd

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import stream
from amaranth.lib.data import ArrayLayout
from amaranth.lib.wiring import Component, In, Out

from nnhw.numeric.types import FixedType
from nnhw.program.rtl import shape

__all__ = ["Narrow", "Widen", "conversions"]


class Narrow(Component):
    """Beats taken apart: each is held while its parts go out in turn; no cycle is added.

    Parameters
    ----------
    element : FixedType
        Type of an element.
    lanes_in, lanes_out : int
        Elements in a beat; ``lanes_out`` divides ``lanes_in``.
    size : int
        Elements of a frame; parts beyond its end are left out.

    Members
    -------
    i, o : streams of ``ArrayLayout(element, lanes)``
        Wide beats and narrow ones.
    """

    latency = 0

    def __init__(self, element: FixedType, lanes_in: int, lanes_out: int, size: int):
        assert lanes_in % lanes_out == 0
        self.parts, self.size = lanes_in // lanes_out, size
        self.beats_in, self.beats_out = -(-size // lanes_in), -(-size // lanes_out)
        self.interval = self.beats_out
        super().__init__({"i": In(stream.Signature(ArrayLayout(shape(element), lanes_in))),
                          "o": Out(stream.Signature(ArrayLayout(shape(element), lanes_out)))})

    def elaborate(self, platform):
        m = Module()
        part = Signal(range(self.parts))
        last = Signal()
        m.d.comb += last.eq(part == self.parts - 1)
        if self.beats_out % self.parts:
            beat = Signal(range(self.beats_out))
            m.d.comb += last.eq((part == self.parts - 1) | (beat == self.beats_out - 1))
            with m.If(self.o.valid & self.o.ready):
                m.d.sync += beat.eq(beat + 1)
                with m.If(beat == self.beats_out - 1):
                    m.d.sync += beat.eq(0)
        payload = self.o.payload.as_value()
        m.d.comb += [payload.eq(self.i.payload.as_value().word_select(part, len(payload))),
                     self.o.valid.eq(self.i.valid), self.i.ready.eq(self.o.ready & last)]
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += part.eq(part + 1)
            with m.If(last):
                m.d.sync += part.eq(0)
        return m


class Widen(Component):
    """Beats put together; while one wide beat waits, all but the last part of the next go in.

    Parameters
    ----------
    element : FixedType
        Type of an element.
    lanes_in, lanes_out : int
        Elements in a beat; ``lanes_in`` divides ``lanes_out``.
    size : int
        Elements of a frame; its last wide beat may be partly unused.

    Members
    -------
    i, o : streams of ``ArrayLayout(element, lanes)``
        Narrow beats and wide ones.
    """

    #: Cycles from the last part accepted to the wide beat offered.
    latency = 1

    def __init__(self, element: FixedType, lanes_in: int, lanes_out: int, size: int):
        assert lanes_out % lanes_in == 0
        self.parts, self.size = lanes_out // lanes_in, size
        self.beats_in, self.beats_out = -(-size // lanes_in), -(-size // lanes_out)
        self.interval = self.beats_in
        super().__init__({"i": In(stream.Signature(ArrayLayout(shape(element), lanes_in))),
                          "o": Out(stream.Signature(ArrayLayout(shape(element), lanes_out)))})

    def elaborate(self, platform):
        m = Module()
        payload = self.i.payload.as_value()
        kept = Signal(len(payload) * (self.parts - 1))
        part, last = Signal(range(self.parts)), Signal()
        m.d.comb += last.eq(part == self.parts - 1)
        if self.beats_in % self.parts:
            beat = Signal(range(self.beats_in))
            m.d.comb += last.eq((part == self.parts - 1) | (beat == self.beats_in - 1))
            with m.If(self.i.valid & self.i.ready):
                m.d.sync += beat.eq(beat + 1)
                with m.If(beat == self.beats_in - 1):
                    m.d.sync += beat.eq(0)
        free = ~self.o.valid | self.o.ready
        m.d.comb += self.i.ready.eq(free | ~last)
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += part.eq(part + 1)
            m.d.sync += kept.eq(Cat(kept, payload)[len(payload):])
            with m.If(last):
                m.d.sync += [part.eq(0), self.o.valid.eq(1),
                             self.o.payload.as_value().eq(self._word(m, kept, payload, part))]
        return m

    def _word(self, m, kept, payload, part):
        """Kept parts and the one that arrives; they shift in, so an early end leaves them high."""
        whole = Cat(kept, payload)
        if not self.beats_in % self.parts:
            return whole
        early = self.beats_in % self.parts
        word = Signal(len(whole))
        m.d.comb += word.eq(whole)
        with m.If(part == early - 1):
            m.d.comb += word.eq(whole[len(payload) * (self.parts - early):])
        return word


def conversions(element: FixedType, lanes_in: int, lanes_out: int, size: int,
                ) -> list[Narrow | Widen]:
    """Converters that lead from one width to another: none, one, or two by way of the gcd."""
    common = gcd(lanes_in, lanes_out)
    chain: list[Narrow | Widen] = []
    if lanes_in != common:
        chain.append(Narrow(element, lanes_in, common, size))
    if lanes_out != common:
        chain.append(Widen(element, common, lanes_out, size))
    return chain
