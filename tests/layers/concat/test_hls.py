# SPDX-License-Identifier: Apache-2.0
import pytest

from nnhw.config.config import Config
from nnhw.ir.types import TensorType
from nnhw.layers.concat.op import Concat
from nnhw.numeric.types import FixedType
from tests.hls.check import check_layers

pytestmark = pytest.mark.slow  # compiles C++ for each case

CONFIGS = [Config(), Config(io="stream"), Config(io="stream", lanes=6)]


def of(shape, width, signed=True):
    return TensorType.of(shape, FixedType(width, 0, signed))


@pytest.mark.parametrize("config", CONFIGS, ids=lambda c: f"{c.io}_{c.lanes}")
def test_equals_golden(config, tmp_path):
    ops = [Concat("plain", of((4, 3), 6), of((4, 3), 6)),
           Concat("unequal", of((5, 2), 4, False), of((5, 7), 9), 3, 1),
           Concat("flat", of((3,), 5), of((1,), 70), 0, 2),
           Concat("planes", of((2, 3, 2), 5), of((2, 3, 4), 3), 2)]
    outcome = check_layers(ops, tmp_path, config, samples=50)
    assert outcome.equal, outcome.first
