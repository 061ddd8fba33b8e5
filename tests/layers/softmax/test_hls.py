# SPDX-License-Identifier: Apache-2.0
import pytest

from nnhw.config.config import Config
from nnhw.ir.types import TensorType
from nnhw.layers.softmax.op import Softmax
from nnhw.numeric.types import FixedType
from tests.hls.check import check_layers

pytestmark = pytest.mark.slow  # compiles C++ for each case

CONFIGS = [Config(), Config(io="stream", lanes=3)]


def of(shape, width, frac=0, signed=True):
    return TensorType.of(shape, FixedType(width, frac, signed))


@pytest.mark.parametrize("config", CONFIGS, ids=lambda c: c.io)
def test_equals_golden(config, tmp_path):
    ops = [
        Softmax.design("jet", of((5,), 16, 10)),
        Softmax.design("small", of((3, 4), 6, 2), table_size=64),
        Softmax.design("one", of((1,), 6, 2), table_size=64),
        Softmax.design("unsigned", of((10,), 8, 4, signed=False), frac=8),
        Softmax.design("interpolated", of((10,), 8, 4), frac=18, interpolated=True),
    ]
    outcome = check_layers(ops, tmp_path, config)
    assert outcome.equal, outcome.first
