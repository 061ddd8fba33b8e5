# SPDX-License-Identifier: Apache-2.0
"""Operators that only rename or reorder axes; in hardware they cost nothing."""

from typing import Any

import numpy as np

from nnhw.frontends.arrange import arranged
from nnhw.frontends.layout import Layout
from nnhw.frontends.registry import Call, handles, refuse
from nnhw.frontends.value import Const, Live, Value

__all__: list[str] = []


def reshaped(call: Call, live: Live, shape: tuple[int, ...]) -> Live:
    """The same elements in row-major order under another shape, batch axis left out."""
    if shape == live.shape:
        return live
    layout = live.layout.reshaped(shape)
    if layout is None:
        live = arranged(call.lowering, live, Layout.rows(live.shape))
        layout = Layout.rows(shape)
    steps = tuple(step.reshaped(live.shape, shape) for step in live.steps)
    sample = None if live.sample is None else live.sample.reshape((len(live.sample), *shape))
    return Live(shape, live.source, steps, sample, layout)


def _target(call: Call, live: Live, wanted: Any) -> tuple[int, ...]:
    """Shape of a Reshape whose batch is taken to be 1."""
    old = (1, *live.shape)
    dims = [old[at] if dim == 0 and at < len(old) else int(dim) for at, dim in enumerate(wanted)]
    size = int(np.prod(live.shape))
    if dims.count(-1) == 1:
        rest = int(np.prod([dim for dim in dims if dim != -1]))
        dims[dims.index(-1)] = size // rest if rest else 0
    if int(np.prod(dims)) != size or not dims or dims[0] != 1:
        raise refuse(call.node, f"shape {[int(n) for n in wanted]} of a tensor of shape "
                                f"{list(live.shape)} touches the batch axis; one that keeps it in "
                                "front would work")
    return tuple(dims[1:])


@handles("Reshape")
def reshape(call: Call) -> Live:
    """To a constant shape; an attribute before opset 5."""
    shape, allow_zero, _ = call.attributes(shape=None, allowzero=0, consumed_inputs=None)
    wanted = call.const(1) if len(call) > 1 else shape
    live = call.live()
    if allow_zero and not np.all(wanted):
        raise refuse(call.node, "allowzero=1 with a 0 in the shape is not supported; a shape "
                                "without 0 would work")
    return reshaped(call, live, _target(call, live, wanted))


@handles("Flatten")
def flatten(call: Call) -> Live:
    """To (batch, everything else)."""
    (axis,) = call.attributes(axis=1)
    live = call.live()
    if call.axis(axis, live) != -len(live.shape):
        raise refuse(call.node, f"axis {axis} joins samples of a batch; axis 1 would work")
    return reshaped(call, live, (int(np.prod(live.shape)),))


@handles("Squeeze")
def squeeze(call: Call) -> Live:
    """Drop axes of length 1."""
    axes, live = _axes(call)
    if axes is None:
        axes = [at for at, n in enumerate(live.shape, 1) if n == 1]
    places = {len(live.shape) + 1 + call.axis(int(axis), live) for axis in axes}
    if 0 in places:
        raise refuse(call.node, "it drops the batch axis; axes behind it would work")
    if any(live.shape[at - 1] != 1 for at in places):
        raise refuse(call.node, "it drops an axis longer than 1")
    return reshaped(call, live, tuple(n for at, n in enumerate(live.shape, 1) if at not in places))


@handles("Unsqueeze")
def unsqueeze(call: Call) -> Live:
    """Put in axes of length 1."""
    axes, live = _axes(call)
    axes = [] if axes is None else [int(axis) for axis in axes]
    rank = len(live.shape) + 1 + len(axes)
    places = sorted(axis % rank for axis in axes)
    if 0 in places:
        raise refuse(call.node, "it puts an axis in front of the batch; axes behind it would work")
    shape = list(live.shape)
    for at in places:
        shape.insert(at - 1, 1)
    return reshaped(call, live, tuple(shape))


def _axes(call: Call) -> tuple[Any, Live]:
    """Axes: an attribute before opset 13, an operand since."""
    (axes,) = call.attributes(axes=None)
    return (np.ravel(call.const(1)) if len(call) > 1 else axes), call.live()


@handles("Transpose")
def transpose(call: Call) -> Live:
    """Nothing moves: only what an axis is called."""
    live = call.live()
    rank = len(live.shape) + 1
    (perm,) = call.attributes(perm=list(range(rank))[::-1])
    if perm[0] != 0:
        raise refuse(call.node, f"perm {list(perm)} moves the batch axis; keeping it in front "
                                "would work")
    return transposed(live, tuple(axis - 1 for axis in perm[1:]))


def transposed(live: Live, axes: tuple[int, ...]) -> Live:
    """Axes of the source model under other numbers."""
    steps = tuple(step.transposed(len(live.shape), axes) for step in live.steps)
    sample = None if live.sample is None else live.sample.transpose(0, *(a + 1 for a in axes))
    return Live(tuple(live.shape[a] for a in axes), live.source, steps, sample,
                live.layout.transposed(live.shape, axes))


@handles("Identity", "Dropout")
def identity(call: Call) -> Value:
    """Nothing, at inference."""
    if call.node.kind == "Identity":
        call.attributes()
    else:
        call.attributes(ratio=0.5, seed=0, is_test=1, consumed_inputs=None)
        if any(call.node.outputs[1:]):
            raise refuse(call.node, "its mask output is not supported")
        training = call.const(2) if len(call) > 2 else None
        if training is not None and bool(np.asarray(training).any()):
            raise refuse(call.node, "training_mode is on; inference would work")
    value = call.value(0)
    assert value is not None
    return value


@handles("Shape")
def shape(call: Call) -> Const:
    """The shape of a tensor, with a batch of 1."""
    start, end = call.attributes(start=0, end=None)
    return Const(np.array((1, *call.live().shape), dtype=np.int64)[start:end])


@handles("Cast")
def cast(call: Call) -> Live:
    """From float to float, or of an index to any type of number."""
    from onnx import TensorProto

    to, _, _ = call.attributes(to=None, saturate=1, round_mode="up")
    if to not in (TensorProto.FLOAT, TensorProto.DOUBLE):
        raise refuse(call.node, f"to {TensorProto.DataType.Name(to)} is not supported; a cast to "
                                "FLOAT would work")
    return call.live()
