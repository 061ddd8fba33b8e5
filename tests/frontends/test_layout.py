# SPDX-License-Identifier: Apache-2.0
"""Layouts say where each element of the source model's tensor lies in ours."""

import numpy as np
import pytest

from nnhw.frontends.layout import Layout
from nnhw.layers.reshape.op import refit


def ours(theirs, layout):
    return theirs.reshape(-1)[layout.positions()]


def test_channels_last():
    x = np.arange(60).reshape(3, 4, 5)
    layout = Layout.channels_last(x.shape)
    assert layout.shape(x.shape) == (4, 5, 3)
    assert (ours(x, layout) == x.transpose(1, 2, 0).reshape(-1)).all()
    assert Layout.channels_last((1, 28, 28)).is_rows
    assert Layout.channels_last((5,)).is_rows


@pytest.mark.parametrize("seed", range(30))
def test_random_transposes_and_reshapes_move_nothing(seed):
    rng = np.random.default_rng(seed)
    x = np.arange(2 * 3 * 4 * 1 * 6).reshape(2, 3, 4, 1, 6)
    layout = Layout.permuted(x.shape, tuple(rng.permutation(5).tolist()))
    kept = ours(x, layout)
    for _ in range(6):
        if rng.integers(2):
            axes = tuple(rng.permutation(x.ndim).tolist())
            layout, x = layout.transposed(x.shape, axes), x.transpose(axes)
        else:
            at = int(rng.integers(x.ndim))
            shape = [*x.shape[:at], *((1, x.shape[at]) if rng.integers(2) else (x.shape[at], 1)),
                     *x.shape[at + 1:]]
            if len(shape) > 3 and rng.integers(2):
                shape[0:2] = [shape[0] * shape[1]]
            after = layout.reshaped(tuple(shape))
            assert after is not None
            layout, x = after, x.reshape(shape)
        assert (ours(x, layout) == kept).all()
        assert int(np.prod(layout.shape(x.shape))) == x.size


def test_reshape_that_cuts_axes_elsewhere_is_not_representable():
    layout = Layout.permuted((4, 6), (1, 0))
    assert layout.reshaped((3, 8)) is None
    split = layout.reshaped((2, 2, 3, 2))
    assert split is not None
    assert (split.positions() == layout.positions()).all()
    assert Layout.rows((4, 6)).reshaped((3, 8)) == Layout.rows((3, 8))


def test_same_order_under_other_names():
    flat = Layout.channels_last((3, 4, 5)).reshaped((60,))
    assert flat is not None
    assert flat.same(Layout.channels_last((3, 20)))
    assert not flat.same(Layout.rows((60,)))
    assert flat.axes((60,)) is None
    assert flat.shape((60,)) == (20, 3)


def test_constants_stay_as_small_as_they_are():
    layout = Layout.channels_last((3, 4, 5))
    channels = np.arange(3.0).reshape(3, 1, 1)
    assert layout.spread(channels, (3, 4, 5), (4, 5, 3)).shape == (1, 1, 3)
    assert layout.spread(channels, (3, 4, 5), (20, 3)).shape == (1, 3)
    flat = layout.reshaped((60,))
    assert flat is not None
    assert flat.spread(np.repeat(np.arange(3.0), 20), (60,), (4, 5, 3)).shape == (1, 1, 3)
    assert layout.spread(np.float32(2), (3, 4, 5), (4, 5, 3)).shape == ()
    rng = np.random.default_rng(0)
    for shape in [(3, 1, 5), (1, 4, 1), (4, 5), (3, 4, 5)]:
        c = rng.normal(size=shape)
        full = np.broadcast_to(c, (3, 4, 5))
        got = np.broadcast_to(layout.spread(c, (3, 4, 5), (4, 5, 3)), (4, 5, 3))
        assert (got.reshape(-1) == ours(full, layout)).all()


def test_refit():
    assert refit(np.ones((3, 1, 1)), (3, 4, 4), (3, 16)).shape == (3, 1)
    assert refit(np.ones((3, 1, 1)), (3, 4, 4), (48,)).shape == (48,)
    assert refit(np.ones(()), (3, 4), (12,)).shape == (1,)
    rng = np.random.default_rng(1)
    a = rng.normal(size=(1, 4, 1, 6))
    full = np.broadcast_to(a, (2, 4, 3, 6)).reshape(2, 2, 2, 18)
    assert (np.broadcast_to(refit(a, (2, 4, 3, 6), (2, 2, 2, 18)), full.shape) == full).all()
