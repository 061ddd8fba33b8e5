# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.layers.window.op import Window
from tests.layers.support import draw, golden_of, tensor
from tests.layers.window.geometry import CASES, make, random_window


def slow(op, image):
    """Pixel by pixel, on nested lists."""
    height, width, channels = op.x.shape
    rows, columns = op.places
    result = []
    for oy in range(rows):
        result.append([])
        for ox in range(columns):
            result[-1].append([[] for _ in range(channels)])
            for c in range(channels):
                for i in range(op.kernel[0]):
                    for j in range(op.kernel[1]):
                        y = oy * op.stride[0] + i * op.dilation[0] - op.before[0]
                        x = ox * op.stride[1] + j * op.dilation[1] - op.before[1]
                        inside = 0 <= y < height and 0 <= x < width
                        result[-1][-1][c].append(image[y][x][c] if inside else op.value)
    return result


def check(op, count=3):
    x = draw(op.x, count)
    assert golden_of(op, x).tolist() == [slow(op, image) for image in x.tolist()]


@pytest.mark.parametrize("case", CASES)
def test_taps_one_by_one(case):
    check(make(case))


@pytest.mark.parametrize("seed", range(40))
def test_random_geometry(seed):
    check(random_window(seed))


def test_padding_so_wide_that_it_cannot_be_streamed():
    check(Window("w", tensor((2, 3, 2), -8, 7), (2, 2), (1, 2), (1, 1), (3, 2), (2, 4), 5))


def test_beyond_int64():
    x = np.array([2**70, -1, 5, -2**80], dtype=object).reshape(1, 2, 2, 1)
    op = Window("w", tensor((2, 2, 1), -2**80, 2**80), (2, 2), before=(1, 0), value=2**90)
    assert golden_of(op, x).tolist() == [slow(op, image) for image in x.tolist()]
    op = Window("w", tensor((2, 2, 1), 0, 1), (2, 2), before=(1, 0), value=2**90)
    x = np.ones((1, 2, 2, 1), int)
    assert golden_of(op, x).tolist() == [slow(op, image) for image in x.tolist()]
