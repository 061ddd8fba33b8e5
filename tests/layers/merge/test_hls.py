# SPDX-License-Identifier: Apache-2.0
import pytest

from nnhw.config.config import Config
from nnhw.ir.types import TensorType
from nnhw.layers.merge.op import Merge
from nnhw.numeric.types import FixedType
from tests.hls.check import check_layers

pytestmark = pytest.mark.slow  # compiles C++ for each case

CONFIGS = [Config(), Config(io="stream"), Config(io="stream", lanes=5)]


def of(shape, width, signed=True):
    return TensorType.of(shape, FixedType(width, 0, signed))


@pytest.mark.parametrize("config", CONFIGS, ids=lambda c: f"{c.io}_{c.lanes}")
def test_equals_golden(config, tmp_path):
    ops = [Merge("product", of((4, 3), 8), of((4, 3), 7, False)),
           Merge("long_product", of((3,), 40), of((3,), 50)),
           *(Merge(f"{how}_{k}", of((4, 3), 8, k == 1), of((4, 3), 60), how, 3, k)
             for how in ("max", "min") for k in (0, 1))]
    outcome = check_layers(ops, tmp_path, config, samples=50)
    assert outcome.equal, outcome.first
