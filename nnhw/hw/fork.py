# SPDX-License-Identifier: Apache-2.0
"""Where a tensor has several readers: a fork, and queues that let branches differ in length."""

from amaranth.hdl import Module, Signal
from amaranth.lib import fifo, stream
from amaranth.lib.data import ArrayLayout
from amaranth.lib.wiring import Component, In, Out

from nnhw.numeric.types import FixedType
from nnhw.program.rtl import shape

__all__ = ["Fork", "Queue"]


class Fork(Component):
    """Every beat to every consumer; each takes it when it can, the producer waits for the last.

    Parameters
    ----------
    element : FixedType
        Type of an element.
    lanes : int
        Elements in a beat.
    ways : int
        Number of consumers.

    Members
    -------
    i, o0, o1, ... : streams of ``ArrayLayout(element, lanes)``
        The beat, and its copies.
    """

    latency = 0

    def __init__(self, element: FixedType, lanes: int, ways: int):
        self.ways = ways
        signature = stream.Signature(ArrayLayout(shape(element), lanes))
        super().__init__({"i": In(signature)} | {f"o{k}": Out(signature) for k in range(ways)})

    def elaborate(self, platform):
        m = Module()
        taken, takes = Signal(self.ways), Signal(self.ways)
        for k in range(self.ways):
            out = getattr(self, f"o{k}")
            m.d.comb += [out.payload.eq(self.i.payload), out.valid.eq(self.i.valid & ~taken[k]),
                         takes[k].eq(taken[k] | out.ready)]
        m.d.comb += self.i.ready.eq(takes.all())
        with m.If(self.i.valid):
            m.d.sync += taken.eq(takes)
            with m.If(self.i.ready):
                m.d.sync += taken.eq(0)
        return m


class Queue(Component):
    """First in, first out.

    Parameters
    ----------
    element : FixedType
        Type of an element.
    lanes : int
        Elements in a beat.
    depth : int
        Beats it holds, 1 or more.
    block : bool
        Whether it lies in memory blocks, whose registers delay a beat by one more cycle.

    Members
    -------
    i, o : streams of ``ArrayLayout(element, lanes)``
        Beats in and out.
    """

    def __init__(self, element: FixedType, lanes: int, depth: int, *, block: bool = False):
        self.depth, self.block = depth, block
        signature = stream.Signature(ArrayLayout(shape(element), lanes))
        super().__init__({"i": In(signature), "o": Out(signature)})

    @property
    def latency(self) -> int:
        """Cycles from a beat in to the same beat out, if the queue is empty."""
        return 2 if self.block else 1

    def elaborate(self, platform):
        m = Module()
        width = len(self.i.payload.as_value())
        kind = fifo.SyncFIFOBuffered if self.block else fifo.SyncFIFO
        m.submodules.fifo = queue = kind(width=width, depth=self.depth)
        m.d.comb += [
            queue.w_data.eq(self.i.payload.as_value()), queue.w_en.eq(self.i.valid),
            self.i.ready.eq(queue.w_rdy), self.o.payload.as_value().eq(queue.r_data),
            self.o.valid.eq(queue.r_rdy), queue.r_en.eq(self.o.ready)]
        return m
