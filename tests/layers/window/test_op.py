# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.layers.window.op import Window
from tests.layers.support import assert_interval, every_input, tensor
from tests.layers.window.geometry import CASES, make


def test_interval_is_sound_and_tight():
    """The interval is that of a channel: windows of inner pixels have those of all its pixels."""
    x = tensor((1, 3, 2), [-1, 0], [0, 1])
    assert_interval(Window("w", x, (1, 2)), every_input(x))


@pytest.mark.parametrize("value", [-5, 0, 5])
def test_interval_reaches_the_padding(value):
    x = tensor((2, 2, 1), [[[-1], [0]], [[0], [2]]], [[[0], [1]], [[0], [2]]])
    op = Window("w", x, (2, 2), before=(1, 1), after=(1, 1), value=value)
    assert_interval(op, every_input(x), tight=False)
    assert op.y.bounds == (min(-1, value), max(2, value))
    assert Window("w", x, (2, 2), value=value).y.bounds == (-1, 2)


def test_padding_that_no_window_reaches_does_not_widen():
    op = Window("w", tensor((3, 3, 1), 0, 1), (2, 2), stride=(2, 2), after=(0, 0), value=9)
    assert not op.is_padded and op.y.bounds == (0, 1)
    op = Window("w", tensor((4, 4, 1), 0, 1), (2, 2), stride=(2, 2), after=(1, 1), value=9)
    assert not op.is_padded and op.y.bounds == (0, 1)


def test_binary_point_of_each_channel():
    op = Window("w", tensor((2, 3, 2), 0, 1, [3, 5]), (1, 2))
    assert np.broadcast_to(op.y.frac, op.y.shape)[1, 1].tolist() == [[3, 3], [5, 5]]


@pytest.mark.parametrize("case", CASES)
def test_places_are_those_of_the_usual_formula(case):
    op = make(case)
    places = tuple(
        (op.x.shape[k] + op.before[k] + op.after[k] - op.dilation[k] * (op.kernel[k] - 1) - 1)
        // op.stride[k] + 1 for k in range(2))
    assert op.places == places
    assert op.y.shape == (*places, op.x.shape[2], op.kernel[0] * op.kernel[1])


@pytest.mark.parametrize("case", CASES)
def test_all_of_them_can_be_streamed(case):
    assert make(case).is_streamable


@pytest.mark.parametrize(("shape", "kernel", "pad"), [
    ((1, 1, 2), (3, 3), (1, 1)), ((1, 2, 1), (1, 7), (0, 3)), ((3, 3, 1), (2, 2), (2, 2))])
def test_more_frames_under_way_than_are_counted_cannot_be_streamed(shape, kernel, pad):
    """The last window of a frame would come when the next frame but one had begun."""
    assert not Window("w", tensor(shape, -8, 7), kernel, before=pad, after=pad).is_streamable
