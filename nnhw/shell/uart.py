# SPDX-License-Identifier: Apache-2.0
"""Asynchronous serial line: 8 data bits, no parity, 1 stop bit."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import stream
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import Component, In, Out

__all__ = ["Receiver", "Transmitter"]


class Receiver(Component):
    """Bytes from a line; one whose stop bit is low is left out.

    Parameters
    ----------
    divisor : int
        Clock cycles of a bit.

    Members
    -------
    line : ``In(1)``
        The pin; it is synchronized here.
    byte : ``Out(8)``, valid : ``Out(1)``
        A byte, in the one cycle in which ``valid`` is high.
    """

    def __init__(self, divisor: int):
        self.divisor = divisor
        super().__init__({"line": In(1, init=1), "byte": Out(8), "valid": Out(1)})

    def elaborate(self, platform):
        m = Module()
        line = Signal(init=1)
        m.submodules += FFSynchronizer(self.line, line, init=1)
        timer, left = Signal(range(self.divisor)), Signal(range(11))
        bits = Signal(9)
        m.d.sync += self.valid.eq(0)
        m.d.comb += self.byte.eq(bits[:8])
        with m.If(left == 0):
            m.d.sync += timer.eq(self.divisor // 2)
            with m.If(~line):
                m.d.sync += left.eq(10)
        with m.Elif(timer != 0):
            m.d.sync += timer.eq(timer - 1)
        with m.Else():
            m.d.sync += [timer.eq(self.divisor - 1), left.eq(left - 1),
                         bits.eq(Cat(bits[1:], line))]
            with m.If((left == 10) & line):  # a glitch, no start bit
                m.d.sync += left.eq(0)
            with m.If((left == 1) & line):
                m.d.sync += [self.valid.eq(1), bits.eq(bits[1:])]
        return m


class Transmitter(Component):
    """Bytes to a line.

    Parameters
    ----------
    divisor : int
        Clock cycles of a bit.

    Members
    -------
    i : ``In(stream.Signature(8))``
        Bytes.
    line : ``Out(1)``
        The pin.
    """

    def __init__(self, divisor: int):
        self.divisor = divisor
        super().__init__({"i": In(stream.Signature(8)), "line": Out(1, init=1)})

    def elaborate(self, platform):
        m = Module()
        timer, left = Signal(range(self.divisor)), Signal(range(11))
        bits = Signal(9, init=0x1FF)
        m.d.comb += [self.i.ready.eq(left == 0), self.line.eq(bits[0])]
        with m.If(left == 0):
            m.d.sync += timer.eq(self.divisor - 1)
            with m.If(self.i.valid):
                m.d.sync += [bits.eq(Cat(0, self.i.payload)), left.eq(10)]
        with m.Elif(timer != 0):
            m.d.sync += timer.eq(timer - 1)
        with m.Else():
            m.d.sync += [timer.eq(self.divisor - 1), left.eq(left - 1),
                         bits.eq(Cat(bits[1:], 1))]
        return m
