# SPDX-License-Identifier: Apache-2.0
"""ConvTranspose: zeros between the elements, then a convolution with the kernel turned round."""

from typing import Any

import numpy as np

from nnhw.frontends.arrange import picked
from nnhw.frontends.geometry import Geometry, Pair, image_shape, read_geometry
from nnhw.frontends.layout import Layout
from nnhw.frontends.onnx_ops.conv import biased, convolved
from nnhw.frontends.registry import Call, handles, refuse
from nnhw.frontends.settle import integer
from nnhw.frontends.value import Const, Live

__all__: list[str] = []


@handles("ConvTranspose")
def conv_transpose(call: Call) -> Live:
    """Of one or two spatial axes, grouped or not."""
    kernel, strides, dilations, pads, auto_pad, group, extra, wanted = call.attributes(
        kernel_shape=None, strides=None, dilations=None, pads=None, auto_pad="NOTSET", group=1,
        output_padding=None, output_shape=None)
    x, weight = call.live(), call.value(1)
    if not isinstance(weight, Const):
        raise refuse(call.node, "the kernel must be a constant, not a tensor that depends on the "
                                "input")
    size, axes = image_shape(call, x.shape)
    if weight.value.ndim != axes + 2 or len(weight.value) != x.shape[0]:
        raise refuse(call.node, f"a kernel of shape {weight.value.shape} does not fit a tensor of "
                                f"shape {x.shape}")
    wide = [max(1 << 30, n) for n in size]
    g = read_geometry(call, (wide[0], wide[1]), axes, kernel or weight.value.shape[2:], strides,
                      dilations, pads, "NOTSET")
    more = _pair(extra, axes)
    before, after = _cut(call, g, size, more, wanted, auto_pad, axes)
    x = _spaced(call, x, g.stride, size, axes)
    spaced = ((size[0] - 1) * g.stride[0] + 1, (size[1] - 1) * g.stride[1] + 1)
    turned = Geometry(spaced, g.kernel, (1, 1), g.dilation, before, after, axes)
    if min((*before, *after)) < 0 or min(turned.places) < 1:
        raise refuse(call.node, "pads beyond the kernel's reach are not supported; smaller ones "
                                "would work")
    y = convolved(call, x, weight.mapped(lambda a: _turned(a, group), weight.name), turned, group)
    bias = call.value(2)
    return y if bias is None else biased(call, y, bias)


def _pair(values: Any, axes: int) -> Pair:
    found = [0] * axes if values is None or not len(values) else list(values)
    return (0, found[0]) if axes == 1 else (found[0], found[1])


def _cut(call: Call, g: Geometry, size: Pair, more: Pair, wanted: Any, auto_pad: str, axes: int
         ) -> tuple[Pair, Pair]:
    """Padding of the convolution that comes to the same as the pads taken off the result."""
    begin, end = list(g.before), list(g.after)
    shape = _pair(wanted, axes)
    for k in range(2):
        full = g.stride[k] * (size[k] - 1) + more[k] + g.reach[k]
        if wanted is not None and len(wanted) and (k or axes == 2):
            total = full - shape[k]
        elif auto_pad in ("SAME_UPPER", "SAME_LOWER"):
            total = full - size[k] * g.stride[k]
        elif auto_pad in ("NOTSET", "VALID", ""):
            continue
        else:
            raise refuse(call.node, f"auto_pad '{auto_pad}' is not supported; NOTSET would work")
        less = total // 2
        begin[k], end[k] = (less, total - less) if auto_pad == "SAME_UPPER" else (
            total - less, less)
    before = [g.reach[k] - 1 - begin[k] for k in range(2)]
    after = [g.reach[k] - 1 - end[k] + more[k] for k in range(2)]
    return (before[0], before[1]), (after[0], after[1])


def _spaced(call: Call, x: Live, stride: Pair, size: Pair, axes: int) -> Live:
    """With ``stride - 1`` zeros between the elements."""
    if stride == (1, 1):
        return x
    index = np.full((x.shape[0], *((n - 1) * s + 1 for n, s in zip(size, stride, strict=True))), -1)
    index[:, ::stride[0], ::stride[1]] = np.arange(int(np.prod(x.shape))).reshape(
        x.shape[0], *size)
    index = index.reshape((x.shape[0], *index.shape[3 - axes:]))
    return picked(call.lowering, integer(call.lowering, x), index,
                  Layout.channels_last(index.shape), "", f"{call.origin.name}_spaced")


def _turned(kernel: Any, groups: int) -> Any:
    """(C, M / groups, ...) as (M, C / groups, ...), all spatial axes backwards."""
    parts = kernel.reshape((groups, -1, *kernel.shape[1:])).swapaxes(1, 2)
    parts = parts.reshape((-1, *parts.shape[2:]))
    return np.flip(parts, tuple(range(2, parts.ndim)))


