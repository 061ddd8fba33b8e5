# SPDX-License-Identifier: Apache-2.0
"""Total: the HLS C++."""

from nnhw.hls.kernel import Kernel, Place
from nnhw.layers.reduce.hls import members
from nnhw.layers.total.op import Total

__all__ = ["kernel"]


def kernel(op: Total, place: Place) -> Kernel:
    """An accumulator a channel; a vector has ``parts`` beats."""
    lines = [f"static const int vectors = {op.vectors}, parts = {op.x.shape[-1] // place.lanes};",
             *members(op.how, op.x, op.y)]
    return Kernel("reduce.h", "total<LAYER>", lines)
