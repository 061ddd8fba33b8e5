# SPDX-License-Identifier: Apache-2.0
"""Delays counted in pushes: registers where they are short, memory where they are long."""

from amaranth.hdl import Module, Signal
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import Component, In, Out

__all__ = ["DelayLine"]

#: Delays up to this length are registers.
_REGISTERS = 2


class DelayLine(Component):
    """Gives each word again, ``length`` pushes later.

    Parameters
    ----------
    width : int
        Bits of a word.
    length : int
        Pushes from a word in to the same word out, 1 or more.

    Members
    -------
    push : ``In(1)``
        Take ``i``; everything moves on by one.
    i : ``In(width)``
        Word of this push.
    o : ``Out(width)``
        Word of the push ``length`` before this one, there ahead of it.
    """

    def __init__(self, width: int, length: int):
        self.width, self.length = width, length
        super().__init__({"push": In(1), "i": In(width), "o": Out(width)})

    def elaborate(self, platform):
        m = Module()
        if self.length <= _REGISTERS:
            word = self.i
            for k in range(self.length):
                register = Signal(self.width, name=f"word_{k}")
                with m.If(self.push):
                    m.d.sync += register.eq(word)
                word = register
            m.d.comb += self.o.eq(word)
            return m
        m.submodules.memory = memory = Memory(
            shape=self.width, depth=self.length, init=[])
        write, read = memory.write_port(), memory.read_port()
        at, after = (Signal(range(self.length), name=name) for name in ("at", "after"))
        m.d.comb += after.eq(at + 1)
        with m.If(at == self.length - 1):
            m.d.comb += after.eq(0)
        with m.If(self.push):
            m.d.sync += at.eq(after)
        # The word read at a push is the oldest one; it shows at the next push, which overwrites it.
        m.d.comb += [write.addr.eq(at), write.data.eq(self.i), write.en.eq(self.push),
                     read.addr.eq(after), read.en.eq(self.push), self.o.eq(read.data)]
        return m
