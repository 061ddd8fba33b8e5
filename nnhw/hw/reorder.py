# SPDX-License-Identifier: Apache-2.0
"""Reordering of a stream: a circular buffer, read by a table of addresses."""

import numpy as np
from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.data import ArrayLayout
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import Component, In, Out

from nnhw.hw.reorder_schedule import ReorderSchedule
from nnhw.layers.gather.op import Gather
from nnhw.program.rtl import shape

__all__ = ["Reorder"]


class Reorder(Component):
    """Beats in another order, some left out, some given several times, padding put in.

    Parameters
    ----------
    op : Gather
        What to compute.
    lanes : int
        Elements in a beat, in and out; see ``block_size``.

    Members
    -------
    i, o : streams of ``ArrayLayout(element, lanes)``
        Beats in and out.
    """

    def __init__(self, op: Gather, lanes: int):
        self.op, self.lanes = op, lanes
        self.schedule = ReorderSchedule(op, lanes)
        self.interval = self.schedule.interval
        #: Cycles from the first beat of a frame to the first that comes out, beats arriving without
        #: a gap.
        self.latency = int(self.schedule.address[0]) + 2
        super().__init__({
            "i": In(stream.Signature(ArrayLayout(shape(op.x.element), lanes))),
            "o": Out(stream.Signature(ArrayLayout(shape(op.y.element), lanes)))})

    def elaborate(self, platform):
        m = Module()
        plan = self.schedule
        bits = (plan.depth - 1).bit_length()
        # Beats of this frame that came in, and beats held; both below zero while beats that no
        # output needs have been done with ahead of their coming.
        count = Signal(range(-plan.beats_in, plan.depth + plan.beats_in + 1))
        written, base = Signal(bits), Signal(bits)  # where to write; where this frame began
        held = Signal(range(-plan.beats_in, plan.depth + 1))
        word, step = self._table(m)
        address, pad, gain = word
        m.submodules.buffer = memory = Memory(
            shape=len(self.i.payload.as_value()), depth=plan.depth, init=[])
        write, read = memory.write_port(), memory.read_port()
        there, go, was_pad = Signal(), Signal(), Signal()
        room = ~self.o.valid | self.o.ready
        put = self.i.valid & self.i.ready
        m.d.comb += [
            self.i.ready.eq(held < plan.depth), there.eq(count > address),
            go.eq(room & there), write.addr.eq(written), write.en.eq(put),
            write.data.eq(self.i.payload.as_value()), read.en.eq(go),
            read.addr.eq((base + address)[:bits]),
            self.o.payload.as_value().eq(self._padded(m, read.data, was_pad))]
        end = step == plan.beats_out - 1
        m.d.sync += [held.eq(held + put - Mux(go, gain, 0)),
                     count.eq(count + put - Mux(go & end, plan.beats_in, 0))]
        with m.If(put):
            m.d.sync += written.eq(written + 1)
        with m.If(room):
            m.d.sync += self.o.valid.eq(there)
        with m.If(go):
            m.d.sync += [step.eq(step + 1), was_pad.eq(pad)]
            with m.If(end):
                m.d.sync += [step.eq(0), base.eq(base + plan.beats_in)]
        return m

    def _table(self, m):
        """Address, padding flag and beats done with, for the present step."""
        plan = self.schedule
        gains = np.diff(plan.release, prepend=0)
        step = Signal(range(max(plan.beats_out, 2)))
        columns, at, fields = (plan.address, plan.pad.astype(int), gains), 0, []
        widths = [max(1, int(c.max()).bit_length()) for c in columns]
        init = [int(a) | int(p) << widths[0] | int(g) << (widths[0] + widths[1])
                for a, p, g in zip(*columns, strict=True)]
        m.submodules.table = table = Memory(shape=sum(widths), depth=len(init), init=init)
        port = table.read_port(domain="comb")
        m.d.comb += port.addr.eq(step)
        for width in widths:
            fields.append(port.data[at:at + width])
            at += width
        return fields, step

    def _padded(self, m, data, was_pad):
        """The word read, or the padding, each element at the width of the result."""
        lanes = []
        width = self.op.x.element.width
        for lane in range(self.lanes):
            element = data[lane * width:(lane + 1) * width]
            if self.op.x.element.signed:
                element = element.as_signed()
            part = Signal(shape(self.op.y.element), name=f"lane_{lane}")
            m.d.comb += part.eq(Mux(was_pad, Const(self.op.value, shape(self.op.y.element)),
                                    element) if self.schedule.pad.any() else element)
            lanes.append(part.as_unsigned())
        return Cat(lanes)
