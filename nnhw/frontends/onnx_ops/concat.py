# SPDX-License-Identifier: Apache-2.0
"""Concat, of any number of tensors along any axis."""

from dataclasses import replace
from typing import Any

import numpy as np

from nnhw.frontends.arrange import arranged, picked
from nnhw.frontends.joins import aligned
from nnhw.frontends.layout import Layout
from nnhw.frontends.moves import like_layout
from nnhw.frontends.registry import Call, handles, refuse
from nnhw.frontends.settle import integer
from nnhw.frontends.steps import Step
from nnhw.frontends.value import Const, Live, Tensor
from nnhw.layers import Concat
from nnhw.layers.reshape.op import refit

__all__ = ["concatenated"]

_QUANTIZERS = ("QuantizeLinear", "Quant", "IntQuant", "BipolarQuant")


@handles("Concat")
def concat(call: Call) -> Live:
    """Of tensors that depend on the input, and of constants beside them."""
    (axis,) = call.attributes(axis=1)
    first = next(at for at in range(len(call)) if isinstance(call.value(at), Live))
    live = call.live(first)
    at = call.axis(axis, live)
    if at < -len(live.shape):
        raise refuse(call.node, f"axis {axis} is the batch; another axis would work")
    return concatenated(call, _operands(call, first, at), at % len(live.shape))


def _operands(call: Call, first: int, axis: int) -> list[Live]:
    """Constants become borders of the tensor in front of them, or of the first one."""
    lives: list[Live] = []
    ahead = [_constant(call, at) for at in range(first)]
    behind: list[Any] = []
    for at in range(first, len(call) + 1):
        if at < len(call) and isinstance(call.value(at), Const):
            behind.append(_constant(call, at))
            continue
        if lives:
            lives[-1] = _bordered(call, lives[-1], ahead, behind, axis)
            ahead, behind = [], []
        if at < len(call):
            lives.append(call.live(at))
    return lives


def _constant(call: Call, at: int) -> Any:
    """A constant operand without its batch axis."""
    value = np.asarray(call.const(at))
    if value.ndim == 0 or value.shape[0] != 1:
        raise refuse(call.node, f"constant operand {at} has shape {value.shape}; one sample, a "
                                "first axis of 1, would work")
    return value[0]


def _bordered(call: Call, live: Live, ahead: list[Any], behind: list[Any], axis: int) -> Live:
    """The tensor with constants in front of and behind it: zeros, to which they are added."""
    if not ahead and not behind:
        return live
    index = np.arange(int(np.prod(live.shape))).reshape(live.shape)
    try:
        index = np.concatenate([*(np.full(c.shape, -1) for c in ahead), index,
                                *(np.full(c.shape, -1) for c in behind)], axis)
        values = np.concatenate([*ahead, np.zeros(live.shape), *behind], axis)
    except ValueError:
        raise refuse(call.node, "its operands differ along other axes than that of the Concat"
                     ) from None
    settled = integer(call.lowering, live, exact=True)
    made = picked(call.lowering, settled, index, like_layout(live, index.shape), "bordered")
    step = Step("add", values.astype(np.float32), call.origin)
    return made.then(step) if values.any() else made


def concatenated(call: Call, lives: list[Live], axis: int) -> Live:
    """Along an axis of the source model's shape."""
    if len(lives) == 1:
        return lives[0]
    layout = next((x.layout for x in lives if not x.layout.is_rows), None)
    axes = None if layout is None else next(
        x.layout.axes(x.shape) for x in lives if x.layout is layout)
    full = _all_axes(axes, len(lives[0].shape))
    lives = [arranged(call.lowering, x, Layout.permuted(x.shape, full)) for x in lives]
    if _feeds_quantizers(call):
        done = [integer(call.lowering, x, exact=True) for x in lives]
        if all(call.lowering.type(_tensor(x)).is_uniform for x in done):
            return _chained(call, [_raw(call, x) for x in done], axis, full, 0, None)
    return _chained(call, *_aligned(call, lives, axis, full))


def _aligned(call: Call, lives: list[Live], axis: int, axes: tuple[int, ...]) -> Any:
    done, frac, scale = aligned(call, lives)
    return done, axis, axes, frac, scale


def _feeds_quantizers(call: Call) -> bool:
    """Whether scales that differ from part to part do no harm: each is rescaled on its own."""
    readers = call.lowering.readers.get(call.node.outputs[0], ())
    return bool(readers) and all(node.kind in _QUANTIZERS for node in readers)


def _chained(call: Call, lives: list[Live], axis: int, axes: tuple[int, ...], frac: Any,
             scale: float | None) -> Live:
    """One after the other; without a common scale each part keeps its own."""
    made, name = lives[0], call.origin.name
    for k, other in enumerate(lives[1:], 1):
        made = _pair(call, made, other, axis, axes, frac, scale,
                     name if k == len(lives) - 1 else f"{name}_{k}")
    return made


def _raw(call: Call, live: Live) -> Live:
    """With the binary point in the scale."""
    tensor = _tensor(live)
    unit = 2.0**-int(call.lowering.type(tensor).frac)
    return replace(live, source=replace(tensor, scale=np.asarray(tensor.scale) * unit))


def _tensor(live: Live) -> Tensor:
    assert isinstance(live.source, Tensor)
    return live.source


def _scales(a: Tensor, b: Tensor, shapes: list[tuple[int, ...]], ours: tuple[int, ...]) -> Any:
    """Both scales side by side along the last axis, for the whole result."""
    parts = [np.broadcast_to(np.asarray(t.scale, dtype=np.float64), (*(1,) * (len(s) - 1), s[-1]))
             if np.size(t.scale) == 1 else np.broadcast_to(t.scale, s)
             for t, s in zip((a, b), shapes, strict=True)]
    lead = np.broadcast_shapes(*(p.shape[:-1] for p in parts))
    joined = np.concatenate([np.broadcast_to(p, (*lead, p.shape[-1])) for p in parts], axis=-1)
    wide = (*shapes[0][:-1], shapes[0][-1] + shapes[1][-1])
    return refit(joined, wide, ours)


def _all_axes(axes: Any, rank: int) -> tuple[int, ...]:
    found = tuple(range(rank)) if axes is None else axes
    return (*(a for a in range(rank) if a not in found), *found)


def _pair(call: Call, a: Live, b: Live, axis: int, axes: tuple[int, ...], frac: int,
          scale: float | None, name: str) -> Live:
    low = call.lowering
    at = axes.index(axis)
    shape = tuple(n + b.shape[k] if k == axis else n for k, n in enumerate(a.shape))
    ours = tuple(shape[k] for k in axes)
    parts = []
    for live in (a, b):
        assert isinstance(live.source, Tensor)
        dims = tuple(live.shape[k] for k in axes)
        flat = (*dims[:at], int(np.prod(dims[at:])))
        parts.append(low.shaped(live.source, flat))
    kinds = [low.type(part) for part in parts]
    shifts = [0 if scale is None else frac - int(kind.frac) for kind in kinds]
    op = Concat(low.unique(name), kinds[0], kinds[1], shifts[0], shifts[1], frac)
    wide = any(part.wide for part in parts)
    both = _scales(parts[0], parts[1], [k.shape for k in kinds], ours) if scale is None else scale
    made = Tensor(low.emit(op, *(part.name for part in parts)), 1.0, wide, (call.origin,))
    made = replace(low.shaped(made, ours), scale=both)
    sample = None if a.sample is None or b.sample is None else np.concatenate(
        [a.sample, b.sample], axis=axis + 1)
    return Live(shape, made, (), sample, Layout.permuted(shape, axes))


