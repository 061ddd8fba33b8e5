# SPDX-License-Identifier: Apache-2.0
"""Reduce: the HLS C++."""

from nnhw.hls.kernel import Kernel, Place, typedef
from nnhw.ir.types import TensorType
from nnhw.layers.reduce.op import Reduce
from nnhw.numeric.types import FixedType

__all__ = ["kernel", "members"]


def kernel(op: Reduce, place: Place) -> Kernel:
    """A tree for each vector."""
    taps = op.x.shape[-1]
    lines = [f"static const int fan_in = {taps}, fan_out = 1;",
             f"static const int vectors = {op.x.size // taps}, "
             f"beat_vectors = {max(1, place.lanes // taps)};",
             *members(op.how, op.x, op.y)]
    return Kernel("reduce.h", "vectors<nnhw::reduce, LAYER>", lines)


def members(how: str, x: TensorType, y: TensorType) -> list[str]:
    """How two values become one, and a type for operands and result alike."""
    wide = FixedType(max(x.element.width, y.element.width) + 1)
    return [typedef("wide_t", wide),
            f"static const nnhw::reduction how = nnhw::{how.upper()};"]
