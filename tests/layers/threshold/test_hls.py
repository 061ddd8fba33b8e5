# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.config.config import Config
from nnhw.ir.types import TensorType
from nnhw.layers.threshold.op import Threshold
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
        Threshold("plain", of((4, 3), 8), np.sort(rng.integers(-100, 100, (3, 7)), axis=1)),
        Threshold("bipolar", of((4, 3), 8), np.sort(rng.integers(-100, 100, (3, 1)), axis=1),
                  descending=np.array([True, False, True]), base=-1, step=2),
        Threshold("shared", of((4,), 70), np.array([[-2**65, 0, 2**66]], dtype=object)),
        Threshold("down", of((4,), 7), np.array([[-9, 4, 4, 60]]), descending=True),
    ]
    outcome = check_layers(ops, tmp_path, config)
    assert outcome.equal, outcome.first
