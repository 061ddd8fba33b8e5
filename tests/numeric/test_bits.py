# SPDX-License-Identifier: Apache-2.0
from itertools import combinations_with_replacement

import pytest

from nnhw.numeric.bits import BITWISE, bitwise_bounds


@pytest.mark.parametrize("how", BITWISE)
def test_bounds_hold_every_result(how):
    intervals = list(combinations_with_replacement(range(-5, 6), 2))
    for a in intervals:
        for b in intervals:
            low, high = bitwise_bounds(how, a, b)
            results = [BITWISE[how](x, y) for x in range(a[0], a[1] + 1)
                       for y in range(b[0], b[1] + 1)]
            assert low <= min(results) and max(results) <= high, (a, b)


@pytest.mark.parametrize("how", BITWISE)
def test_results_are_no_wider_than_the_operands(how):
    low, high = bitwise_bounds(how, (-8, 7), (0, 7))
    assert low >= -8 and high <= 7
    low, high = bitwise_bounds(how, (0, 9), (0, 15))
    assert low >= 0 and high <= 15
