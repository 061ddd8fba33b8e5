# SPDX-License-Identifier: Apache-2.0
"""Convolutions: a Window and a matrix product."""

from dataclasses import replace
from typing import Any

import numpy as np

from nnhw.frontends.arrange import channels_last
from nnhw.frontends.geometry import Geometry, image_shape, read_geometry, sample_windows
from nnhw.frontends.images import as_image, image_layout, window
from nnhw.frontends.onnx_ops.linear import add_constant
from nnhw.frontends.products import pending
from nnhw.frontends.registry import Call, handles, refuse
from nnhw.frontends.settle import integer
from nnhw.frontends.value import Const, Live, Tensor

__all__ = ["biased", "convolved", "kernel_geometry"]


@handles("Conv")
def conv(call: Call) -> Live:
    """Of one or two spatial axes, grouped or not."""
    x, weight = call.live(), call.value(1)
    if not isinstance(weight, Const):
        raise refuse(call.node, "the kernel must be a constant, not a tensor that depends on the "
                                "input")
    g, group = kernel_geometry(call, x, weight)
    y = convolved(call, x, weight, g, group)
    bias = call.value(2)
    return y if bias is None else biased(call, y, bias)


def kernel_geometry(call: Call, x: Live, weight: Const) -> tuple[Geometry, int]:
    """What the node's attributes say of a kernel (M, C / groups, ...); and its groups."""
    kernel, strides, dilations, pads, auto_pad, group = call.attributes(
        kernel_shape=None, strides=None, dilations=None, pads=None, auto_pad="NOTSET", group=1)
    size, axes = image_shape(call, x.shape)
    if weight.value.ndim != axes + 2 or weight.value.shape[1] * group != x.shape[0]:
        raise refuse(call.node, f"a kernel of shape {weight.value.shape} with group {group} does "
                                f"not fit a tensor of shape {x.shape}")
    if len(weight.value) % group:
        raise refuse(call.node, f"{len(weight.value)} channels cannot make {group} groups")
    return read_geometry(call, size, axes, kernel or weight.value.shape[2:], strides, dilations,
                         pads, auto_pad), group


def biased(call: Call, y: Live, bias: Any) -> Live:
    """With a constant for each channel added."""
    if not isinstance(bias, Const):
        raise refuse(call.node, "the bias must be a constant, not a tensor that depends on the "
                                "input")
    shape = (-1,) + (1,) * (len(y.shape) - 1)
    return add_constant(call, y, bias.mapped(
        lambda a: np.asarray(a).reshape(shape) if np.size(a) > 1 else a, bias.name))


def convolved(call: Call, x: Live, weight: Const, g: Geometry, groups: int) -> Live:
    """The pending product of an image's windows and a kernel (M, C / groups, ...)."""
    low = call.lowering
    settled = integer(low, channels_last(low, x))
    call.settle(x, settled)
    _, tensor = as_image(low, settled, g)
    rows = weight.mapped(lambda a: a.reshape(len(a), -1), weight.name)
    operand = _operand(call, tensor, g, groups)
    shape, layout = image_layout(len(weight.value), g)
    sample = None
    if x.sample is not None:
        kernel = rows.value.astype(np.float32).reshape(groups, -1, rows.value.shape[1])
        sample = sample_windows(x.sample, g, 0.0, lambda w: _float_product(w, kernel))
    return Live(shape, pending(call, operand, rows, groups), (), sample, layout)


def _float_product(windows: Any, kernel: Any) -> Any:
    """(n, OH, OW, C, kh, kw) by (groups, M / groups, C / groups * taps)."""
    groups, _, fan_in = kernel.shape
    flat = windows.reshape(-1, groups, fan_in)
    parts = [flat[:, k] @ kernel[k].T for k in range(groups)]
    return np.concatenate(parts, axis=-1).reshape((*windows.shape[:3], -1))


def _operand(call: Call, tensor: Tensor, g: Geometry, groups: int) -> Tensor:
    """Vectors for the product: (OH, OW, fan_in) or (OH, OW, groups, fan_in)."""
    low = call.lowering
    channels = low.type(tensor).shape[-1]
    if not g.is_pointwise:
        tensor = window(low, tensor, g, f"{call.origin.name}_window")
    fan_in = channels * g.kernel[0] * g.kernel[1] // groups
    shape = (*g.places, fan_in) if groups == 1 else (*g.places, groups, fan_in)
    if np.size(tensor.scale) > 1 and not g.is_pointwise:
        full = np.broadcast_to(tensor.scale, low.type(tensor).shape[2:]).reshape(shape[2:])
        return replace(low.shaped(replace(tensor, scale=1.0), shape), scale=full)
    return low.shaped(tensor, shape)
