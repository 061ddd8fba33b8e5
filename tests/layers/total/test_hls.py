# SPDX-License-Identifier: Apache-2.0
import pytest

from nnhw.config.config import Config
from nnhw.ir.types import TensorType
from nnhw.layers.total.op import Total
from nnhw.numeric.types import FixedType
from tests.hls.check import check_layers

pytestmark = pytest.mark.slow  # compiles C++ for each case

CONFIGS = [Config(), Config(io="stream"), Config(io="stream", lanes=2)]


@pytest.mark.parametrize("config", CONFIGS, ids=lambda c: f"{c.io}_{c.lanes}")
def test_equals_golden(config, tmp_path):
    ops = [Total(f"{how}_{width}", TensorType.of(shape, FixedType(width, 2, signed)), how)
           for how in ("sum", "max", "min") for shape, width, signed in (
               ((3, 2, 4), 5, True), ((7, 3), 8, False), ((1, 3), 4, True), ((4, 2), 70, True))]
    outcome = check_layers(ops, tmp_path, config, samples=50)
    assert outcome.equal, outcome.first
