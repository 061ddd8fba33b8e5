# SPDX-License-Identifier: Apache-2.0
"""Windows of many geometries, named after what is particular about them."""

import numpy as np

from nnhw.layers.window.op import Window
from tests.layers.support import tensor

__all__ = ["CASES", "make", "random_window"]

#: Shape of the image, then fields of ``Window``.
CASES = {
    "one tap": ((3, 4, 2), {"kernel": (1, 1)}),
    "no padding": ((4, 5, 2), {"kernel": (3, 2)}),
    "same": ((4, 5, 2), {"kernel": (3, 3), "before": (1, 1), "after": (1, 1)}),
    "same, even kernel": ((3, 4, 1), {"kernel": (2, 4), "before": (0, 1), "after": (1, 2)}),
    "padding with a value": ((3, 3, 2), {"kernel": (2, 2), "before": (1, 0), "after": (0, 1),
                                         "value": -20}),
    "asymmetric": ((4, 4, 1), {"kernel": (3, 3), "before": (2, 0), "after": (0, 2), "value": 3}),
    "stride": ((6, 6, 1), {"kernel": (2, 2), "stride": (2, 2)}),
    "stride that leaves a rest": ((5, 6, 2), {"kernel": (2, 2), "stride": (2, 3)}),
    "stride beyond the kernel": ((5, 7, 1), {"kernel": (1, 2), "stride": (3, 4)}),
    "stride and padding": ((5, 5, 2), {"kernel": (3, 3), "stride": (2, 2), "before": (1, 1),
                                       "after": (1, 1)}),
    "dilation": ((6, 5, 1), {"kernel": (2, 3), "dilation": (3, 2)}),
    "dilation and padding": ((4, 5, 2), {"kernel": (3, 2), "dilation": (2, 3), "before": (2, 2),
                                         "after": (2, 1)}),
    "dilation and stride": ((7, 6, 1), {"kernel": (2, 2), "stride": (2, 1), "dilation": (2, 3)}),
    "signal": ((1, 9, 3), {"kernel": (1, 3)}),
    "signal, same": ((1, 8, 2), {"kernel": (1, 5), "before": (0, 2), "after": (0, 2)}),
    "signal, causal": ((1, 7, 2), {"kernel": (1, 3), "dilation": (1, 2), "before": (0, 4),
                                   "value": 1}),
    "signal, stride": ((1, 9, 2), {"kernel": (1, 4), "stride": (1, 3), "before": (0, 1)}),
    "column": ((7, 1, 2), {"kernel": (3, 1), "before": (1, 0), "after": (1, 0)}),
    "whole image": ((3, 4, 2), {"kernel": (3, 4)}),
    "kernel larger than the image": ((2, 3, 2), {"kernel": (4, 5), "before": (2, 2),
                                                 "after": (1, 1), "value": 7}),
    "kernel larger, few taps inside": ((2, 4, 1), {"kernel": (3, 3), "dilation": (2, 1),
                                                   "before": (2, 1), "after": (1, 1),
                                                   "value": -1}),
    "one place of a larger kernel": ((2, 2, 3), {"kernel": (4, 3), "before": (1, 1),
                                                 "after": (1, 0)}),
    "one pixel": ((1, 1, 2), {"kernel": (1, 2), "before": (0, 1)}),
    "rest at the bottom": ((6, 3, 1), {"kernel": (2, 2), "stride": (4, 1)}),
}


def make(case, low=-8, high=7):
    """The Window of a case's name."""
    shape, geometry = CASES[case]
    return Window("w", tensor(shape, low, high), **geometry)


def random_window(seed):
    """A small Window of any geometry that has a place and can be streamed."""
    rng = np.random.default_rng(seed)

    def pair(low, high):
        return tuple(rng.integers(low, high + 1, 2).tolist())

    while True:
        shape = (*pair(1, 6), int(rng.integers(1, 4)))
        op = Window("w", tensor(shape, -8, 7), pair(1, 4), pair(1, 3), pair(1, 2), pair(0, 2),
                    pair(0, 2), int(rng.integers(-9, 9)))
        if min(op.places) > 0 and op.is_streamable:
            return op
