# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.config.config import Config
from nnhw.ir.types import TensorType
from nnhw.layers.grouped.op import Grouped
from nnhw.numeric.types import FixedType
from tests.hls.check import check_layers

pytestmark = pytest.mark.slow  # compiles C++ for each case


def grouped(name, shape, fan_out, width=6, seed=0, peak=20):
    rng, (groups, fan_in) = np.random.default_rng(seed), shape[-2:]
    x = TensorType.of(shape, FixedType(width, 0, bool(seed % 2)))
    return Grouped(name, x, rng.integers(-peak, peak, (groups, fan_out, fan_in)),
                   rng.integers(-99, 99, (groups, fan_out)))


@pytest.mark.parametrize("io", ["parallel", "stream"])
@pytest.mark.parametrize("reuse", [1, 2, 4, 8, 24, 96])
def test_equals_golden(reuse, io, tmp_path):
    ops = [grouped("depthwise", (3, 2, 4, 6), 1, seed=1), grouped("several", (3, 4, 6), 4, seed=2),
           grouped("one", (1, 4, 6), 2, seed=3), grouped("wide", (2, 2, 3), 4, 40, 4, 2**30)]
    outcome = check_layers(ops, tmp_path, Config(reuse=reuse, io=io), samples=50)
    assert outcome.equal, outcome.first
