# SPDX-License-Identifier: Apache-2.0
"""Stream components in Amaranth's own simulator, for unit tests.

A component here has one input stream ``i`` and one output stream ``o``. Payloads are integers,
or lists of integers where the payload is an ``ArrayLayout``.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from amaranth.hdl import Module, Signal
from amaranth.lib.data import View
from amaranth.sim import Simulator

from nnhw.sim.timing import interval_of

__all__ = ["Gaps", "Pattern", "Steady", "gaps", "measure", "run", "steady"]


@dataclass(frozen=True)
class Steady:
    """Never a gap."""

    def __iter__(self) -> Iterator[bool]:
        while True:
            yield True


@dataclass(frozen=True)
class Gaps:
    """Random gaps of random length, the same each time they are iterated."""

    seed: int = 0
    probability: float = 0.5

    def __iter__(self) -> Iterator[bool]:
        rng = random.Random(self.seed)
        while True:
            rate = min(0.95, 2 * self.probability * rng.random())
            for _ in range(32):
                yield rng.random() >= rate


#: Cycle by cycle, whether a side takes part; a callable gets a number that differs by side.
Pattern = Iterable[bool] | Callable[[int], Iterable[bool]]


def steady(seed: int = 0) -> Steady:
    """A pattern without gaps."""
    return Steady()


def gaps(seed: int = 0, probability: float = 0.5) -> Gaps:
    """A pattern with random gaps: ``valid=gaps`` and ``ready=gaps(3)`` both work."""
    return Gaps(seed, probability)


def run(dut: Any, beats: Iterable[Any], *, valid: Pattern = steady, ready: Pattern = steady,
        expect: int | None = None, patience: int | None = None) -> list[Any]:
    """Send beats through ``dut`` and return the payloads that come out.

    Asserts that ``dut`` keeps valid and payload while it is stalled.

    Parameters
    ----------
    dut : wiring.Component
        With streams ``i`` and ``o``, in the ``sync`` domain.
    beats : iterable
        Payloads to send.
    valid, ready : Pattern
        When the producer offers and when the consumer takes.
    expect : int or None
        Output beats after which to stop; None waits until nothing moves any more.
    patience : int or None
        Cycles without a beat that end the run.
    """
    trace = _Trace(dut, beats, expect, _patience(dut, patience))
    trace.run(_iterate(valid, 1), _iterate(ready, 2))
    return trace.received


def measure(dut: Any, *, frame: int = 1, frame_out: int | None = None,
            count: int = 16) -> tuple[int, int | float | None]:
    """Latency and interval of ``dut``, without stalls.

    Latency is from the edge that accepts the first input beat to the edge at which output valid
    is first sampled high; interval is the steady state between first beats of frames.

    Parameters
    ----------
    frame : int
        Input beats of a frame.
    frame_out : int or None
        Output beats of a frame; None finds out.
    count : int
        Frames to send.
    """
    zero = [0] * dut.i.payload.shape().length if isinstance(dut.i.payload, View) else 0
    trace = _Trace(dut, [zero] * (frame * count), None, _patience(dut, None))
    trace.run(iter(Steady()), iter(Steady()))
    assert trace.offered, "nothing came out"
    each = frame_out or len(trace.offered) // count
    assert each * count == len(trace.offered), (
        f"{count} frames gave {len(trace.offered)} beats, not {each} each")
    return (trace.offered[0] - trace.began[0],
            interval_of(trace.offered[::each]))


def _iterate(pattern: Pattern, side: int) -> Iterator[bool]:
    return iter(pattern(side) if callable(pattern) else pattern)


def _patience(dut: Any, wanted: int | None) -> int:
    promised = getattr(dut, "latency", 0) + getattr(dut, "interval", 0)
    return 10 * promised + 200 if wanted is None else wanted


def _plain(payload: Any) -> Any:
    """Integers and lists of integers, of whatever a payload reads as."""
    if isinstance(payload, int):
        return int(payload)
    return [_plain(element) for element in payload]


def _listed(beat: Any) -> Any:
    return beat.tolist() if hasattr(beat, "tolist") else beat


@dataclass
class _Trace:
    """One simulation: what is to be sent, and what was seen in which cycle."""

    dut: Any
    beats: Iterable[Any]
    expect: int | None
    patience: int
    received: list[Any] = field(default_factory=list)
    began: list[int] = field(default_factory=list)
    accepted: list[int] = field(default_factory=list)
    offered: list[int] = field(default_factory=list)

    def run(self, valid: Iterator[bool], ready: Iterator[bool]) -> None:
        m = Module()
        m.submodules.dut = self.dut
        m.d.sync += Signal(name="keep_sync").eq(0)  # a dut may have no register of its own
        sim = Simulator(m)
        sim.add_clock(1e-6)

        async def bench(ctx: Any) -> None:
            await self._bench(ctx, valid, ready)

        sim.add_testbench(bench)
        sim.run()

    async def _bench(self, ctx: Any, valid: Iterator[bool], ready: Iterator[bool]) -> None:
        waiting: Sequence[Any] = [_listed(beat) for beat in self.beats]
        i, o = self.dut.i, self.dut.o
        offering, held, new, moved, cycle = False, None, True, 0, 0
        while cycle - moved <= self.patience and len(self.received) != self.expect:
            if not offering and len(self.accepted) < len(waiting) and next(valid):
                offering = True
                self.began.append(cycle)
                ctx.set(i.payload, waiting[len(self.accepted)])
            ctx.set(i.valid, offering)
            taking = next(ready)
            ctx.set(o.ready, taking)

            seen = _plain(ctx.get(o.payload)) if ctx.get(o.valid) else None
            assert held is None or seen == held, (
                f"cycle {cycle}: stalled output beat {len(self.received)} changed "
                f"from {held} to {'nothing' if seen is None else seen}")
            if seen is not None and new:
                self.offered.append(cycle)
            held, new = (None, True) if seen is None or taking else (seen, False)
            if seen is not None and taking:
                self.received.append(seen)
                moved = cycle
            if offering and ctx.get(i.ready):
                self.accepted.append(cycle)
                offering, moved = False, cycle
            await ctx.tick()
            cycle += 1
