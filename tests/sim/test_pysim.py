# SPDX-License-Identifier: Apache-2.0
# amaranth: UnusedElaboratable=no
import pytest
from amaranth.hdl import Module, Signal, signed
from amaranth.lib import stream, wiring
from amaranth.lib.data import ArrayLayout
from amaranth.lib.wiring import In, Out

from nnhw.sim.pysim import gaps, measure, run, steady


class Negate(wiring.Component):
    """Register that negates its lanes; can drop valid when stalled, or lose every third beat."""

    i: In(stream.Signature(ArrayLayout(signed(8), 2)))
    o: Out(stream.Signature(ArrayLayout(signed(9), 2)))
    latency = 1
    interval = 1

    def __init__(self, fault=None):
        self.fault = fault
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        beat = Signal(range(3))
        m.d.comb += self.i.ready.eq(~self.o.valid | self.o.ready)
        with m.If(self.o.ready | (self.fault == "drop")):
            m.d.sync += self.o.valid.eq(0)
        if self.fault == "change":
            m.d.sync += self.o.p[0].eq(self.o.p[0] + 1)
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += beat.eq(beat + 1)
            m.d.sync += self.o.valid.eq((beat != 2) | (self.fault != "lose"))
            m.d.sync += [o.eq(-i) for o, i in zip(self.o.p, self.i.p, strict=True)]
        return m


class Halve(wiring.Component):
    """Sum of each two beats, one register behind."""

    i: In(stream.Signature(8))
    o: Out(stream.Signature(9))

    def elaborate(self, platform):
        m = Module()
        second, kept = Signal(), Signal(8)
        m.d.comb += self.i.ready.eq(~self.o.valid | self.o.ready | ~second)
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += [second.eq(~second), kept.eq(self.i.payload)]
            with m.If(second):
                m.d.sync += [self.o.valid.eq(1), self.o.payload.eq(kept + self.i.payload)]
        return m


class Pass(wiring.Component):
    """No register at all."""

    i: In(stream.Signature(8))
    o: Out(stream.Signature(8))

    def elaborate(self, platform):
        m = Module()
        wiring.connect(m, wiring.flipped(self.i), wiring.flipped(self.o))
        return m


BEATS = [[k, -128 + k] for k in range(50)]


@pytest.mark.parametrize("ready", [steady, gaps, gaps(7)])
@pytest.mark.parametrize("valid", [steady, gaps, gaps(3, 0.9)])
def test_beats_come_out_in_order(valid, ready):
    assert run(Negate(), BEATS, valid=valid, ready=ready) == [[-a, -b] for a, b in BEATS]


def test_plain_payloads_and_other_rates():
    assert run(Halve(), range(40), valid=gaps, ready=gaps) == [4 * k + 1 for k in range(20)]
    assert run(Pass(), range(40), valid=gaps, ready=gaps) == list(range(40))


def test_stops_after_the_beats_expected():
    assert run(Pass(), range(40), expect=3) == [0, 1, 2]


def test_measures_latency_and_interval():
    assert measure(Negate()) == (Negate.latency, Negate.interval)
    assert measure(Halve(), frame=2) == (2, 2)
    assert measure(Halve(), frame=4) == (2, 4)
    assert measure(Pass()) == (0, 1)


@pytest.mark.parametrize("fault", ["drop", "change"])
def test_broken_handshake_is_caught(fault):
    with pytest.raises(AssertionError, match="stalled output beat 0 changed from"):
        run(Negate(fault), BEATS, ready=gaps)


def test_lost_beat_shows_in_the_result():
    assert len(run(Negate("lose"), BEATS)) < len(BEATS)
    with pytest.raises(AssertionError, match="16 frames gave"):
        measure(Negate("lose"))


def test_patterns_repeat():
    def first(pattern):
        return [bit for _, bit in zip(range(99), pattern, strict=False)]

    assert first(gaps(1)) == first(gaps(1)) != first(gaps(2))
    assert all(first(steady()))
