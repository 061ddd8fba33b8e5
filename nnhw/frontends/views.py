# SPDX-License-Identifier: Apache-2.0
"""A value as the source model sees it, and as it lies in our graph."""

from dataclasses import replace
from typing import Any

import numpy as np

from nnhw.frontends.layout import Layout
from nnhw.frontends.lowering import Lowering
from nnhw.frontends.steps import Step
from nnhw.frontends.value import Live, Port, Tensor
from nnhw.ir.graph import HostStep

__all__ = ["entering", "host_layout", "model_view", "our_shape", "our_view", "spread"]


def our_shape(lowering: Lowering, live: Live) -> tuple[int, ...]:
    """Shape of the tensor that stands, or will stand, for a value."""
    source = live.source
    match source:
        case Tensor():
            return lowering.type(source).shape
        case Port():
            return source.ours
    axes = 1 if source.groups == 1 else 2
    return (*lowering.type(source.operand).shape[:-axes], len(source.weight))


def spread(lowering: Lowering, live: Live, constant: Any) -> Any:
    """A constant that broadcasts to the source model's tensor, for ours."""
    return live.layout.spread(constant, live.shape, our_shape(lowering, live))


def our_view(lowering: Lowering, live: Live) -> Live:
    """The same value in our own shape and order, pending steps and all."""
    live = entering(live) if isinstance(live.source, Port) else live
    shape = our_shape(lowering, live)
    return Live(shape, live.source, tuple(_spread_step(s, live, shape) for s in live.steps),
                live.sample)


def model_view(live: Live, done: Live) -> Live:
    """``done``, which came of the view of ``live`` in our order, in the source model's."""
    kept = live.steps[len(live.steps) - len(done.steps):]
    return replace(live, source=done.source, steps=kept)


def _spread_step(step: Step, live: Live, shape: tuple[int, ...]) -> Step:
    if not step.is_elementwise:
        return step
    return replace(step, constant=live.layout.spread(step.constant, live.shape, shape))


def entering(live: Live) -> Live:
    """A value on a port, the host's reshape included where the model reshapes its input."""
    port = live.source
    assert isinstance(port, Port)
    same = [n for n in port.ours if n != 1] == [n for n in live.shape if n != 1]
    if same or not live.layout.is_rows:
        return live
    moves = (*port.moves, HostStep("reshape", live.shape))
    return replace(live, source=replace(port, ours=live.shape, moves=moves))


def host_layout(layout: Layout, shape: tuple[int, ...]) -> tuple[HostStep, ...]:
    """What brings our tensor back into the source model's shape, on the host."""
    if layout.is_rows:
        return ()
    back = np.argsort(layout.order)
    return (HostStep("reshape", layout.dims),
            HostStep("transpose", (0, *(int(a) + 1 for a in back))), HostStep("reshape", shape))
