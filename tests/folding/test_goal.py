# SPDX-License-Identifier: Apache-2.0
import re
from itertools import pairwise

import numpy as np
import pytest

from nnhw.errors import ConfigError
from nnhw.folding.blocks import legal_reuse
from nnhw.folding.goal import (
    Capacity,
    balanced,
    first_true,
    fps_cycles,
    intervals,
    largest_meeting,
    latency_cycles,
    needed,
    placed,
)
from nnhw.layers import Dense, Grouped
from tests.layers.support import tensor


def dense(name, fan_in, fan_out, vectors=1, low=-8, high=7):
    weight = np.full((fan_out, fan_in), high)
    weight[0, 0] = low
    return Dense(name, tensor((vectors, fan_in), -128, 127), weight, np.zeros(fan_out, int))


SMALL, LARGE = dense("small", 4, 6), dense("large", 8, 8, vectors=5)
DEPTHWISE = Grouped("depthwise", tensor((9, 4, 3), 0, 15), np.ones((4, 2, 3), int),
                    np.zeros((4, 2), int))
OPS = [SMALL, LARGE, DEPTHWISE]


@pytest.mark.parametrize("interval", range(1, 400, 7))
def test_each_matrix_is_as_slow_as_the_interval_allows(interval):
    for op, reuse in zip(OPS, balanced(OPS, interval).values(), strict=True):
        slower = [r for r in legal_reuse(op) if r > reuse]
        assert reuse in legal_reuse(op)
        assert reuse == 1 or reuse * op.vectors <= interval
        assert all(r * op.vectors > interval for r in slower)


def test_intervals_are_where_the_balance_changes():
    found = intervals(OPS)
    assert found[0] == 9 and found[-1] == max(24, 64 * 5, 24 * 9)
    balances = [balanced(OPS, cycles) for cycles in range(1, 400)]
    changes = [k + 2 for k, (a, b) in enumerate(pairwise(balances))
               if a != b and k + 2 > 9]
    assert found[1:] == changes


def test_a_network_without_matrices_has_one_choice():
    assert intervals([]) == [1] and balanced([], 5) == {}


def test_what_is_needed():
    need = needed([SMALL, LARGE], {"small": 1, "large": 16})
    assert need.multipliers == 24 + 4
    assert need.products == {"small": (1, 4 * 8, 24), "large": (1, 4 * 8, 4)}
    assert need.memory_bits == 64 * 4


def test_a_wide_product_takes_several_blocks():
    wide = Dense("wide", tensor((2,), -2**30, 2**30), np.array([[2**20 - 1, -1]]), np.zeros(1, int))
    (blocks, luts, count), = needed([wide], {"wide": 2}).products.values()
    assert (blocks, luts, count) == (2 * 2, 21 * 32, 1)


@pytest.mark.parametrize(("capacity", "expected"), [
    (Capacity(28, 0, 256), frozenset()),
    (Capacity(27, 0, 256), None),
    (Capacity(28, 0, 255), None),
    (Capacity(27, 2 * 4 * 32 - 1, 256), None),
    (Capacity(27, 2 * 4 * 32, 256), {"large"}),
    (Capacity(4, 2 * 24 * 32, 256), {"small"}),
    (Capacity(0, 2 * 28 * 32, 256), {"small", "large"}),
])
def test_blocks_first_then_half_the_luts(capacity, expected):
    """A matrix goes as a whole."""
    assert placed(needed([SMALL, LARGE], {"small": 1, "large": 16}), capacity) == expected


def test_those_too_small_for_blocks_take_none():
    need = needed([SMALL, LARGE], {"small": 1, "large": 16}, {"small"})
    assert placed(need, Capacity(4, 2 * 24 * 32, 256)) == {"small"}


@pytest.mark.parametrize("count", range(12))
def test_searches_find_the_border(count):
    for border in range(count + 1):
        tried = []
        found = first_true(count, lambda k, b=border: k >= b)
        assert found == (border if border < count else None)
        found = largest_meeting(count, lambda k, b=border, t=tried: t.append(k) or k < b)
        assert found == (border - 1 if border else None)
        assert len(tried) <= 10


def test_the_largest_numbers_are_tried_first():
    tried = []
    assert largest_meeting(1000, lambda k: tried.append(k) or k < 990) == 989
    assert min(tried) > 980


@pytest.mark.parametrize(("fps", "clock", "cycles"), [
    (1e6, 200, 200), (100_000, 12, 120), (3e6, 200, 66), (200e6, 200, 1), (0.1, 1, 10_000_000)])
def test_cycles_of_a_rate(fps, clock, cycles):
    assert fps_cycles(fps, clock) == cycles
    assert clock * 1e6 / cycles >= fps * (1 - 1e-9)


@pytest.mark.parametrize(("text", "cycles"), [
    (200, 40), ("200", 40), ("200ns", 40), ("1.5 us", 300), ("2ms", 400_000), ("1s", 200_000_000),
    ("30cycles", 30), ("1 cycle", 1), (".5us", 100), ("99.9ns", 19)])
def test_cycles_of_a_time(text, cycles):
    assert latency_cycles(text, 200) == cycles


@pytest.mark.parametrize(("call", "message"), [
    (lambda: fps_cycles(0, 200), "target_fps must be above 0, not 0"),
    (lambda: fps_cycles(3e8, 200), "300,000,000 inferences/s are more than one a cycle; at "
                                   "200 MHz 200,000,000 can be reached at best"),
    (lambda: latency_cycles("soon", 200), "max_latency 'soon' is no time; write for instance "
                                          "200ns, 1.5us or 30cycles"),
    (lambda: latency_cycles("-5ns", 200), "max_latency '-5ns' is no time"),
    (lambda: latency_cycles("4ns", 200), "max_latency 4ns is less than a cycle of 200 MHz, 5 ns"),
])
def test_senseless_goals(call, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        call()
