# SPDX-License-Identifier: Apache-2.0
"""Pools: a Window and a Reduce, or a Total where the window is the whole image."""

from dataclasses import replace
from typing import Any

import numpy as np

from nnhw.frontends.arrange import channels_last
from nnhw.frontends.geometry import Geometry, image_shape, read_geometry, sample_windows
from nnhw.frontends.images import as_image, image_layout, window
from nnhw.frontends.registry import Call, handles, refuse
from nnhw.frontends.settle import ground, integer
from nnhw.frontends.steps import Step
from nnhw.frontends.value import IntProduct, Live, Tensor
from nnhw.layers import Reduce, Total

__all__ = ["averaged", "pool_geometry"]


@handles("MaxPool")
def max_pool(call: Call) -> Live:
    """Largest element of each window."""
    kernel, strides, dilations, pads, auto_pad, ceil_mode, storage_order = call.attributes(
        kernel_shape=None, strides=None, dilations=None, pads=None, auto_pad="NOTSET",
        ceil_mode=0, storage_order=0)
    if storage_order:
        raise refuse(call.node, "storage_order=1 is not supported; storage_order=0 would work")
    if len([name for name in call.node.outputs if name]) > 1:
        raise refuse(call.node, "its second output, the indices, is not supported")
    x = call.live()
    size, axes = image_shape(call, x.shape)
    g = read_geometry(call, size, axes, kernel, strides, dilations, pads, auto_pad, ceil_mode)
    _filled(call, g.counts(False, g.places))
    low = call.lowering
    settled = _ascending(call, channels_last(low, x))
    call.settle(x, settled)
    x, tensor = as_image(low, settled, g)
    made = pooled(call, tensor, g, "max", low.type(tensor).bounds[0])
    shape, layout = image_layout(x.shape[0], g)
    sample = None if x.sample is None else sample_windows(
        x.sample, g, -np.inf, lambda w: w.max(axis=(4, 5)))
    return Live(shape, made, x.steps, sample, layout)


def _ascending(call: Call, x: Live) -> Live:
    """A value whose largest element is where its tensor's is: only such steps stay pending."""
    exact = isinstance(x.source, IntProduct) or (
        isinstance(x.source, Tensor) and not x.source.wide)
    if exact and all(_commutes(step, x) for step in x.steps):
        return ground(call.lowering, x)
    return integer(call.lowering, x)


def _commutes(step: Step, x: Live) -> bool:
    if not np.all(step.sign() > 0):
        return False
    shape = np.shape(step.constant) if step.is_elementwise else ()
    return all(n == 1 for n in shape[max(0, len(shape) - len(x.shape) + 1):])


def pooled(call: Call, tensor: Tensor, g: Geometry, how: str, value: int) -> Tensor:
    """The Window and Reduce, or the Total; the result is (OH, OW, C)."""
    low, name = call.lowering, call.origin.name
    if g.is_whole:
        op: Any = Total(low.unique(name), low.type(tensor), how)
        made = replace(tensor, name=low.emit(op, tensor.name))
        if np.size(made.scale) > 1:
            made = replace(made, scale=np.ravel(made.scale))
        return made
    views = window(low, tensor, g, f"{name}_window", value)
    op = Reduce(low.unique(name), low.type(views), how)
    return replace(tensor, name=low.emit(op, views.name))


@handles("AveragePool")
def average_pool(call: Call) -> Live:
    """Sum of each window, then a pending division by its elements."""
    x = call.live()
    return averaged(call, x, *pool_geometry(call, x))


def pool_geometry(call: Call, x: Live, whole: bool = False) -> tuple[Geometry, Any]:
    """Windows of an average, and how many elements each one counts."""
    kernel, strides, dilations, pads, auto_pad, ceil_mode, padded, _ = call.attributes(
        kernel_shape=None, strides=None, dilations=None, pads=None, auto_pad="NOTSET",
        ceil_mode=0, count_include_pad=0, channels_last=0)
    size, axes = image_shape(call, x.shape)
    kernel = size[2 - axes:] if whole else kernel
    plain = read_geometry(call, size, axes, kernel, strides, dilations, pads, auto_pad)
    g = read_geometry(call, size, axes, kernel, strides, dilations, pads, auto_pad, ceil_mode)
    return g, _filled(call, replace(g, after=plain.after).counts(bool(padded), g.places))


def _filled(call: Call, counts: Any) -> Any:
    """``counts``, none of which may be 0."""
    if not counts.all():
        raise refuse(call.node, "one of its windows lies in the padding altogether and has no "
                                "value; smaller pads, dilations or strides would work")
    return counts


def averaged(call: Call, x: Live, g: Geometry, counts: Any) -> Live:
    """Sums over windows, divided by ``counts``, (OH, OW)."""
    low = call.lowering
    settled = integer(low, channels_last(low, x))
    call.settle(x, settled)
    x, tensor = as_image(low, settled, g)
    made = replace(pooled(call, tensor, g, "sum", 0), wide=True, origins=(call.origin,))
    shape, layout = image_layout(x.shape[0], g)
    sample = None if x.sample is None else sample_windows(
        x.sample, g, 0.0, lambda w: w.sum(axis=(4, 5)))
    same = np.all(counts == counts[0, 0])
    divisor = np.float32(counts[0, 0]) if same else counts.reshape(
        (1, *g.spatial)).astype(np.float32)
    return Live(shape, made, (), sample, layout).then(Step("div", divisor, call.origin))


@handles("GlobalAveragePool", "GlobalMaxPool")
def global_pool(call: Call) -> Live:
    """Over all spatial axes."""
    call.attributes()
    x = call.live()
    size, axes = image_shape(call, x.shape)
    g = read_geometry(call, size, axes, size[2 - axes:], None, None, None, "NOTSET")
    if call.node.kind == "GlobalAveragePool":
        return averaged(call, x, g, np.full((1, 1), size[0] * size[1]))
    low = call.lowering
    settled = _ascending(call, channels_last(low, x))
    call.settle(x, settled)
    x, tensor = as_image(low, settled, g)
    made = pooled(call, tensor, g, "max", 0)
    shape, layout = image_layout(x.shape[0], g)
    sample = None if x.sample is None else x.sample.max(
        axis=tuple(range(2, 2 + axes)), keepdims=True)
    return Live(shape, made, x.steps, sample, layout)
