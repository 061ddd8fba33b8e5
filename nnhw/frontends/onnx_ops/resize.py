# SPDX-License-Identifier: Apache-2.0
"""Resize and Upsample by the nearest neighbour: which element each result shows."""

from typing import Any

import numpy as np

from nnhw.frontends.registry import Call, refuse
from nnhw.frontends.value import Live

__all__ = ["nearest"]


def nearest(call: Call, live: Live) -> list[Any]:
    """For each axis behind the batch, the place of the operand that each result shows."""
    scales, sizes, mode, rounding = _arguments(call, live)
    result = []
    for n, scale, size in zip(live.shape, scales, sizes, strict=True):
        if size < 1:
            raise refuse(call.node, "its result has no elements")
        at = np.arange(size)
        place = _coordinates(call, mode, at, n, size, scale)
        result.append(np.clip(_rounded(call, rounding, place), 0, n - 1))
    return result


def _arguments(call: Call, live: Live) -> tuple[list[float], list[int], str, str]:
    """Scale and size of each axis, and both modes."""
    attributes: tuple[Any, ...] = call.attributes(
        mode="nearest", scales=None, coordinate_transformation_mode="half_pixel",
        nearest_mode="round_prefer_floor", cubic_coeff_a=-0.75, exclude_outside=0,
        extrapolation_value=0.0, antialias=0, axes=None, keep_aspect_ratio_policy="stretch")
    kind, scales, mode, rounding = attributes[:4]
    axes, policy = attributes[8:]
    if kind != "nearest" or mode == "tf_crop_and_resize":
        raise refuse(call.node, f"mode '{kind}' with '{mode}' is not supported; mode 'nearest' "
                                "would work")
    if call.node.kind == "Upsample" or call.node.opset < 11:
        mode, rounding = "asymmetric", "floor"
        scales = call.const(1) if scales is None else scales
        sizes = None
    else:
        scales = call.const(2)
        sizes = call.const(3)
    rank = len(live.shape) + 1
    if sizes is not None and np.size(sizes):
        full = _along(call, axes, sizes, (1, *live.shape), rank)
        ratio = [s / n for s, n in zip(full, (1, *live.shape), strict=True)]
        ratio, full = _kept(policy, ratio, full, (1, *live.shape), axes, rank)
    else:
        ratio = [float(v) for v in _along(call, axes, scales, [1.0] * rank, rank)]
        full = [int(np.floor(n * s)) for n, s in zip((1, *live.shape), ratio, strict=True)]
    if full[0] != 1:
        raise refuse(call.node, "it resizes the batch; axes behind it would work")
    return ratio[1:], [int(n) for n in full[1:]], mode, rounding


def _along(call: Call, axes: Any, values: Any, default: Any, rank: int) -> list[Any]:
    if values is None:
        raise refuse(call.node, "it needs scales or sizes")
    full = list(default)
    for axis, value in zip(range(rank) if axes is None else axes, np.ravel(values), strict=True):
        full[int(axis) % rank] = float(value) if isinstance(default[0], float) else int(value)
    return full


def _kept(policy: str, ratio: Any, sizes: Any, shape: Any, axes: Any, rank: int) -> Any:
    """One ratio for all given axes, where the aspect is kept."""
    if policy == "stretch":
        return ratio, sizes
    given = [int(a) % rank for a in (range(rank) if axes is None else axes)]
    one = (min if policy == "not_larger" else max)(ratio[a] for a in given)
    for a in given:
        ratio[a], sizes[a] = one, int(np.floor(shape[a] * one + 0.5))
    return ratio, sizes


def _coordinates(call: Call, mode: str, at: Any, n: int, size: int, scale: float) -> Any:
    match mode:
        case "asymmetric":
            return at / scale
        case "half_pixel":
            return (at + 0.5) / scale - 0.5
        case "pytorch_half_pixel":
            return (at + 0.5) / scale - 0.5 if size > 1 else at * 0.0
        case "align_corners":
            return at * (n - 1) / (size - 1) if size > 1 else at * 0.0
        case "half_pixel_symmetric":
            adjust = size / (scale * n)
            return n / 2 * (1 - adjust) + (at + 0.5) / scale - 0.5
    raise refuse(call.node, f"coordinate_transformation_mode '{mode}' is not supported; "
                            "'asymmetric' or 'half_pixel' would work")


def _rounded(call: Call, mode: str, x: Any) -> Any:
    match mode:
        case "round_prefer_floor":
            return np.ceil(x - 0.5).astype(np.int64)
        case "round_prefer_ceil":
            return np.floor(x + 0.5).astype(np.int64)
        case "floor":
            return np.floor(x).astype(np.int64)
        case "ceil":
            return np.ceil(x).astype(np.int64)
    raise refuse(call.node, f"nearest_mode '{mode}' is not supported; 'floor' would work")
