# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.config.config import Config
from nnhw.ir.types import TensorType
from nnhw.layers.relu.op import Relu
from nnhw.numeric.types import FixedType
from tests.hls.check import check_layers

pytestmark = pytest.mark.slow  # compiles C++ for each case

CONFIGS = [Config(), Config(io="stream", lanes=3)]


def of(shape, width, frac=0, signed=True):
    return TensorType.of(shape, FixedType(width, frac, signed))


@pytest.mark.parametrize("config", CONFIGS, ids=lambda c: c.io)
def test_equals_golden(config, tmp_path):
    ops = [
        Relu("plain", of((5,), 9)),
        Relu("leaky", of((3, 4), 9), slope=np.array([1, -3, 7, 0]), slope_frac=4),
        Relu("places", of((3, 4), 9), slope=np.array([[1], [-3], [7]]), slope_frac=4),
        Relu("unsigned", of((4,), 9, signed=False)),
        Relu("wide", of((2,), 80), slope=np.array([3, -1]), slope_frac=2),
        Relu("one", of((3,), 8), slope=5, slope_frac=3),
    ]
    outcome = check_layers(ops, tmp_path, config)
    assert outcome.equal, outcome.first
