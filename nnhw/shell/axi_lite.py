# SPDX-License-Identifier: Apache-2.0
"""AXI4-Lite (AMBA IHI 0022), the slave's side, and the simple accesses it makes of it."""

from amaranth.hdl import Module, Signal
from amaranth.lib.enum import Enum
from amaranth.lib.wiring import Component, In, Out, Signature

__all__ = ["AxiLite", "Endpoint", "Response", "bus_ports"]


class Response(Enum, shape=2):
    """BRESP and RRESP."""

    OKAY = 0
    SLVERR = 2
    DECERR = 3


class AxiLite(Signature):
    """AXI4-Lite with 32 bits of data, as a master drives it.

    Parameters
    ----------
    address_width : int
        Bits of a byte address.
    """

    def __init__(self, address_width: int):
        self.address_width = address_width
        super().__init__({
            "awaddr": Out(address_width), "awprot": Out(3), "awvalid": Out(1), "awready": In(1),
            "wdata": Out(32), "wstrb": Out(4), "wvalid": Out(1), "wready": In(1),
            "bresp": In(2), "bvalid": In(1), "bready": Out(1),
            "araddr": Out(address_width), "arprot": Out(3), "arvalid": Out(1), "arready": In(1),
            "rdata": In(32), "rresp": In(2), "rvalid": In(1), "rready": Out(1)})


def bus_ports(bus, name: str):
    """Signals ``name_awaddr``, ... to be ports of a module, by their names, and what joins them
    to an endpoint's ``bus``."""
    signals, joins = {}, []
    for member, flow in AxiLite(bus.signature.address_width).members.items():
        inner = getattr(bus, member)
        outer = signals[f"{name}_{member}"] = Signal(len(inner), name=f"{name}_{member}")
        joins.append(inner.eq(outer) if flow.flow == Out else outer.eq(inner))
    return signals, joins


class Endpoint(Component):
    """Turns transactions into single accesses to words of 32 bits.

    Address and data of a write may come in either order; one read and one write can be under way
    at a time, independent of each other. Nothing on the bus depends on anything of the same cycle.

    Parameters
    ----------
    address_width : int
        Bits of a byte address; the lower two are ignored.

    Members
    -------
    bus : ``In(AxiLite(address_width))``
        From the master.
    read_address : ``Out(address_width - 2)``
        Word to be read, there from the cycle before ``read``.
    read : ``Out(1)``
        The one cycle in which ``read_data`` and ``read_response`` are taken.
    read_data : ``In(32)``, read_response : ``In(Response)``
        Its value, and whether there is one.
    write_address : ``Out(address_width - 2)``, write_data : ``Out(32)``, write_mask : ``Out(4)``
        Word to be written, and which of its bytes.
    write : ``Out(1)``
        The one cycle of the write.
    write_response : ``In(Response)``
        Whether it may be; the accessed side ignores a write that may not.
    """

    def __init__(self, address_width: int):
        word = address_width - 2
        super().__init__({
            "bus": In(AxiLite(address_width)),
            "read_address": Out(word), "read": Out(1), "read_data": In(32),
            "read_response": In(Response),
            "write_address": Out(word), "write_data": Out(32), "write_mask": Out(4),
            "write": Out(1), "write_response": In(Response)})

    def elaborate(self, platform):
        m = Module()
        self._read(m)
        self._write(m)
        return m

    def _read(self, m):
        bus = self.bus
        with m.FSM(name="reading"):
            with m.State("idle"):
                m.d.comb += bus.arready.eq(1)
                with m.If(bus.arvalid):
                    m.d.sync += self.read_address.eq(bus.araddr[2:])
                    m.next = "look"
            with m.State("look"):  # memories show the word behind the next edge
                m.next = "take"
            with m.State("take"):
                m.d.comb += self.read.eq(1)
                m.d.sync += [bus.rdata.eq(self.read_data), bus.rresp.eq(self.read_response)]
                m.next = "answer"
            with m.State("answer"):
                m.d.comb += bus.rvalid.eq(1)
                with m.If(bus.rready):
                    m.next = "idle"

    def _write(self, m):
        bus = self.bus
        addressed = Signal()
        filled = Signal()
        m.d.comb += [bus.awready.eq(~addressed), bus.wready.eq(~filled),
                     self.write.eq(addressed & filled & ~bus.bvalid)]
        with m.If(bus.awvalid & bus.awready):
            m.d.sync += [addressed.eq(1), self.write_address.eq(bus.awaddr[2:])]
        with m.If(bus.wvalid & bus.wready):
            m.d.sync += [filled.eq(1), self.write_data.eq(bus.wdata),
                         self.write_mask.eq(bus.wstrb)]
        with m.If(bus.bready):
            m.d.sync += bus.bvalid.eq(0)
        with m.If(self.write):
            m.d.sync += [addressed.eq(0), filled.eq(0), bus.bvalid.eq(1),
                         bus.bresp.eq(self.write_response)]
