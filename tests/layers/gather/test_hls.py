# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.config.config import Config
from nnhw.hw.reorder_schedule import ReorderSchedule
from nnhw.ir.types import TensorType
from nnhw.layers.gather.hls import repetition, timetable
from nnhw.layers.gather.op import Gather
from nnhw.numeric.types import FixedType
from tests.hls.check import check_layers

pytestmark = pytest.mark.slow  # compiles C++ for each case

CONFIGS = [Config(), Config(io="stream"), Config(io="stream", lanes=4)]


def moves():
    """Every order that layers ask for, and some at random."""
    rng = np.random.default_rng(5)
    x = TensorType.of((4, 6, 4), FixedType(6, 1))
    at = Gather.positions(x)
    pads = np.pad(at, ((1, 2), (0, 1), (0, 0)), constant_values=-1)
    orders = {"turned": at.transpose(1, 0, 2), "planes": at.transpose(2, 0, 1),
              "doubled": at.repeat(2, 0).repeat(2, 1), "cropped": at[1:3, 2:], "padded": pads,
              "thinned": at[::2, ::3], "flipped": at[::-1, :, ::-1], "one": at[2:3, 3:4, 1:2],
              "any": rng.integers(-1, x.size, (7, 3)), "none": np.full((2, 2), -1)}
    return [Gather(name, x, order, 5) for name, order in orders.items()]


@pytest.mark.parametrize("config", CONFIGS, ids=lambda c: f"{c.io}_{c.lanes}")
def test_equals_golden(config, tmp_path):
    outcome = check_layers(moves(), tmp_path, config, samples=20)
    assert outcome.equal, outcome.first


def test_padding_beyond_the_operand_s_range(tmp_path):
    x = TensorType.of((2, 3), FixedType(3, 0, signed=False))
    ops = [Gather("low", x, np.array([-1, 4, 2]), -9), Gather("high", x, np.array([[5], [-1]]), 99)]
    outcome = check_layers(ops, tmp_path, Config(io="stream"), samples=20)
    assert outcome.equal, outcome.first


@pytest.mark.parametrize("period", [1, 3, 17])
def test_repetition_gives_all_codes_back(period):
    rng = np.random.default_rng(period)
    codes = np.concatenate([rng.integers(0, 5, 11), np.tile(rng.integers(0, 5, period), 20)])
    entries, again = repetition(codes)
    assert entries <= 11 + period
    back, entry = [], 0
    for _ in codes:
        back.append(codes[entry])
        entry = again if entry == entries - 1 else entry + 1
    assert np.array_equal(back, codes)


def test_codes_that_do_not_repeat_are_all_kept():
    assert repetition(np.arange(9)) == (9, 0)
    assert repetition(np.array([4])) == (1, 0)


def test_an_upsampling_takes_one_cycle_a_beat_and_a_short_table():
    x = TensorType.of((32, 16, 2), FixedType(6))
    plan = ReorderSchedule(Gather("up", x, Gather.positions(x).repeat(2, 0).repeat(2, 1)), 2)
    take, give = timetable(plan)
    assert len(take) == plan.beats_out + 1
    assert repetition(give * 2 + take)[0] < len(take) // 4
