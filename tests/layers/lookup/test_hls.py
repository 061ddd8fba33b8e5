# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.config.config import Config
from nnhw.ir.types import TensorType
from nnhw.layers.lookup.op import Lookup
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
        Lookup("ends", of((6,), 8), np.array([5, -7, 100, 2]), start=-100, shift=6),
        Lookup("channels", of((2, 3), 8, signed=False), rng.integers(-9, 9, (3, 256))),
        Lookup("wide", of((6,), 80), np.array([2**70, -2**69, 3], dtype=object),
               start=-2**78, shift=77),
        Lookup("big", of((4,), 11), rng.integers(0, 4000, 2048), start=-1024),
    ]
    outcome = check_layers(ops, tmp_path, config)
    assert outcome.equal, outcome.first
