# SPDX-License-Identifier: Apache-2.0
"""Reductions over any axes: a Reduce over the last ones of a stream, or a Total over the first."""

from dataclasses import replace
from typing import Any

import numpy as np

from nnhw.frontends.arrange import arranged
from nnhw.frontends.layout import Layout
from nnhw.frontends.moves import still
from nnhw.frontends.registry import Call, handles, refuse
from nnhw.frontends.settle import integer
from nnhw.frontends.steps import Step
from nnhw.frontends.value import Live, Tensor
from nnhw.layers import Reduce, Total

__all__: list[str] = []

_HOW = {"ReduceSum": "sum", "ReduceMean": "sum", "ReduceMax": "max", "ReduceMin": "min"}


@handles(*_HOW)
def reduce(call: Call) -> Live:
    """Sum, mean, largest or smallest over some axes."""
    axes, keep, empty = call.attributes(axes=None, keepdims=1, noop_with_empty_axes=0)
    live = call.live()
    if len(call) > 1 and call.value(1) is not None:
        axes = [int(a) for a in np.ravel(call.const(1))]
    if not axes and empty:
        return live
    places = {call.axis(int(a), live) for a in (axes or range(len(live.shape) + 1))}
    if -len(live.shape) - 1 in places:
        raise refuse(call.node, "it reduces the batch; axes behind it would work")
    return reduced(call, live, sorted(a % len(live.shape) for a in places), bool(keep))


def reduced(call: Call, live: Live, axes: list[int], keep: bool) -> Live:
    """Over the given axes of the source model's shape."""
    how = _HOW[call.node.kind]
    settled = integer(call.lowering, live) if how == "sum" else still(call, live, plain=True)
    settled, front = _gathered(call, settled, axes)
    made = _emit(call, settled, axes, how, front)
    rest = [a for a in range(len(live.shape)) if a not in axes]
    shape = tuple(1 if k in axes else n for k, n in enumerate(live.shape)) if keep else tuple(
        live.shape[a] for a in rest)
    function: Any = {"sum": np.sum, "max": np.max, "min": np.min}[how]
    sample = None if live.sample is None else function(
        live.sample, axis=tuple(a + 1 for a in axes), keepdims=keep)
    done = Live(shape, made, (), sample, _rest_layout(settled, axes))
    if call.node.kind == "ReduceMean":
        count = int(np.prod([live.shape[a] for a in axes]))
        done = done.then(Step("div", np.float32(count), call.origin))
    return done


def _gathered(call: Call, live: Live, axes: list[int]) -> tuple[Live, bool]:
    """The reduced axes together, in front of all others or behind; and whether in front."""
    groups = live.layout.groups(live.shape)
    gone = {fine for a in axes for fine in groups[a]}
    order, count = live.layout.order, len(gone)
    if set(order[len(order) - count:]) == gone and count < len(order):
        return live, False
    if set(order[:count]) == gone:
        return live, True
    rest = [a for a in range(len(live.shape)) if a not in axes]
    return arranged(call.lowering, live, Layout.permuted(live.shape, (*rest, *axes))), False


def _emit(call: Call, live: Live, axes: list[int], how: str, front: bool) -> Tensor:
    low, tensor = call.lowering, live.source
    assert isinstance(tensor, Tensor)
    count = int(np.prod([live.shape[a] for a in axes], dtype=np.int64))
    others = int(np.prod(live.shape, dtype=np.int64)) // count
    scale: Any = np.unique(tensor.scale)
    if len(scale) != 1:
        raise refuse(call.node, "its operand has a scale for each channel; one scale would work")
    flat = low.shaped(tensor, (count, others) if front else (others, count))
    name = low.unique(call.origin.name)
    op = Total(name, low.type(flat), how) if front else Reduce(name, low.type(flat), how)
    wide = how == "sum" and count > 1
    return replace(flat, name=low.emit(op, flat.name), scale=float(scale[0]),
                   wide=wide or tensor.wide, origins=(call.origin,) if wide else tensor.origins)


def _rest_layout(live: Live, axes: list[int]) -> Layout:
    """Layout of the axes that stay."""
    groups = live.layout.groups(live.shape)
    kept = [fine for a, group in enumerate(groups) if a not in axes for fine in group]
    return Layout(tuple(live.layout.fine[f] for f in kept),
                  tuple(kept.index(f) for f in live.layout.order if f in kept))
