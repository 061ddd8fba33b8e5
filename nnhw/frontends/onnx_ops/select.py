# SPDX-License-Identifier: Apache-2.0
"""Slices, splits, pads, repeats and enlargements: elements picked by their positions."""

from typing import Any

import numpy as np

from nnhw.errors import ModelError
from nnhw.frontends.arrange import picked
from nnhw.frontends.constants import evaluate
from nnhw.frontends.moves import batch_positions, like_layout, moved, on_positions, still
from nnhw.frontends.onnx_ops.resize import nearest
from nnhw.frontends.registry import Call, handles, refuse
from nnhw.frontends.value import Live, Tensor

__all__: list[str] = []

#: Operators whose reference does to positions what it does to elements.
_MOVES = ("Split", "Gather", "GatherElements", "GatherND", "Expand", "Tile", "Compress",
          "DepthToSpace", "SpaceToDepth", "CenterCropPad")


def _reference(call: Call, index: Any) -> list[Any]:
    """The operator's outputs for an array in the place of its first operand."""
    others = [None if call.value(at) is None else np.asarray(call.const(at))
              for at in range(1, len(call))]
    try:
        made = evaluate(call.node, [index, *others])
    except ModelError as error:
        raise refuse(call.node, f"its operands do not fit a batch of any size ({error})") from None
    return [np.asarray(one) for one in made]


@handles(*_MOVES)
def move(call: Call) -> list[Live]:
    """Whatever ONNX's reference does to the positions of two samples."""
    live = call.live()
    made = _reference(call, batch_positions(live))
    stem = call.origin.name
    names = [stem] if len(made) == 1 else [f"{stem}_{at}" for at in range(len(made))]
    return [moved(call, live, lambda _, one=one: one, name)  # type: ignore[misc]
            for one, name in zip(made, names, strict=True)]


@handles("Slice")
def part(call: Call) -> Live:
    """From a start to an end along some axes, by a step."""
    starts, ends, axes, steps = call.attributes(starts=None, ends=None, axes=None, steps=None)
    if len(call) > 1:
        starts, ends, axes, steps = (call.const(at) for at in range(1, 5))
    live = call.live()
    axes = range(np.size(starts)) if axes is None else np.ravel(axes)
    steps = [1] * np.size(starts) if steps is None else np.ravel(steps)
    for axis, start, end, step in zip(axes, np.ravel(starts), np.ravel(ends), steps, strict=True):
        whole = start == 0 and end >= 2**31 - 1 and step == 1
        if call.axis(int(axis), live) == -len(live.shape) - 1 and not whole:
            raise refuse(call.node, "it cuts the batch; axes behind it would work")
    return moved(call, live, lambda index: _reference(call, index)[0])


@handles("Pad")
def pad(call: Call) -> Live:
    """Constant, reflected, repeated or wrapped borders."""
    mode, pads, value = call.attributes(mode="constant", pads=None, value=0.0)
    live = call.live()
    if mode != "constant":
        return moved(call, live, lambda index: _reference(call, index)[0])
    if len(call) > 1:
        pads = call.const(1)
        value = 0.0 if call.value(2) is None else float(np.ravel(call.const(2))[0])
    index = on_positions(call, live, _padded(call, live, pads))
    live = still(call, live, plain=True)
    tensor = live.source
    assert isinstance(tensor, Tensor)
    kind = call.lowering.type(tensor)
    unit = np.unique(np.asarray(tensor.scale) * 2.0**-np.asarray(kind.frac, dtype=np.float64))
    if not np.isfinite(value) or (value and len(unit) > 1):
        raise refuse(call.node, f"padding with {value:g} is not supported; 0 would work")
    mantissa = round(value / float(unit[0]))
    if len(unit) == 1 and mantissa * float(unit[0]) != value:
        call.lowering.notes.append(f"{call.origin.name}: pads with {mantissa * float(unit[0]):g}, "
                                   f"not {value:g}")
    return picked(call.lowering, live, index, like_layout(live, index.shape), "", call.origin.name,
                  mantissa)


def _padded(call: Call, live: Live, pads: Any) -> Any:
    """Positions with -1 around them."""
    rank = len(live.shape) + 1
    axes = call.const(3) if call.value(3) is not None else range(rank)
    widths = np.zeros((rank, 2), dtype=np.int64)
    pads = np.asarray(pads).reshape(2, -1)
    for at, axis in enumerate(axes):
        widths[int(axis) % rank] = pads[:, at]
    if widths[0].any():
        raise refuse(call.node, "it pads the batch; axes behind it would work")
    index = np.pad(batch_positions(live), np.maximum(widths, 0), constant_values=-1)
    crop = tuple(slice(max(0, -int(a)), n - max(0, -int(b)))
                 for (a, b), n in zip(widths, index.shape, strict=True))
    return index[crop]


@handles("Resize", "Upsample")
def resize(call: Call) -> Live:
    """Nearest neighbour."""
    live = call.live()
    places = nearest(call, live)

    def enlarge(index: Any) -> Any:
        for axis, at in enumerate(places, 1):
            index = index.take(at, axis)
        return index
    return moved(call, live, enlarge)
