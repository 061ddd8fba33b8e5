# SPDX-License-Identifier: Apache-2.0
"""Frames counted and TLAST checked against a model, under random handshakes."""

import random

import pytest

from nnhw.shell.frame_watch import FrameWatch
from tests.shell.host import simulate


def drive(beats, cycles):
    """What the watch says for (valid, ready, last, clear) of each cycle."""
    dut, seen = FrameWatch(beats), []

    async def bench(ctx):
        for valid, ready, last, clear in cycles:
            for signal, level in ((dut.valid, valid), (dut.ready, ready), (dut.last, last),
                                  (dut.clear, clear)):
                ctx.set(signal, level)
            seen.append(tuple(int(ctx.get(signal)) for signal in (
                dut.frames, dut.inside, dut.early, dut.missing, dut.withdrawn)))
            await ctx.tick()

    simulate(dut, bench)
    return seen


def model(beats, cycles):
    """The same from its description."""
    frames, beat, offered = 0, 0, False
    for valid, ready, last, clear in cycles:
        fire, end = valid and ready, beat == beats - 1
        yield (frames, int(beat > 0), int(fire and last and not end),
               int(fire and end and not last), int(offered and not valid))
        offered = valid and not ready
        if fire:
            beat = (beat + 1) % beats
            frames += beat == 0
        if clear:
            frames, beat, offered = 0, 0, False


@pytest.mark.parametrize("beats", [1, 2, 3, 8])
def test_follows_the_model(beats):
    rng = random.Random(beats)
    cycles = [(rng.random() < 0.7, rng.random() < 0.7, rng.random() < 0.4, rng.random() < 0.02)
              for _ in range(600)]
    assert drive(beats, cycles) == list(model(beats, cycles))


def test_right_frames_raise_nothing():
    beats, rng, cycles = 4, random.Random(0), []
    for number in range(10 * beats):
        last = number % beats == beats - 1
        cycles += rng.randrange(3) * [(False, True, True, False)]  # TLAST means nothing here
        cycles += [*(rng.randrange(3) * [(True, False, last, False)]), (True, True, last, False)]
    seen = drive(beats, [*cycles, (False, False, False, False)])
    assert seen[-1] == (10, 0, 0, 0, 0)
    assert {errors for _, _, *flags in seen for errors in flags} == {0}
