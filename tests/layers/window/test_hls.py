# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import pytest

from nnhw.config.config import Config
from nnhw.ir.types import TensorType
from nnhw.layers.window.op import Window
from nnhw.numeric.types import FixedType
from tests.hls.check import check_layers
from tests.layers.window.geometry import CASES, make, random_window

pytestmark = pytest.mark.slow  # compiles C++ for each case


@pytest.mark.parametrize("lanes", [None, 1])
def test_equals_golden(lanes, tmp_path):
    ops = [replace(make(case), name=f"w{k}") for k, case in enumerate(CASES)]
    outcome = check_layers(ops, tmp_path, Config(io="stream", lanes=lanes), samples=10)
    assert outcome.equal, outcome.first


@pytest.mark.parametrize("config", [Config(), Config(io="stream", lanes=2)], ids=lambda c: c.io)
def test_random_windows(config, tmp_path):
    ops = [replace(random_window(seed), name=f"w{seed}") for seed in range(12)]
    outcome = check_layers(ops, tmp_path, config, samples=10)
    assert outcome.equal, outcome.first


def test_long_rows_lie_in_memory(tmp_path):
    x = TensorType.of((5, 40, 3), FixedType(7))
    ops = [Window("same", x, (3, 3), before=(1, 1), after=(1, 1)),
           Window("apart", x, (2, 3), (2, 1), (2, 5), (1, 5), (1, 5), 9)]
    outcome = check_layers(ops, tmp_path, Config(io="stream", lanes=1), samples=20)
    assert outcome.equal, outcome.first
