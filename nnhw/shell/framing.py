# SPDX-License-Identifier: Apache-2.0
"""Frames on a byte stream: flags between them, flags inside escaped (as in HDLC, RFC 1662)."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream
from amaranth.lib.wiring import Component, In, Out

__all__ = ["ESCAPE", "FLAG", "TOGGLE", "Stuff", "Unstuff"]

FLAG, ESCAPE, TOGGLE = 0x7E, 0x7D, 0x20


class Unstuff(Component):
    """Takes escapes out and tells where frames end.

    Members
    -------
    i_byte : ``In(8)``, i_valid : ``In(1)``
        From the line.
    byte : ``Out(8)``, valid : ``Out(1)``
        A byte of a frame.
    end : ``Out(1)``
        A flag was met: what came before is a frame, or nothing.
    abort : ``Out(1)``
        With ``end``: the flag was escaped, so the frame is void.
    """

    def __init__(self):
        super().__init__({"i_byte": In(8), "i_valid": In(1), "byte": Out(8), "valid": Out(1),
                          "end": Out(1), "abort": Out(1)})

    def elaborate(self, platform):
        m = Module()
        escaped = Signal()
        flag = self.i_byte == FLAG
        m.d.comb += [
            self.byte.eq(self.i_byte ^ Mux(escaped, TOGGLE, 0)),
            self.end.eq(self.i_valid & flag), self.abort.eq(self.end & escaped),
            self.valid.eq(self.i_valid & ~flag & (escaped | (self.i_byte != ESCAPE)))]
        with m.If(self.i_valid):
            m.d.sync += escaped.eq(~flag & ~escaped & (self.i_byte == ESCAPE))
        return m


class Stuff(Component):
    """Puts escapes in.

    Members
    -------
    i : ``In(stream.Signature(StructLayout({"byte": 8, "flag": 1})))``
        Bytes of a frame, or a flag.
    o : ``Out(stream.Signature(8))``
        To the line.
    """

    def __init__(self):
        super().__init__({"i": In(stream.Signature(data.StructLayout({"byte": 8, "flag": 1}))),
                          "o": Out(stream.Signature(8))})

    def elaborate(self, platform):
        m = Module()
        second = Signal()
        byte = self.i.payload.byte
        special = ~self.i.payload.flag & ((byte == FLAG) | (byte == ESCAPE))
        m.d.comb += self.o.valid.eq(self.i.valid)
        with m.If(self.i.payload.flag):
            m.d.comb += self.o.payload.eq(FLAG)
        with m.Elif(special):
            m.d.comb += self.o.payload.eq(Mux(second, byte ^ TOGGLE, ESCAPE))
        with m.Else():
            m.d.comb += self.o.payload.eq(byte)
        m.d.comb += self.i.ready.eq(self.o.ready & (~special | second))
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += second.eq(special & ~second)
        return m
