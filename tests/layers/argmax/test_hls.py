# SPDX-License-Identifier: Apache-2.0
import pytest

from nnhw.config.config import Config
from nnhw.ir.types import TensorType
from nnhw.layers.argmax.op import Argmax
from nnhw.numeric.types import FixedType
from tests.hls.check import check_layers

pytestmark = pytest.mark.slow  # compiles C++ for each case

CONFIGS = [Config(), Config(io="stream", lanes=3)]


def of(shape, width, frac=0, signed=True):
    return TensorType.of(shape, FixedType(width, frac, signed))


@pytest.mark.parametrize("config", CONFIGS, ids=lambda c: c.io)
def test_equals_golden(config, tmp_path):
    ops = [
        Argmax("first", of((7,), 3)),
        Argmax("last", of((2, 7), 3), last=True),
        Argmax("one", of((4, 1), 3)),
        Argmax("wide", of((3,), 70)),
    ]
    outcome = check_layers(ops, tmp_path, config)
    assert outcome.equal, outcome.first
