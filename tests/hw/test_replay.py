# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.hw.replay import Replay
from nnhw.numeric.types import FixedType
from nnhw.sim import pysim
from tests.hw.support import STALLS


@pytest.mark.parametrize(("valid", "ready"), STALLS)
@pytest.mark.parametrize("words", [1, 2, 3, 5])
@pytest.mark.parametrize("times", [1, 2, 4])
def test_each_vector_several_times(valid, ready, words, times):
    vectors = np.random.default_rng(0).integers(-32, 32, (6, words, 2))
    dut = Replay(FixedType(6), 2, words=words, times=times)
    got = pysim.run(dut, vectors.reshape(-1, 2).tolist(), valid=valid, ready=ready, patience=100)
    assert got == np.repeat(vectors, times, axis=0).reshape(-1, 2).tolist()


@pytest.mark.parametrize("words", [2, 3, 8])
@pytest.mark.parametrize("times", [2, 3])
def test_timing(words, times):
    dut = Replay(FixedType(6), 2, words=words, times=times)
    measured = pysim.measure(dut, frame=words, frame_out=words * times)
    assert measured == (words - 1 + Replay.LATENCY, words * times)
