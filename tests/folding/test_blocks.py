# SPDX-License-Identifier: Apache-2.0
from itertools import product

import numpy as np
import pytest

from nnhw.errors import FoldingError
from nnhw.folding.blocks import divisors, folds, legal_reuse, nearest_reuse
from nnhw.folding.cost import choose_fold
from nnhw.layers.dense.op import Dense
from tests.layers.support import tensor

SIZES = [(1, 1), (6, 4), (12, 10), (13, 7), (16, 64), (1, 9), (30, 1)]


def dense(fan_in, fan_out):
    return Dense("d", tensor((fan_in,), -8, 7), np.ones((fan_out, fan_in), int),
                 np.zeros(fan_out, int))


@pytest.mark.parametrize("number", [1, 2, 7, 12, 36, 97, 128])
def test_divisors(number):
    assert divisors(number) == tuple(
        d for d in range(1, number + 1) if number // d * d == number)


@pytest.mark.parametrize(("fan_in", "fan_out"), SIZES)
def test_legal_means_equal_blocks(fan_in, fan_out):
    expected = {a * b for a, b in product(range(1, fan_in + 1), range(1, fan_out + 1))
                if fan_in % a == 0 and fan_out % b == 0}
    legal = legal_reuse(dense(fan_in, fan_out))
    assert list(legal) == sorted(expected)
    assert legal[0] == 1 and legal[-1] == fan_in * fan_out


@pytest.mark.parametrize(("fan_in", "fan_out"), SIZES)
def test_folds_are_all_there_are(fan_in, fan_out):
    op = dense(fan_in, fan_out)
    for reuse in legal_reuse(op):
        expected = {(fan_in // a, a, b)
                    for a, b in product(range(1, fan_in + 1), range(1, fan_out + 1))
                    if fan_in % a == 0 and fan_out % b == 0 and a * b == reuse}
        found = folds(op, reuse)
        assert len(found) == len(set(found)) and set(found) == expected


@pytest.mark.parametrize(("fan_in", "fan_out"), SIZES)
def test_nearest_reuse(fan_in, fan_out):
    op = dense(fan_in, fan_out)
    legal = legal_reuse(op)
    for wanted in range(1, fan_in * fan_out + 20):
        got = nearest_reuse(op, wanted)
        assert got in legal
        distance = min(abs(r - wanted) for r in legal)
        assert got == min(r for r in legal if abs(r - wanted) == distance)


@pytest.mark.parametrize("wanted", [0, -3])
def test_reuse_below_one(wanted):
    with pytest.raises(FoldingError) as caught:
        nearest_reuse(dense(2, 2), wanted)
    assert str(caught.value) == f"d: reuse factor must be 1 or more, not {wanted}"


@pytest.mark.parametrize("offered", [1, 2, 6])
def test_the_fold_chosen_is_one_of_them(offered):
    op = dense(6, 4)
    for reuse in legal_reuse(op):
        assert choose_fold(op, reuse, offered) in folds(op, reuse)
