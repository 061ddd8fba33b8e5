# SPDX-License-Identifier: Apache-2.0
"""The token schedule against the circuits, cycle by cycle, with and without stalls."""

from itertools import islice

import numpy as np
import pytest

from nnhw.errors import FoldingError
from nnhw.hw.fork import Queue
from nnhw.hw.reorder import Reorder
from nnhw.hw.replay import Replay
from nnhw.hw.running_total import RunningTotal
from nnhw.hw.stage import Stage
from nnhw.hw.stage_plan import StagePlan
from nnhw.hw.tokens import (
    Link,
    NarrowFoldedTokens,
    NarrowTokens,
    PipelineTokens,
    QueueTokens,
    ReorderTokens,
    ReplayFoldedTokens,
    ReplayTokens,
    Sink,
    Source,
    Tokens,
    TotalTokens,
    WidenTokens,
    WindowTokens,
    run,
)
from nnhw.hw.width_converter import Narrow, Widen
from nnhw.hw.window import SlidingWindow
from nnhw.layers.dense.op import Dense
from nnhw.layers.gather.op import Gather
from nnhw.layers.total.op import Total
from nnhw.layers.window.op import Window
from nnhw.numeric.types import FixedType
from nnhw.sim import pysim
from tests.hw.support import STALLS
from tests.layers.support import tensor

ELEMENT = FixedType(4)
CYCLES = 3000


class PatternSource(Tokens):
    """Offers beats as ``nnhw.sim.pysim`` does: a pattern is asked while nothing is offered."""

    def __init__(self, o, beats, pattern):
        super().__init__([], [o])
        self.beats, self.pattern = beats, iter(pattern)

    def advance(self):
        o = self.outputs[0]
        if len(o.V) < self.beats and len(o.A) == len(o.V):
            cycle = o.A[-1] + 1 if o.A else 0
            while not next(self.pattern):
                cycle += 1
            o.V.append(cycle)


def traced(dut, beats, valid, ready):
    """Cycles in which the circuit accepts, and in which it first offers."""
    zero = [0] * dut.i.payload.shape().length
    trace = pysim._Trace(dut, [zero] * beats, None, 120)
    trace.run(iter(valid(1)), iter(ready(2)))
    return trace.accepted, trace.offered


def check(dut, models, beats):
    """``models(i, o)`` predicts every cycle in which a beat is accepted or offered."""
    for valid, ready in STALLS:
        i, o = Link(), Link()
        takes = list(islice(ready(2), CYCLES))
        sink = Sink(o, 1, lambda t, takes=takes: takes.index(True, t))
        run([PatternSource(i, beats, valid(1)), *models(i, o), sink], 1)
        offered = [o.offered(n) for n in range(len(o.V))]
        assert (i.A, offered) == traced(dut(), beats, valid, ready)


@pytest.mark.parametrize("size", [5, 6, 12])
def test_narrow(size):
    unit = Narrow(ELEMENT, 6, 2, size)
    check(lambda: Narrow(ELEMENT, 6, 2, size),
          lambda i, o: [NarrowTokens(i, o, 3, unit.beats_in, unit.beats_out)], 24)


@pytest.mark.parametrize("size", [5, 6, 12])
def test_widen(size):
    beats_in = Widen(ELEMENT, 2, 6, size).beats_in
    check(lambda: Widen(ELEMENT, 2, 6, size),
          lambda i, o: [WidenTokens(i, o, 3, beats_in)], 24)


@pytest.mark.parametrize("words", [1, 2, 5])
@pytest.mark.parametrize("times", [1, 2, 3])
def test_replay(words, times):
    check(lambda: Replay(ELEMENT, 1, words=words, times=times),
          lambda i, o: [ReplayTokens(i, o, words, times)], 4 * words)


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_queue(depth):
    check(lambda: Queue(ELEMENT, 1, depth), lambda i, o: [QueueTokens(i, o, depth, 1)], 24)


@pytest.mark.parametrize("depth", [4, 5, 16])
def test_queue_in_memory_blocks(depth):
    check(lambda: Queue(ELEMENT, 1, depth, block=True),
          lambda i, o: [QueueTokens(i, o, depth, 2)], 24)


@pytest.mark.parametrize("parts", [1, 2, 5])
def test_total(parts):
    op = Total("t", tensor((3, parts), -8, 7))
    check(lambda: RunningTotal(op, 1),
          lambda i, o: [TotalTokens(i, o, 3 * parts, parts)], 3 * parts * 4)


