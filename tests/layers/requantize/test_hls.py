# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.config.config import Config
from nnhw.ir.types import TensorType
from nnhw.layers.requantize.op import Requantize
from nnhw.numeric.types import FixedType, parse_type
from tests.hls.check import check_layers

pytestmark = pytest.mark.slow  # compiles C++ for each case

CONFIGS = [Config(), Config(io="stream", lanes=3)]


def of(shape, width, frac=0, signed=True):
    return TensorType.of(shape, FixedType(width, frac, signed))


@pytest.mark.parametrize("config", CONFIGS, ids=lambda c: c.io)
def test_equals_golden(config, tmp_path):
    ops = [
        Requantize("even", of((4, 3), 20, 5), parse_type("fixed<8,6,RND_CONV,SAT>"), 3),
        Requantize("scaled", of((4, 3), 20, 5), parse_type("ufixed<8,6,TRN,WRAP>"), -3,
                   multiplier=np.array([3, -5, 1]), offset=np.array([1, 2, -300])),
        Requantize("wide", of((3,), 90, 5), parse_type("fixed<70,6,RND_ZERO,SAT_SYM>"), 7,
                   multiplier=np.array([2**40 + 1, 3, -7])),
        Requantize("bounded", of((3,), 9, 5), parse_type("fixed<8,6>"), 40,
                   multiplier=np.array([2**38 + 12345]), offset=np.array([77]), low=-3, high=2),
    ]
    outcome = check_layers(ops, tmp_path, config)
    assert outcome.equal, outcome.first


@pytest.mark.parametrize("config", [*CONFIGS, Config(io="stream")],
                         ids=lambda c: f"{c.io}_{c.lanes}")
def test_constants_over_the_whole_tensor(config, tmp_path):
    rng = np.random.default_rng(1)
    to = parse_type("fixed<8,6,RND_CONV,SAT>")
    ops = [Requantize("all", of((2, 4, 3), 12), to, 6, multiplier=rng.integers(-9, 9, (2, 4, 3)),
                      offset=rng.integers(-300, 300, (4, 1))),
           Requantize("rows", of((4, 3), 12), to, 2, offset=rng.integers(-300, 300, (4, 1))),
           Requantize("mixed", of((4, 3), 12), to, 6, multiplier=np.array([3, -5, 1]),
                      offset=rng.integers(-300, 300, (4, 3)))]
    outcome = check_layers(ops, tmp_path, config, samples=20)
    assert outcome.equal, outcome.first
