# SPDX-License-Identifier: Apache-2.0
import pytest

from nnhw.config.config import Config
from nnhw.ir.types import TensorType
from nnhw.layers.add.op import Add
from nnhw.numeric.types import FixedType
from tests.hls.check import check_layers

pytestmark = pytest.mark.slow  # compiles C++ for each case

CONFIGS = [Config(), Config(io="stream", lanes=3)]


def of(shape, width, frac=0, signed=True):
    return TensorType.of(shape, FixedType(width, frac, signed))


@pytest.mark.parametrize("config", CONFIGS, ids=lambda c: c.io)
def test_equals_golden(config, tmp_path):
    ops = [
        Add("plain", of((4,), 8), of((4,), 9, signed=False), 2, 0),
        Add("wide", of((4,), 70), of((4,), 3), 2, 60),
        Add("pixels", of((3, 4), 5), of((3, 4), 5)),
    ]
    outcome = check_layers(ops, tmp_path, config)
    assert outcome.equal, outcome.first