@pytest.mark.parametrize("blocks", [None, (1, 2), (1, 4), (2, 1), (6, 1), (3, 2), (6, 4)])
@pytest.mark.parametrize("clock_mhz", [50, 500])
def test_stage(blocks, clock_mhz):
    rng = np.random.default_rng(0)
    op = Dense("d", tensor((6,), -8, 7), rng.integers(-9, 9, (4, 6)), rng.integers(-9, 9, 4))
    a, b = blocks or (1, 1)
    plan = StagePlan("stage", (op,), 6 // a, blocks)
    timing = Stage(plan, clock_mhz=clock_mhz).pipeline.schedule

    def models(i, o):
        if min(a, b) > 1 and timing.gate > 1:
            return [ReplayFoldedTokens(i, o, timing.depth, timing.gate, a, b)]
        between = Link() if min(a, b) > 1 else i
        made = [ReplayTokens(i, between, a, b)] if min(a, b) > 1 else []
        return [*made, PipelineTokens([between], o, timing.depth, timing.gate, (a, b),
                                      holds=b > 1 and a == 1)]

    check(lambda: Stage(plan, clock_mhz=clock_mhz), models, 4 * a)


def times(make, beats, rng):
    """Every time of both ends of ``make(i, o)``, operands and room coming at random."""
    gaps = rng.choice([0, 0, 0, 1, 3, 20], beats)
    held = rng.integers(0, rng.choice([1, 2, 6, 13]), 64)
    i, o = Link(), Link()
    run([Source(i, beats, lambda n: int(gaps[:n + 1].sum())), *make(i, o),
         Sink(o, 1, lambda t: t + int(held[t // 16 % 64]))], 1)
    assert len(i.A) == beats
    return i.A, o.V, o.A


def replayed(i, o, depth, gate, columns, plays):
    between = Link()
    return [ReplayTokens(i, between, columns, plays),
            PipelineTokens([between], o, depth, gate, (columns, plays), holds=False)]


def narrowed(i, o, depth, gate, columns, narrow):
    between = Link()
    return [NarrowTokens(i, between, *narrow),
            PipelineTokens([between], o, depth, gate, (columns, 1), holds=False)]


@pytest.mark.parametrize("seed", range(60))
def test_blocks_take_as_long_as_their_steps(seed):
    """The schedule by blocks against the one by steps."""
    rng = np.random.default_rng(seed)
    gate, columns, plays = (int(rng.choice(some)) for some in ([2, 3, 5, 9], [2, 3, 5, 8], [2, 3]))
    depth = gate + int(rng.integers(4))
    slow, fast = (times(
        lambda i, o, make=make: make(i, o, depth, gate, columns, plays), 7 * columns,
        np.random.default_rng(seed)) for make in (
            replayed, lambda *args: [ReplayFoldedTokens(*args)]))
    assert slow == fast
    beats_in, parts = int(rng.integers(1, 5)), int(rng.integers(1, 6))
    narrow = parts, beats_in, (beats_in - 1) * parts + int(rng.integers(1, parts + 1))
    slow, fast = (times(
        lambda i, o, make=make: make(i, o, depth, gate, columns, narrow), 4 * beats_in * columns,
        np.random.default_rng(seed)) for make in (
            narrowed, lambda *args: [NarrowFoldedTokens(*args)]))
    assert slow == fast


WINDOWS = [
    ((4, 5, 2), (3, 3), (1, 1), (1, 1), (1, 1), (1, 1)),
    ((4, 5, 2), (3, 3), (2, 2), (1, 1), (0, 0), (1, 1)),
    ((4, 5, 1), (2, 2), (2, 2), (1, 1), (0, 0), (0, 0)),
    ((1, 7, 3), (1, 3), (1, 2), (1, 2), (0, 2), (0, 1)),
    ((5, 4, 1), (2, 1), (3, 3), (1, 1), (0, 0), (0, 0)),
    ((3, 3, 1), (1, 1), (1, 1), (1, 1), (0, 0), (0, 0)),
]


@pytest.mark.parametrize("case", WINDOWS, ids=str)
@pytest.mark.parametrize("whole", [True, False])
def test_window(case, whole):
    shape, *geometry = case
    op = Window("w", tensor(shape, -8, 7), *geometry)
    lanes = shape[-1] if whole else 1
    plan = SlidingWindow(op, lanes).schedule
    check(lambda: SlidingWindow(op, lanes), lambda i, o: [WindowTokens(i, o, plan)],
          3 * plan.pushes)


def test_padding_wider_than_the_kernel_is_not_streamable():
    op = Window("w", tensor((3, 3, 1), -8, 7), (2, 2), before=(2, 2))
    assert not op.is_streamable
    with pytest.raises(FoldingError, match=r"w: padding \(2, 2\) and \(0, 0\) is wider than"):
        SlidingWindow(op, 1)


@pytest.mark.parametrize("move", [
    lambda at: at.transpose(1, 0, 2), lambda at: at[1:3, ::2], lambda at: np.repeat(at, 2, axis=0),
    lambda at: np.pad(at, ((1, 0), (0, 2), (0, 0)), constant_values=-1), lambda at: at[::-1]],
    ids=["transpose", "crop", "repeat", "pad", "flip"])
def test_reorder(move):
    x = tensor((4, 3, 2), -8, 7)
    op = Gather("g", x, move(Gather.positions(x)))
    check(lambda: Reorder(op, 2), lambda i, o: [ReorderTokens(i, o, Reorder(op, 2).schedule)], 36)


def test_frames_that_come_slowly_are_spaced_so():
    i, o = Link(), Link()
    run([Source(i, 2, lambda n: n // 2 * 10), PipelineTokens([i], o, 3, None, (1, 1), holds=False),
         Sink(o, 2)], 2)
    assert (i.A, o.V) == ([0, 1, 10, 11], [3, 4, 13, 14])
