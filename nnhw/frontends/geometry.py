# SPDX-License-Identifier: Apache-2.0
"""Kernels, strides, dilations and paddings of convolutions and pools, as ONNX writes them."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nnhw.frontends.registry import Call, refuse

__all__ = ["Geometry", "image_shape", "read_geometry", "sample_windows"]

Pair = tuple[int, int]

#: Elements of float windows that are made at once.
_CHUNK = 1 << 23


@dataclass(frozen=True)
class Geometry:
    """Places of a kernel on an image; one-dimensional signals have one row.

    Parameters
    ----------
    size : pair of int
        Of the image.
    kernel, stride, dilation, before, after : pair of int
        As in ``Window``.
    axes : int
        Spatial axes in the source model, 1 or 2.
    """

    size: Pair
    kernel: Pair
    stride: Pair
    dilation: Pair
    before: Pair
    after: Pair
    axes: int

    @property
    def reach(self) -> Pair:
        """Rows and columns that a kernel spans."""
        r, c = ((self.kernel[k] - 1) * self.dilation[k] + 1 for k in range(2))
        return r, c

    @property
    def places(self) -> Pair:
        """Rows and columns of the result."""
        r, c = ((self.size[k] + self.before[k] + self.after[k] - self.reach[k]) // self.stride[k]
                + 1 for k in range(2))
        return r, c

    @property
    def spatial(self) -> tuple[int, ...]:
        """Spatial axes of the result in the source model."""
        return self.places[2 - self.axes:]

    @property
    def is_pointwise(self) -> bool:
        """Whether every place sees one element and no element is left out."""
        return (self.kernel, self.stride, self.before, self.after) == ((1, 1), (1, 1), (0, 0),
                                                                       (0, 0))

    @property
    def is_whole(self) -> bool:
        """Whether the one place is the whole image."""
        return self.kernel == self.size and not any((*self.before, *self.after)) \
            and self.dilation == (1, 1)

    def counts(self, padded: bool, places: Pair) -> Any:
        """Elements of each of ``places`` inside of the image, or of the padded image."""
        ones = []
        for k in range(2):
            at = (np.arange(places[k]) * self.stride[k] - self.before[k])[:, None]
            at = at + np.arange(self.kernel[k]) * self.dilation[k]
            low, high = (-self.before[k], self.size[k] + self.after[k]) if padded else (
                0, self.size[k])
            ones.append(((at >= low) & (at < high)).sum(axis=1))
        return ones[0][:, None] * ones[1]


def image_shape(call: Call, shape: tuple[int, ...]) -> tuple[Pair, int]:
    """Rows and columns of a tensor (C, L) or (C, H, W), and how many of them the model has."""
    if len(shape) not in (2, 3):
        raise refuse(call.node, f"a tensor with {len(shape) - 1} spatial axes is not supported; "
                                "one or two would work")
    rows, columns = (1, *shape[1:]) if len(shape) == 2 else shape[1:]
    return (rows, columns), len(shape) - 1


def read_geometry(call: Call, size: Pair, axes: int, kernel: Any, strides: Any, dilations: Any,
                  pads: Any, auto_pad: Any, ceil_mode: int = 0) -> Geometry:
    """The geometry that a node's attributes describe."""
    def pair(values: Any, default: int, what: str) -> Pair:
        values = [default] * axes if values is None or not len(values) else list(values)
        if len(values) != axes or min(values) < min(default, 1):
            raise refuse(call.node, f"{what} {values} does not fit {axes} spatial axes")
        return (default if default else 0, values[0]) if axes == 1 else (values[0], values[1])

    kernel = pair(kernel, 1, "kernel_shape")
    pads = [0] * (2 * axes) if pads is None or not len(pads) else list(pads)
    if len(pads) != 2 * axes or min(pads) < 0:
        raise refuse(call.node, f"pads {pads} must be {2 * axes} numbers, none negative")
    made = Geometry(size, kernel, pair(strides, 1, "strides"), pair(dilations, 1, "dilations"),
                    pair(pads[:axes], 0, "pads"), pair(pads[axes:], 0, "pads"), axes)
    made = _auto_padded(call, made, auto_pad)
    if ceil_mode:
        made = _rounded_up(made)
    if min(made.places) < 1:
        raise refuse(call.node, f"a kernel that spans {made.reach} is larger than the padded image "
                                f"of {size}")
    return made


def _auto_padded(call: Call, g: Geometry, auto_pad: Any) -> Geometry:
    if auto_pad in ("", "NOTSET"):
        return g
    if auto_pad == "VALID":
        return replace(g, before=(0, 0), after=(0, 0))
    if auto_pad not in ("SAME_UPPER", "SAME_LOWER"):
        raise refuse(call.node, f"auto_pad '{auto_pad}' is not supported; NOTSET, VALID, "
                                "SAME_UPPER or SAME_LOWER would work")
    total = [max(0, (-(-g.size[k] // g.stride[k]) - 1) * g.stride[k] + g.reach[k] - g.size[k])
             for k in range(2)]
    less, more = ([t // 2 for t in total], [t - t // 2 for t in total])
    if auto_pad == "SAME_LOWER":
        less, more = more, less
    return replace(g, before=(less[0], less[1]), after=(more[0], more[1]))


def _rounded_up(g: Geometry) -> Geometry:
    """One more place where the last one would else be cut off, if it begins inside."""
    after = list(g.after)
    for k in range(2):
        span = g.size[k] + g.before[k] + g.after[k] - g.reach[k]
        places = -(-span // g.stride[k]) + 1
        if (places - 1) * g.stride[k] >= g.size[k] + g.before[k]:
            places -= 1
        after[k] += max(0, (places - 1) * g.stride[k] - span)
    return replace(g, after=(after[0], after[1]))


def sample_windows(sample: Any, g: Geometry, value: float, function: Any) -> Any:
    """``function`` of windows (n, OH, OW, C, kh, kw) of float images (n, C, ...), in parts."""
    images = np.asarray(sample, dtype=np.float32)
    images = images.reshape((*images.shape[:2], *g.size))
    pads = [(0, 0), (0, 0)] + [(g.before[k], g.after[k]) for k in range(2)]
    each = images.shape[1] * int(np.prod(g.places)) * int(np.prod(g.kernel))
    step = max(1, _CHUNK // each)
    parts = []
    for start in range(0, len(images), step):
        padded = np.pad(images[start:start + step], pads, constant_values=value)
        views = np.lib.stride_tricks.sliding_window_view(padded, g.reach, axis=(2, 3))
        views = views[:, :, ::g.stride[0], ::g.stride[1], ::g.dilation[0], ::g.dilation[1]]
        views = views[:, :, :g.places[0], :g.places[1]]
        parts.append(function(views.transpose(0, 2, 3, 1, 4, 5)))
    result = np.concatenate(parts).astype(np.float32)
    return np.moveaxis(result, -1, 1).reshape((len(images), result.shape[-1], *g.spatial))
