# SPDX-License-Identifier: Apache-2.0
import pytest

from nnhw.config.config import Config
from nnhw.ir.types import TensorType
from nnhw.layers.reduce.op import Reduce
from nnhw.numeric.types import FixedType
from tests.hls.check import check_layers
from tests.layers.support import tensor

pytestmark = pytest.mark.slow  # compiles C++ for each case

CONFIGS = [Config(), Config(io="stream", lanes=3), Config(io="stream", lanes=20)]


@pytest.mark.parametrize("config", CONFIGS, ids=lambda c: f"{c.io}_{c.lanes}")
def test_equals_golden(config, tmp_path):
    ops = [Reduce(f"{how}_{taps}_{width}", TensorType.of((3, 2, taps), FixedType(width, 2, signed)),
                  how)
           for how in ("sum", "max", "min") for taps, width, signed in (
               (1, 5, True), (5, 8, False), (9, 70, True))]
    ops += [Reduce(f"{how}_bounds", tensor((3,), [-9, 3, 1], [-5, 90, 1]), how)
            for how in ("sum", "max", "min")]
    outcome = check_layers(ops, tmp_path, config, samples=50)
    assert outcome.equal, outcome.first
