# SPDX-License-Identifier: Apache-2.0
"""Windows on images: what convolutions and pools have in common."""

from dataclasses import replace
from typing import Any

import numpy as np

from nnhw.frontends.arrange import channels_last
from nnhw.frontends.geometry import Geometry
from nnhw.frontends.layout import Layout
from nnhw.frontends.lowering import Lowering
from nnhw.frontends.value import Live, Tensor
from nnhw.layers import Window

__all__ = ["as_image", "image_layout", "window"]


def as_image(lowering: Lowering, live: Live, geometry: Geometry) -> tuple[Live, Tensor]:
    """The value with its channels last, and its tensor as (rows, columns, channels)."""
    live = channels_last(lowering, live)
    assert isinstance(live.source, Tensor)
    tensor = lowering.shaped(live.source, (*geometry.size, live.shape[0]))
    return replace(live, source=tensor), tensor


def window(lowering: Lowering, tensor: Tensor, g: Geometry, name: str, value: int = 0) -> Tensor:
    """Vectors of ``taps`` elements for each channel at each place: (OH, OW, C, taps)."""
    x = lowering.type(tensor)
    op = Window(lowering.unique(name), x, g.kernel, g.stride, g.dilation, g.before, g.after, value)
    scale: Any = tensor.scale
    if np.size(scale) > 1:
        scale = np.broadcast_to(scale, x.shape)
        assert (scale == scale[:1, :1]).all(), name
        scale = scale[0, 0][:, None]
    return replace(tensor, name=lowering.emit(op, tensor.name), scale=scale)


def image_layout(channels: int, g: Geometry) -> tuple[tuple[int, ...], Layout]:
    """Shape of a result in the source model, and its layout."""
    shape = (channels, *g.spatial)
    return shape, Layout.channels_last(shape)
