# SPDX-License-Identifier: Apache-2.0
"""The top module: components wired between bare or AXI4-Stream ports."""

from amaranth.hdl import Cat, Elaboratable, Module, Signal

__all__ = ["Top"]


class Top(Elaboratable):
    """All components of a design.

    Parameters
    ----------
    design : Design
        What to build.

    Members
    -------
    signals : dict of str to Signal
        Ports by their Verilog name.
    """

    def __init__(self, design):
        self.design, self.signals = design, {}
        for layout in (*design.inputs, *design.outputs):
            p = "t" if layout.axi else ""
            names = {f"{p}data" if layout.axi else "payload": layout.payload_width,
                     f"{p}valid": 1, f"{p}ready": 1} | ({"tlast": 1} if layout.axi else {})
            for suffix, width in names.items():
                name = f"{layout.name}_{suffix}"
                self.signals[name] = Signal(width, name=name)
        for name, width in design.interface.load_pins.items():
            self.signals[name] = Signal(width, name=name)

    def _end(self, layout):
        p = layout.name
        names = (("tdata", "tvalid", "tready") if layout.axi else ("payload", "valid", "ready"))
        return [self.signals[f"{p}_{suffix}"] for suffix in names]

    def elaborate(self, platform):
        m = Module()
        netlist = self.design.netlist
        for name, unit in netlist.units:
            m.submodules[name] = unit
        inputs = {layout.name: layout for layout in self.design.inputs}
        outputs = {layout.name: layout for layout in self.design.outputs}
        for start, end in netlist.links:
            if start.unit is None and end.unit is None:
                self._through(m, inputs[start.port], outputs[end.port])
            elif start.unit is None:
                self._input(m, inputs[start.port], getattr(netlist.units[end.unit][1], end.port))
            elif end.unit is None:
                self._output(m, getattr(netlist.units[start.unit][1], start.port),
                             outputs[end.port])
            else:
                self._link(m, *(netlist.units[wire.unit] for wire in (start, end)),
                           start.port, end.port)
        for unit, memory in self.design.memories:
            self._load(m, getattr(unit, f"load_{memory.what}"), memory)
        return m

    def _load(self, m, port, memory):
        """The part of a write's address that is a memory's base selects it."""
        write, address, data = (
            self.signals[f"load_{name}"] for name in ("write", "address", "data"))
        chosen = address[memory.address_width:] == memory.base >> memory.address_width
        m.d.comb += [port.write.eq(write & chosen), port.data.eq(data),
                     port.address.eq(address[:memory.address_width])]

    def _link(self, m, producer, consumer, output, port):
        """A stream between two components, with names that say which."""
        source, target = getattr(producer[1], output), getattr(consumer[1], port)
        name = f"{producer[0]}_to_{consumer[0]}"
        width = len(source.payload.as_value())
        payload, valid, ready = (
            Signal(bits, name=f"{name}_{suffix}", attrs={"keep": 1})  # probes look these names up
            for bits, suffix in ((width, "payload"), (1, "valid"), (1, "ready")))
        m.d.comb += [
            payload.eq(source.payload.as_value()), target.payload.as_value().eq(payload),
            valid.eq(source.valid), target.valid.eq(valid),
            ready.eq(target.ready), source.ready.eq(ready)]

    def _input(self, m, layout, target):
        payload, valid, ready = self._end(layout)
        lanes = [payload[k * layout.stride:k * layout.stride + layout.width]
                 for k in range(layout.lanes)]
        m.d.comb += [target.payload.as_value().eq(Cat(lanes)), target.valid.eq(valid),
                     ready.eq(target.ready)]

    def _output(self, m, source, layout):
        payload, valid, ready = self._end(layout)
        bits = source.payload.as_value()
        lanes = []
        for k in range(layout.lanes):
            lane = bits.word_select(k, layout.width)
            wide = Signal(layout.stride, name=f"{layout.name}_lane{k}")
            m.d.comb += wide.eq(lane.as_signed() if layout.element.signed else lane)
            lanes.append(wide)
        m.d.comb += [payload.eq(Cat(lanes)), valid.eq(source.valid), source.ready.eq(ready)]
        if layout.axi:
            self._mark_last(m, layout, valid & ready)

    def _mark_last(self, m, layout, fire):
        last = self.signals[f"{layout.name}_tlast"]
        if layout.beats == 1:
            m.d.comb += last.eq(1)
            return
        beat = Signal(range(layout.beats), name=f"{layout.name}_beat")
        m.d.comb += last.eq(beat == layout.beats - 1)
        with m.If(fire):
            m.d.sync += beat.eq(beat + 1)
            with m.If(last):
                m.d.sync += beat.eq(0)

    def _through(self, m, i, o):
        for a, b in zip(self._end(i)[:2], self._end(o)[:2], strict=True):
            m.d.comb += b.eq(a)
        m.d.comb += self._end(i)[2].eq(self._end(o)[2])
