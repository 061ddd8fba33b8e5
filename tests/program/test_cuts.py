# SPDX-License-Identifier: Apache-2.0
import itertools
import random

import pytest

from nnhw.program.cuts import least


def problem(seed, count=5, most=3):
    """Costs, bounds and gaps; the lowest numbers are far enough apart."""
    rng = random.Random(seed)
    lows = [rng.randint(-1, 2) for _ in range(count)]
    tops = [low + rng.randint(0, most) for low in lows]
    pairs = rng.sample(list(itertools.permutations(range(count), 2)), rng.randint(0, 3 * count))
    gaps = {(a, b): lows[b] - lows[a] - rng.choice((0, 0, 0, 1, 2)) for a, b in pairs}
    return [rng.randint(-9, 9) for _ in range(count)], lows, tops, gaps


def allowed(x, gaps):
    return all(x[b] - x[a] >= gap for (a, b), gap in gaps.items())


def cost_of(costs, x):
    return sum(cost * value for cost, value in zip(costs, x, strict=True))


@pytest.mark.parametrize("seed", range(150))
def test_nothing_costs_less(seed):
    costs, lows, tops, gaps = problem(seed)
    found = least(costs, lows, tops, gaps)
    ranges = [range(low, top + 1) for low, top in zip(lows, tops, strict=True)]
    assert all(value in one for value, one in zip(found, ranges, strict=True))
    assert allowed(found, gaps)
    assert cost_of(costs, found) == min(
        cost_of(costs, x) for x in itertools.product(*ranges) if allowed(x, gaps))


def test_of_equals_the_lowest():
    assert least([0, -1, 1], [0, 0, 0], [5, 5, 5], {(1, 2): 0}) == [0, 0, 0]
    assert least([-2, 1, 1], [0, 0, 0], [5, 4, 5], {(0, 1): 0, (0, 2): -1}) == [1, 1, 0]


def test_a_long_chain_moves_at_once():
    count = 3000
    costs = [-1, *[0] * (count - 2), 0]
    gaps = {(k, k + 1): 1 for k in range(count - 1)}
    assert least(costs, list(range(count)), [k + 3 for k in range(count)], gaps) == [
        k + 3 for k in range(count)]


def test_nothing_to_choose():
    assert least([], [], [], {}) == []
