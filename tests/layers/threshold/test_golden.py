# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.layers.threshold.op import Threshold
from tests.layers.support import draw, golden_of, tensor


@pytest.mark.parametrize("down", [[False] * 3, [True] * 3, [True, False, True]])
@pytest.mark.parametrize("rows", [1, 3])
def test_counts_one_by_one(down, rows):
    levels = np.sort(np.random.default_rng(0).integers(-9, 9, (rows, 5)), axis=1)
    x = tensor((2, 3), -12, 12)
    inputs = draw(x, 50)
    op = Threshold("t", x, levels, np.array(down), 3, -2)
    expected = [[[3 - 2 * sum((v <= t) if down[c] else (v >= t)
                              for t in levels[c % rows].tolist())
                  for c, v in enumerate(row)] for row in pixels] for pixels in inputs.tolist()]
    assert golden_of(op, inputs).tolist() == expected


def test_at_the_threshold_itself():
    x = np.array([[1], [2], [3]])
    up = Threshold("t", tensor((1,), 1, 3), np.array([[2]]))
    assert golden_of(up, x).ravel().tolist() == [0, 1, 1]
    down = Threshold("t", tensor((1,), 1, 3), np.array([[2]]), True)
    assert golden_of(down, x).ravel().tolist() == [1, 1, 0]


def test_levels_beyond_int64():
    op = Threshold("t", tensor((1,), -5, 5), [[-(2**70), 2**70]])
    assert golden_of(op, np.array([[0]])).tolist() == [[1]]
