# SPDX-License-Identifier: Apache-2.0
"""Softmax one element at a time: no multiplier, for streams that leave it time."""

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import stream
from amaranth.lib.data import ArrayLayout
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import Component, In, Out

from nnhw.layers.softmax.op import Softmax
from nnhw.program.rtl import shape

__all__ = ["SerialSoftmax"]

#: Cycles from the address of an element to its exponential added up.
_EXPONENTIAL = 7
#: Cycles from the normalised sum to the reciprocal that its table has for it.
_RECIPROCAL = 3


class SerialSoftmax(Component):
    """A vector is taken in, its exponentials summed, and the quotients given out one by one.

    Products are made bit by bit, so that a result takes as many cycles as an exponential has
    bits. The next vector is taken in when the last quotient has gone out.

    Parameters
    ----------
    op : Softmax
        What to compute; its definition has the steps.

    Members
    -------
    i, o : streams of ``ArrayLayout(element, 1)``
        Elements in and out.
    """

    def __init__(self, op: Softmax):
        self.op, self.classes = op, op.x.shape[-1]
        self.shifts = op.sum_bits - op.one.bit_length()
        self.exp_bits = op.one.bit_length()
        #: Cycles in which the reciprocal is interpolated, a bit of the sum each.
        self.falling = 0 if op.drop_table is None else op.recip_shift + 1
        #: Cycles from the last element of a vector accepted to the first quotient begun.
        self.summing = (1 + _EXPONENTIAL * self.classes + 2 * self.shifts + _RECIPROCAL
                        + self.falling)
        #: Cycles from a quotient begun to its result offered.
        self.dividing = self.exp_bits + 3
        #: Cycles from the first element offered to the first result, no gaps.
        self.latency = self.classes - 1 + self.summing + self.dividing
        self.interval = op.x.size // self.classes * self.vector_interval
        super().__init__({"i": In(stream.Signature(ArrayLayout(shape(op.x.element), 1))),
                          "o": Out(stream.Signature(ArrayLayout(shape(op.y.element), 1)))})

    @property
    def vector_interval(self) -> int:
        """Cycles between vectors."""
        return self.classes * (self.dividing + 2) + self.summing - 1

    def elaborate(self, platform):
        m = Module()
        op = self.op
        x = shape(op.x.element)
        k, tick = Signal(range(max(self.classes, 2))), Signal(range(self._longest()))
        m.d.sync += tick.eq(tick + 1)
        m.submodules.vector = memory = Memory(
            shape=max(op.x.element.width, self.exp_bits), depth=max(self.classes, 2), init=[],
            attrs={"no_rw_check": 1})  # what is read while it is written is not used
        self._write, self._read = memory.write_port(), memory.read_port()
        m.d.comb += [self._write.addr.eq(k), self._read.addr.eq(k)]
        self._highest = Signal(x, reset_less=True)
        self._exponential = Signal(self.exp_bits, reset_less=True)
        self._sum, self._n = Signal(op.sum_bits), Signal(range(self.shifts + 1))
        self._reciprocal = Signal(
            int(op.recip_table.max()).bit_length() + self.shifts, reset_less=True)

        last = k == self.classes - 1
        def step(state):
            """On to the next element, or behind the last one to another state."""
            m.d.sync += [k.eq(Mux(last, 0, k + 1)), tick.eq(0)]
            with m.If(last):
                m.next = state
        def after(ticks, state):
            with m.If(tick == ticks - 1):
                m.d.sync += tick.eq(0)
                m.next = state

        self._compare(m, k)
        self._look_up(m)
        self._multiply(m, tick)
        entry = self._invert(m)
        scale = "SCALE" if self.shifts else "DIVIDE"
        with m.FSM():
            with m.State("FILL"):
                self._fill(m, k, step)
            with m.State("SUM"):
                self._add_up(m, tick, lambda: step("NORMALISE" if self.shifts else "INVERT"))
            if self.shifts:
                with m.State("NORMALISE"):
                    with m.If(~self._sum[-1]):
                        m.d.sync += [self._sum.eq(self._sum << 1), self._n.eq(self._n + 1)]
                    after(self.shifts, "INVERT")
            with m.State("INVERT"):
                m.d.sync += self._reciprocal.eq(entry)
                after(_RECIPROCAL, "INTERPOLATE" if self.falling else scale)
            if self.falling:
                with m.State("INTERPOLATE"):
                    self._interpolate(m, tick)
                    after(self.falling, scale)
            if self.shifts:
                with m.State("SCALE"):
                    with m.If(self._n != 0):
                        m.d.sync += [self._reciprocal.eq(self._reciprocal << 1),
                                     self._n.eq(self._n - 1)]
                    after(self.shifts, "DIVIDE")
            with m.State("DIVIDE"):
                self._divide(m, tick)
                after(self.dividing, "GIVE")
            with m.State("GIVE"):
                m.d.comb += self.o.valid.eq(1)
                with m.If(self.o.ready):
                    m.next = "DIVIDE"
                    step("FILL")
        return m

    def _longest(self) -> int:
        return max(_EXPONENTIAL, _RECIPROCAL, self.shifts, self.falling, self.dividing) + 1

    def _fill(self, m, k, step):
        """Elements into memory."""
        m.d.comb += [self.i.ready.eq(1), self._write.data.eq(self.i.payload.as_value()),
                     self._write.en.eq(self.i.valid)]
        m.d.sync += [self._sum.eq(0), self._arrived.eq(self.i.valid)]
        with m.If(self.i.valid):
            step("SUM")

    def _compare(self, m, k):
        """The largest element, each being compared in the cycle after it came in."""
        latest, begins = Signal.like(self._highest), Signal()
        self._arrived, lead = Signal(), Signal(signed(len(latest) + 1))
        # A sign is there sooner than the carry that a comparison ends in.
        m.d.comb += lead.eq(self._highest - latest)
        m.d.sync += [latest.eq(self.i.payload.as_value()), begins.eq(k == 0),
                     self._arrived.eq(0)]
        with m.If(self._arrived & (begins | lead[-1])):
            m.d.sync += self._highest.eq(latest)

    def _look_up(self, m):
        """Distance, place, index, table, its register: a cycle each; in all states, to be fast."""
        op, table = self.op, self._table(m, "exp", self.op.exp_table)
        x = Signal.like(self._highest)
        m.d.comb += x.eq(self._read.data)
        low, high = op.x.bounds
        distance = Signal(range(high - low + 1), reset_less=True)
        whole = (distance + (1 << op.exp_shift >> 1)) >> op.exp_shift
        end = len(op.exp_table) - 1
        place = Signal.like(whole, reset_less=True)
        index = Signal(range(max(end + 1, 2)), reset_less=True)
        m.d.sync += [distance.eq(self._highest - x), place.eq(whole),
                     index.eq(Mux(place > end, end, place)),
                     self._exponential.eq(table.data)]
        m.d.comb += table.addr.eq(index)

    def _add_up(self, m, tick, step):
        """Exponentials into the sum, and into memory in place of their elements."""
        m.d.comb += self._write.data.eq(self._exponential)
        with m.If(tick == _EXPONENTIAL - 1):
            m.d.sync += self._sum.eq(self._sum + self._exponential)
            m.d.comb += self._write.en.eq(1)
            step()

    def _invert(self, m):
        """Entry for the normalised sum, out of the table by way of a register of its own."""
        op = self.op
        table = self._table(m, "reciprocal", op.recip_table)
        entry = Signal(len(table.data), reset_less=True)
        m.d.comb += table.addr.eq(self._sum[op.recip_shift:op.sum_bits - 1])
        m.d.sync += entry.eq(table.data)
        if self.falling:
            drops = self._table(m, "drop", op.drop_table)
            self._drop = Signal(len(drops.data), reset_less=True)
            m.d.comb += drops.addr.eq(table.addr)
            m.d.sync += self._drop.eq(drops.data)
        return entry

    def _interpolate(self, m, tick):
        """Less a part of the drop to the next entry; its product is made lowest bit first."""
        shift = self.op.recip_shift
        fall = Signal(len(self._drop), reset_less=True)
        rest = Signal(shift, reset_less=True)
        first, last = tick == 0, tick == shift
        bit = Mux(first, self._sum[0], rest[0])
        m.d.sync += [rest.eq(Mux(first, self._sum[1:shift], rest >> 1)),
                     fall.eq((Mux(first, 0, fall) + Mux(bit, self._drop, 0)) >> 1)]
        with m.If(last):
            m.d.sync += self._reciprocal.eq(self._reciprocal - fall)

    def _multiply(self, m, tick):
        """The product by the reciprocal, highest bit first; in all states, to be fast."""
        self._product = product = Signal(
            self.exp_bits + len(self._reciprocal), reset_less=True)
        bits = Signal(self.exp_bits, reset_less=True)
        m.d.sync += [bits.eq(bits << 1),
                     product.eq((product << 1) + Mux(bits[-1], self._reciprocal, 0))]
        with m.If(tick < 2):
            m.d.sync += [product.eq(0), bits.eq(self._read.data)]

    def _divide(self, m, tick):
        """The product rounded, when it is whole."""
        op = self.op
        product = self._product
        rounded = product[op.y_shift:] + (product[op.y_shift - 1] if op.y_shift else 0)
        with m.If(tick == self.dividing - 1):
            m.d.sync += self.o.payload.as_value().eq(Mux(rounded > 1 << op.frac, 1 << op.frac,
                                                         rounded))

    def _table(self, m, name, values):
        """Read port of a table, which shows an entry a cycle after its address."""
        width = max(int(values.max()).bit_length(), 1)
        memory = Memory(shape=width, depth=max(len(values), 2),
                        init=[int(v) for v in values])
        m.submodules[name] = memory
        return memory.read_port()
