# SPDX-License-Identifier: Apache-2.0
"""Sums, largest or smallest elements of a frame's vectors, an accumulator a channel."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.data import ArrayLayout
from amaranth.lib.wiring import Component, In, Out

from nnhw.hw.delay_line import DelayLine
from nnhw.layers.total.op import Total
from nnhw.program.rtl import shape

__all__ = ["RunningTotal"]


class RunningTotal(Component):
    """Accumulators go round in a delay line, each coming by together with its channel.

    So there are as many adders as lanes, and where a vector has many beats the accumulators lie
    in memory.

    Parameters
    ----------
    op : Total
        What to compute.
    lanes : int
        Channels in a beat; they divide the channels of a vector.

    Members
    -------
    i : stream of ``ArrayLayout(element, lanes)``
        Vectors, each in ``channels / lanes`` beats.
    o : stream of ``ArrayLayout(element, lanes)``
        The frame's total in as many beats, each ready a cycle after the last of its operands.
    """

    def __init__(self, op: Total, lanes: int):
        self.op, self.lanes = op, lanes
        #: Beats of a vector.
        self.parts = op.x.shape[-1] // lanes
        #: Beats of a frame.
        self.interval = op.vectors * self.parts
        #: Cycles from the first beat to the first result, beats arriving without a gap.
        self.latency = (op.vectors - 1) * self.parts + 1
        super().__init__({"i": In(stream.Signature(ArrayLayout(shape(op.x.element), lanes))),
                          "o": Out(stream.Signature(ArrayLayout(shape(op.y.element), lanes)))})

    def elaborate(self, platform):
        m = Module()
        fire, first, last = Signal(), Signal(), Signal()
        self._count(m, fire, first, last)
        m.d.comb += [self.i.ready.eq(~last | ~self.o.valid | self.o.ready),
                     fire.eq(self.i.valid & self.i.ready)]
        # A running extreme may lie outside the interval of every frame's.
        element = shape((self.op.y if self.op.how == "sum" else self.op.x).element)
        held = ArrayLayout(element, self.lanes)
        m.submodules.held = line = DelayLine(held.size, self.parts)
        so_far, reached = held(line.o), Signal(held)
        for lane in range(self.lanes):
            m.d.comb += reached[lane].eq(self._step(first, so_far[lane], self.i.payload[lane]))
        m.d.comb += [line.push.eq(fire), line.i.eq(reached)]
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(fire & last):
            m.d.sync += self.o.valid.eq(1)
            m.d.sync += [self.o.payload[lane].eq(reached[lane]) for lane in range(self.lanes)]
        return m

    def _count(self, m, fire, first, last):
        """Which vector of its frame a beat belongs to."""
        part, vector = (Signal(range(max(n, 2)), name=name) for name, n in (
            ("part", self.parts), ("vector", self.op.vectors)))
        m.d.comb += [first.eq(vector == 0), last.eq(vector == self.op.vectors - 1)]
        with m.If(fire):
            m.d.sync += part.eq(part + 1)
            with m.If(part == self.parts - 1):
                m.d.sync += [part.eq(0), vector.eq(Mux(last, 0, vector + 1))]

    def _step(self, first, so_far, x):
        """The next state of an accumulator; partial sums may wrap, the last one is in range."""
        match self.op.how:
            case "sum":
                return Mux(first, 0, so_far) + x
            case "max":
                return Mux(first | (x > so_far), x, so_far)
            case _:
                return Mux(first | (x < so_far), x, so_far)
