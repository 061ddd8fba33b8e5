# SPDX-License-Identifier: Apache-2.0
"""Window: the circuit, a component of its own."""

from math import gcd

from nnhw.folding.blocks import divisors, folds
from nnhw.hw.window import SlidingWindow
from nnhw.layers.dense.op import Dense
from nnhw.layers.grouped.op import Grouped
from nnhw.layers.window.op import Window

__all__ = ["component", "lanes"]


def component(op: Window, lanes: int) -> SlidingWindow:
    """Line buffer and window, ``lanes`` channels a beat."""
    return SlidingWindow(op, lanes)


def lanes(op: Window, offered: int,
          reader: tuple[Dense | Grouped, int] | None) -> tuple[int, int]:
    """Channels in a beat, and elements that come out of it.

    As few channels as still keep up, so that registers and selectors are few: a matrix that takes
    several steps over its columns can be fed a beat in several steps. Without a matrix behind it,
    what the producer offers.
    """
    channels, parts = op.x.shape[-1], 1
    if reader is None:
        parts = channels // gcd(channels, offered)
    else:
        matrix, reuse = reader
        stride = op.stride[0] * op.stride[1]
        wanted = {fold[0] for fold in folds(matrix, reuse)}
        parts = max((d for d in divisors(channels) if d * stride <= reuse
                     and any(channels // d * op.taps % lanes == 0 for lanes in wanted)), default=1)
    return channels // parts, channels // parts * op.taps
