# SPDX-License-Identifier: Apache-2.0
"""The top module of a board with a DMA: the network and its AXI4-Lite block, as Verilog."""

from amaranth.hdl import (
    Cat,
    ClockDomain,
    ClockSignal,
    Elaboratable,
    Instance,
    Module,
    ResetSignal,
    Signal,
)

from nnhw.hw.verilog import convert
from nnhw.shell.axi_lite import bus_ports
from nnhw.shell.frame_watch import FrameWatch
from nnhw.shell.register_map import CONTROL_PORT
from nnhw.shell.registers import Registers

__all__ = ["AxiTop", "axi_verilog"]

_SUFFIXES = ("tdata", "tvalid", "tready", "tlast")


class AxiTop(Elaboratable):
    """A network of one AXI4-Stream input and one output, watched and controlled.

    Parameters
    ----------
    interface : DesignInterface
        The network, which is a module of its own files.
    design : int
        Its hash.
    identity : bytes
        What it says of itself.

    Members
    -------
    ports : list of Signal
        ``aclk``, ``aresetn``, the network's streams under their names, ``s_axi_control_...``.
    """

    def __init__(self, interface, design: int, identity: bytes):
        self.interface = interface
        self.registers = Registers(design, identity, interface.load_pins.get("load_address", 0))
        self.aclk, self.aresetn = Signal(name="aclk"), Signal(name="aresetn")
        self._bus, self._joins = bus_ports(self.registers.bus, CONTROL_PORT)
        self._outer, self._inner = (
            [[Signal(width, name=f"{prefix}{port.name}_{suffix}") for suffix, width in zip(
                _SUFFIXES, (port.payload_width, 1, 1, 1), strict=True)]
             for port in (interface.inputs[0], interface.outputs[0])]
            for prefix in ("", "network_"))
        streams = [signal for stream in self._outer for signal in stream]
        self.ports = [self.aclk, self.aresetn, *self._bus.values(), *streams]

    def elaborate(self, platform):
        m = Module()
        m.domains.sync = ClockDomain()
        m.d.comb += [ClockSignal().eq(self.aclk), ResetSignal().eq(~self.aresetn), *self._joins]
        m.submodules.registers = registers = self.registers
        m.submodules.network = self._network()
        watches = []
        for name, stream, ports in zip(("source", "sink"), self._outer, (
                self.interface.inputs[0], self.interface.outputs[0]), strict=True):
            m.submodules[f"watch_{name}"] = watch = FrameWatch(ports.beats)
            _, valid, ready, last = stream
            m.d.comb += [watch.valid.eq(valid), watch.ready.eq(ready), watch.last.eq(last),
                         watch.clear.eq(registers.reset)]
            watches.append(watch)
        source, sink = watches
        m.d.comb += [
            registers.busy.eq(source.inside | (source.frames != sink.frames)),
            registers.frames_in.eq(source.frames), registers.frames_out.eq(sink.frames),
            registers.errors.eq(Cat(source.early, source.missing, source.withdrawn))]
        begins = registers.enable | source.inside  # a frame that was begun may end
        self._pass(m, self._outer[0], self._inner[0], begins & ~registers.reset)
        self._pass(m, self._inner[1], self._outer[1], ~registers.reset)
        return m

    def _pass(self, m, source, sink, flows):
        """Join two streams while ``flows``."""
        data, valid, ready, last = range(4)
        m.d.comb += [sink[data].eq(source[data]), sink[last].eq(source[last]),
                     sink[valid].eq(source[valid] & flows), source[ready].eq(sink[ready] & flows)]

    def _network(self):
        ports = {"i_aclk": ClockSignal(),
                 "i_aresetn": ~(ResetSignal() | self.registers.reset)}
        ports |= {f"i_{name}": getattr(self.registers, name) for name in self.interface.load_pins}
        for port, stream, inward in zip((self.interface.inputs[0], self.interface.outputs[0]),
                                        self._inner, (True, False), strict=True):
            for suffix, signal in zip(_SUFFIXES, stream, strict=True):
                way = "i" if inward != (suffix == "tready") else "o"
                ports[f"{way}_{port.name}_{suffix}"] = signal
        return Instance(self.interface.top, **ports)


def axi_verilog(interface, design: int, identity: bytes, name: str) -> str:
    """Verilog of the top module ``name``; the network is a module of its own files."""
    top = AxiTop(interface, design, identity)
    return convert(top, name, top.ports)
