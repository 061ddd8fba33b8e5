# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.hw.width_converter import Narrow, Widen, conversions
from nnhw.numeric.types import FixedType
from nnhw.sim import pysim
from tests.hw.support import STALLS

ELEMENT = FixedType(6)
FRAMES = 5


def beats_of(frames, lanes):
    """Frames as beats of ``lanes``, the last filled up with zeros."""
    pad = -frames.shape[1] % lanes
    return np.pad(frames, ((0, 0), (0, pad))).reshape(-1, lanes).tolist()


def frames_in(beats, size):
    """What the beats of each frame carry, without the unused elements."""
    return np.array(beats).reshape(FRAMES, -1)[:, :size].tolist()


@pytest.mark.parametrize(("valid", "ready"), STALLS)
@pytest.mark.parametrize("size", [1, 5, 6, 7, 11, 12, 24])
@pytest.mark.parametrize(("wide", "narrow"), [(6, 2), (6, 1), (4, 2), (12, 4), (3, 3)])
def test_there_and_back(valid, ready, size, wide, narrow):
    frames = np.random.default_rng(size).integers(-32, 32, (FRAMES, size))
    apart = Narrow(ELEMENT, wide, narrow, size)
    got = pysim.run(apart, beats_of(frames, wide), valid=valid, ready=ready)
    assert len(got) == FRAMES * apart.beats_out
    assert frames_in(got, size) == frames.tolist()
    together = Widen(ELEMENT, narrow, wide, size)
    got = pysim.run(together, beats_of(frames, narrow), valid=valid, ready=ready)
    assert len(got) == FRAMES * together.beats_out
    assert frames_in(got, size) == frames.tolist()


@pytest.mark.parametrize("size", [5, 6, 12])
def test_interval(size):
    for dut in (Narrow(ELEMENT, 6, 2, size), Widen(ELEMENT, 2, 6, size)):
        _, interval = pysim.measure(dut, frame=dut.beats_in, frame_out=dut.beats_out)
        assert interval == dut.interval


def test_a_widened_beat_leaves_a_cycle_after_its_last_part():
    latency, _ = pysim.measure(Widen(ELEMENT, 2, 6, 12), frame=6, frame_out=2)
    assert latency == 3 - 1 + Widen.latency


def test_conversions_go_by_way_of_the_common_divisor():
    kinds = [(type(unit), unit.parts) for unit in conversions(ELEMENT, 6, 4, 12)]
    assert kinds == [(Narrow, 3), (Widen, 2)]
    assert conversions(ELEMENT, 4, 4, 12) == []
    assert [type(unit) for unit in conversions(ELEMENT, 6, 3, 12)] == [Narrow]
    assert [type(unit) for unit in conversions(ELEMENT, 3, 6, 12)] == [Widen]
