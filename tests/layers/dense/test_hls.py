# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.config.config import Config
from nnhw.ir.types import TensorType
from nnhw.layers.dense.op import Dense
from nnhw.numeric.types import FixedType
from tests.hls.check import check_layers

pytestmark = pytest.mark.slow  # compiles C++ for each case

CONFIGS = [Config(), Config(io="stream", lanes=3)]


def of(shape, width, frac=0, signed=True):
    return TensorType.of(shape, FixedType(width, frac, signed))


@pytest.mark.parametrize("config", CONFIGS, ids=lambda c: c.io)
def test_equals_golden(config, tmp_path):
    rng = np.random.default_rng(3)
    ops = [
        Dense("plain", of((8,), 6), rng.integers(-8, 8, (4, 8)), rng.integers(-99, 99, 4)),
        Dense("wide", of((4,), 40), rng.integers(-2**30, 2**30, (3, 4)),
              np.array([2**70, 0, -5], dtype=object)),
        Dense("unsigned", of((3, 4), 5, signed=False), rng.integers(0, 8, (2, 4)),
              np.zeros(2, int)),
        Dense("vectors", of((5, 6), 8), rng.integers(-128, 128, (6, 6)), np.zeros(6, int)),
    ]
    outcome = check_layers(ops, tmp_path, config)
    assert outcome.equal, outcome.first


@pytest.mark.parametrize("io", ["parallel", "stream"])
@pytest.mark.parametrize("reuse", [2, 4, 12, 48])
def test_folded_equals_golden(reuse, io, tmp_path):
    rng = np.random.default_rng(reuse)
    ops = [Dense("one", of((12,), 8), rng.integers(-128, 128, (8, 12)), rng.integers(-9, 9, 8)),
           Dense("many", of((3, 12), 4, signed=False), rng.integers(-8, 8, (4, 12)),
                 rng.integers(-9, 9, 4)),
           Dense("wide", of((4,), 50), rng.integers(-2**40, 2**40, (12, 4)), np.arange(12))]
    outcome = check_layers(ops, tmp_path, Config(reuse=reuse, io=io))
    assert outcome.equal, outcome.first
