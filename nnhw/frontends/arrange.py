# SPDX-License-Identifier: Apache-2.0
"""Changes of order that a stream must really make: a Gather, or the host's transpose."""

from dataclasses import replace
from typing import Any

import numpy as np

from nnhw.frontends.layout import Layout
from nnhw.frontends.lowering import Lowering
from nnhw.frontends.settle import ground, integer
from nnhw.frontends.value import IntProduct, Live, Port, Product, Tensor
from nnhw.frontends.views import host_layout
from nnhw.ir.graph import HostStep
from nnhw.layers import Gather

__all__ = ["arranged", "channels_last", "last_together", "picked"]


def arranged(lowering: Lowering, live: Live, layout: Layout) -> Live:
    """The value in another order; nothing is emitted where that is the same."""
    if live.layout.same(layout):
        return replace(live, layout=layout)
    if isinstance(live.source, Port):
        if live.source.name not in lowering.ports:
            return _on_host(live, live.source, layout)
        live = ground(lowering, live)
    if isinstance(live.source, Product | IntProduct) or (
            isinstance(live.source, Tensor) and live.source.wide):
        live = integer(lowering, live)
    index = np.arange(int(np.prod(live.shape))).reshape(live.shape)
    steps = live.steps
    moved = picked(lowering, replace(live, steps=()), index, layout, "order")
    return replace(moved, steps=steps, sample=live.sample)


def _on_host(live: Live, port: Port, layout: Layout) -> Live:
    moves = [*port.moves, *host_layout(live.layout, live.shape)]
    ours = layout.shape(live.shape)
    moves += [HostStep("reshape", layout.fine),
              HostStep("transpose", (0, *(a + 1 for a in layout.order))),
              HostStep("reshape", ours)]
    return replace(live, source=replace(port, ours=ours, moves=tuple(moves)), layout=layout)


def picked(lowering: Lowering, live: Live, index: Any, layout: Layout, word: str,
           name: str | None = None, value: int = 0) -> Live:
    """Elements of a settled value by their positions in the source model's tensor.

    Parameters
    ----------
    lowering : Lowering
        State.
    live : Live
        On a tensor, without pending steps.
    index : array of int
        Row-major positions in ``live``'s shape, itself of the result's shape; -1 is padding.
    layout : Layout
        How the result shall lie.
    word : str
        What the operation is called, behind the tensor's name, where ``name`` is None.
    name : str or None
        Of the node.
    value : int
        Mantissa of the padding.
    """
    tensor = live.source
    assert isinstance(tensor, Tensor) and not live.steps
    inverse = np.argsort(live.layout.positions())
    wanted = index.reshape(-1)[layout.positions()]
    ours = np.where(wanted < 0, -1, inverse[wanted])
    shape = layout.shape(index.shape)
    result = replace(live, shape=index.shape, layout=layout, sample=_picked_sample(
        live, index, value * float(np.ravel(tensor.scale)[0]) * 2.0**-np.max(
            lowering.type(tensor).frac)))
    if np.array_equal(ours, np.arange(lowering.type(tensor).size)):
        return replace(result, source=lowering.shaped(tensor, shape))
    scale = tensor.scale
    if np.size(scale) > 1:
        scale = np.broadcast_to(scale, lowering.type(tensor).shape).reshape(-1)[ours].reshape(shape)
    op = Gather(lowering.unique(name or f"{tensor.name}_{word}"), lowering.type(tensor),
                ours.reshape(shape), value)
    return replace(result, source=replace(tensor, name=lowering.emit(op, tensor.name),
                                          scale=scale))


def _picked_sample(live: Live, index: Any, value: float) -> Any:
    if live.sample is None:
        return None
    flat = live.sample.reshape(len(live.sample), -1)[:, index.reshape(-1)]
    flat = np.where(index.reshape(-1) < 0, np.float32(value), flat)
    return flat.reshape((len(flat), *index.shape))


def channels_last(lowering: Lowering, live: Live) -> Live:
    """(C, ...) as (..., C)."""
    return arranged(lowering, live, Layout.channels_last(live.shape))


def last_together(lowering: Lowering, live: Live, axis: int = -1) -> Live:
    """One axis of the source model behind all others, its own elements in any order."""
    groups = live.layout.groups(live.shape)
    tail = groups[axis]
    count = len(live.layout.fine) - len(tail)
    if set(live.layout.order[count:]) == set(tail):
        return live
    axes = [a for a in range(len(live.shape)) if a != axis % len(live.shape)]
    return arranged(lowering, live, Layout.permuted(
        live.shape, (*axes, axis % len(live.shape))))
