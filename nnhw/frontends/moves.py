# SPDX-License-Identifier: Apache-2.0
"""Operators that only pick elements: what they do to positions is what the hardware does."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from nnhw.frontends.arrange import arranged, picked
from nnhw.frontends.layout import Layout
from nnhw.frontends.registry import Call, refuse
from nnhw.frontends.settle import ground, integer
from nnhw.frontends.value import IntProduct, Live, Product, Tensor

__all__ = ["batch_positions", "like_layout", "moved", "on_positions", "still"]


def batch_positions(live: Live) -> Any:
    """Positions of the elements of two samples, (2, ...)."""
    size = int(np.prod(live.shape))
    return np.arange(2 * size, dtype=np.int64).reshape((2, *live.shape))


def on_positions(call: Call, live: Live, made: Any) -> Any:
    """Positions in one sample, from what an operator made of those of two; -1 is padding."""
    size = int(np.prod(live.shape))
    fits = made.ndim and len(made) == 2 and made.shape[1:] and np.array_equal(
        np.where(made[0] < 0, made[0], made[0] + size), made[1])
    if not fits or (made[0] >= size).any():
        raise refuse(call.node, "it moves elements from one sample of the batch to another; axes "
                                "behind the batch would work")
    if not made[0].size:
        raise refuse(call.node, "its result has no elements")
    return made[0]


def still(call: Call, live: Live, plain: bool = False) -> Live:
    """The value on a tensor; only steps that treat all elements alike stay pending."""
    low = call.lowering
    if isinstance(live.source, Product | IntProduct):
        return integer(low, live)
    live = ground(low, live)
    assert isinstance(live.source, Tensor)
    alike = all(np.size(step.constant) == 1 if step.is_elementwise else True
                for step in live.steps)
    if (plain and live.steps) or not alike or live.source.wide:
        return integer(low, live)
    return live


def like_layout(live: Live, shape: tuple[int, ...]) -> Layout:
    """The order of axes that ``live`` has, for a tensor of another shape and as many axes."""
    axes = live.layout.axes(live.shape)
    if axes is None or len(shape) != len(live.shape):
        return Layout.rows(shape)
    rest = tuple(a for a in range(len(shape)) if a not in axes)
    return Layout.permuted(shape, (*rest, *axes))


def moved(call: Call, live: Live, function: Callable[[Any], Any], name: str | None = None) -> Live:
    """The elements that ``function`` picks from an array of positions (2, ...)."""
    index = on_positions(call, live, function(batch_positions(live)))
    live = still(call, live)
    if live.layout.axes(live.shape) is None and not live.layout.is_rows:
        live = arranged(call.lowering, live, Layout.rows(live.shape))
    steps, live = live.steps, replace(live, steps=())
    done = picked(call.lowering, live, index, like_layout(live, index.shape), "",
                  name or call.origin.name)
    return replace(done, steps=tuple(
        replace(s, constant=np.reshape(s.constant, ())) if s.is_elementwise else s
        for s in steps))
