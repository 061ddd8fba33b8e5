# SPDX-License-Identifier: Apache-2.0
"""Sliding windows over a stream of pixels: line buffers, taps and padding by masks."""

from amaranth.hdl import Cat, Module, Mux, Signal, signed
from amaranth.lib import stream
from amaranth.lib.data import ArrayLayout
from amaranth.lib.wiring import Component, In, Out

from nnhw.hw.delay_line import DelayLine
from nnhw.hw.window_schedule import WindowSchedule
from nnhw.layers.window.op import Window
from nnhw.program.rtl import shape

__all__ = ["SlidingWindow"]


class SlidingWindow(Component):
    """One push a beat: taps are the beats of fixed distances ago, padding is masked in.

    Frames follow each other without a gap: while the last windows of one frame come out, beats
    of the next go in. Where no next frame has begun, empty pushes bring the last windows out.

    Parameters
    ----------
    op : Window
        What to compute.
    lanes : int
        Channels in a beat; they divide the channels of a pixel.

    Members
    -------
    i : stream of ``ArrayLayout(element, lanes)``
        Pixels in row-major order, each in ``channels / lanes`` beats.
    o : stream of ``ArrayLayout(element, lanes * taps)``
        For every place, in as many beats, the taps of each channel.
    """

    def __init__(self, op: Window, lanes: int):
        self.op, self.lanes = op, lanes
        self.schedule = WindowSchedule(op, op.x.shape[-1] // lanes)
        self.interval = self.schedule.interval
        #: Cycles from the first beat of a frame to its first window, beats arriving without a gap.
        self.latency = self.schedule.first + 1
        self._bits = op.x.element.width * lanes
        super().__init__({
            "i": In(stream.Signature(ArrayLayout(shape(op.x.element), lanes))),
            "o": Out(stream.Signature(ArrayLayout(shape(op.y.element), lanes * op.taps)))})

    def elaborate(self, platform):
        m = Module()
        push, emit = Signal(), Signal()
        taps = self._taps(m, push)
        place = self._sequence(m, push, emit)
        inside = self._masks(m, *place)
        free = ~self.o.valid | self.o.ready
        m.d.comb += [self.i.ready.eq(free | ~emit),
                     push.eq((self.i.valid | self._flush) & self.i.ready)]
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(push & emit):
            m.d.sync += [self.o.valid.eq(1), self.o.payload.as_value().eq(
                self._payload(m, taps, inside))]
        return m

    def _taps(self, m, push):
        """Word of every tap, ``taps[row][column]``; the last one is the beat that arrives."""
        op, beats = self.op, self.schedule.beats
        word = self.i.payload.as_value()
        rows = [word]
        distance = op.dilation[0] * op.x.shape[1] * beats
        for row in range(op.kernel[0] - 1):
            rows.append(self._delayed(m, push, rows[-1], distance, f"row_{row}"))
        rows.reverse()
        taps = []
        for row, latest in enumerate(rows):
            columns = [latest]
            for column in range(op.kernel[1] - 1):
                columns.append(self._delayed(m, push, columns[-1], op.dilation[1] * beats,
                                             f"tap_{row}_{column}"))
            taps.append(columns[::-1])
        return taps

    def _delayed(self, m, push, word, length, name):
        m.submodules[name] = line = DelayLine(self._bits, length)
        m.d.comb += [line.push.eq(push), line.i.eq(word)]
        return line.o

    def _sequence(self, m, push, emit):
        """Counters of ``WindowSchedule``; returns the place whose windows come out next."""
        plan = self.schedule
        arrived, age, next_age = (
            Signal(range(max(top, 2)), name=name) for name, top in (
                ("arrived", plan.pushes), ("age", plan.last + 2), ("next_age", plan.last + 2)))
        due = Signal(range(max(plan.last + 2, 2)), init=plan.first)
        part, column, row = (Signal(range(max(top, 2)), name=name) for name, top in (
            ("part", plan.beats), ("column", plan.columns), ("row", plan.rows)))
        spent, real, begun = Signal(), Signal(), Signal()
        self._flush = Signal()
        m.d.comb += [
            emit.eq((age == due) & ~spent), real.eq(self.i.valid),
            self._flush.eq(~self.i.valid & (arrived == 0) & (age != 0) & (next_age == 0)),
            begun.eq((next_age != 0) | (real & (arrived == 0) & (age != 0)))]
        done = emit & (part == plan.beats - 1)
        end = done & (column == plan.columns - 1) & (row == plan.rows - 1)
        with m.If(push):
            with m.If(real):
                m.d.sync += arrived.eq(Mux(arrived == plan.pushes - 1, 0, arrived + 1))
            with m.If(spent):
                m.d.sync += spent.eq(arrived != plan.pushes - 1)
            with m.Else():
                m.d.sync += age.eq(age + 1)
                with m.If(begun):
                    m.d.sync += next_age.eq(next_age + 1)
            with m.If(emit):
                m.d.sync += [due.eq(due + 1), part.eq(part + 1)]
            with m.If(done):
                m.d.sync += [part.eq(0), column.eq(column + 1),
                             due.eq(due + plan.column_gap)]
                with m.If(column == plan.columns - 1):
                    m.d.sync += [column.eq(0), row.eq(row + 1), due.eq(due + plan.row_gap)]
            with m.If(end):
                m.d.sync += [row.eq(0), due.eq(plan.first), next_age.eq(0),
                             spent.eq(real & ~begun & (arrived != plan.pushes - 1)),
                             age.eq(Mux(begun, next_age + 1, 0))]
        return row, column

    def _masks(self, m, row, column):
        """For each kernel row and column, whether it lies inside the image at this place."""
        op, inside = self.op, []
        for axis, counter in enumerate((row, column)):
            origin = Signal(signed(2 + max(op.x.shape[axis] + op.before[axis] + op.after[axis],
                                           op.before[axis]).bit_length()), name=f"origin_{axis}")
            m.d.comb += origin.eq(counter * op.stride[axis] - op.before[axis])
            flags = []
            for k in range(op.kernel[axis]):
                at = k * op.dilation[axis]
                flag = Signal(name=f"inside_{axis}_{k}")
                m.d.comb += flag.eq((origin >= -at) & (origin < op.x.shape[axis] - at))
                flags.append(flag)
            inside.append(flags)
        return inside

    def _payload(self, m, taps, inside):
        """Taps of each channel; inside the image the beats themselves, elsewhere the padding."""
        op, width = self.op, self.op.x.element.width
        parts = []
        for lane in range(self.lanes):
            for i in range(op.kernel[0]):
                for j in range(op.kernel[1]):
                    element = taps[i][j][lane * width:(lane + 1) * width]
                    if op.x.element.signed:
                        element = element.as_signed()
                    part = Signal(shape(op.y.element), name=f"lane_{lane}_{i}_{j}")
                    flag = inside[0][i] & inside[1][j]
                    m.d.comb += part.eq(Mux(flag, element, op.value) if op.is_padded else element)
                    parts.append(part.as_unsigned())
        return Cat(parts)
