# SPDX-License-Identifier: Apache-2.0
"""Words of 32 bits on their way into the wide memories of a stage."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib.wiring import Component, In, Out, Signature

__all__ = ["LoadPort", "Loader"]


class LoadPort(Signature):
    """Writes of 32 bits, one a cycle, never refused.

    Parameters
    ----------
    address_width : int
        Bits of an address, which counts words of 32 bits.
    """

    def __init__(self, address_width: int):
        super().__init__({"write": Out(1), "address": Out(address_width), "data": Out(32)})


class Loader(Component):
    """Collects the parts of a wide word; writing its last part stores it, two cycles later.

    Parameters
    ----------
    memory : MemoryLayout
        The memory that is written.

    Members
    -------
    load : ``In(LoadPort(memory.address_width))``
        Parts, the lowest at the lowest address.
    en : ``Out(1)``, addr : ``Out(...)``, data : ``Out(memory.width)``
        To the memory.
    """

    def __init__(self, memory):
        self.memory = memory
        super().__init__({
            "load": In(LoadPort(memory.address_width)), "en": Out(1),
            "addr": Out(memory.index_width), "data": Out(memory.width)})

    def elaborate(self, platform):
        m = Module()
        parts, bits = self.memory.parts, self.memory.part_width
        held = [Signal(32, name=f"part_{k}") for k in range(parts)]
        part = self.load.address[:bits] if bits else 0
        m.d.sync += self.en.eq(self.load.write & (part == parts - 1))
        with m.If(self.load.write):
            m.d.sync += self.addr.eq(self.load.address[bits:])
            for k, register in enumerate(held):
                with m.If(part == k):
                    m.d.sync += register.eq(self.load.data)
        m.d.comb += self.data.eq(Cat(held))
        return m
