# SPDX-License-Identifier: Apache-2.0
"""Concat: the HLS C++."""

from nnhw.hls.kernel import Kernel, Place, typedef
from nnhw.layers.concat.op import Concat
from nnhw.numeric.types import FixedType

__all__ = ["kernel"]


def kernel(op: Concat, place: Place) -> Kernel:
    """Vectors of both operands side by side."""
    left, right = op.a.shape[-1], op.b.shape[-1]
    wide = max(op.a.element.width + op.shift_a, op.b.element.width + op.shift_b) + 1
    members = [
        f"static const int left = {left}, right = {right};",
        f"static const int vectors = {op.a.size // left}, "
        f"beat_vectors = {max(1, place.lanes // left)};",
        typedef("wide_t", FixedType(wide)),
        f"static const int shift_a = {op.shift_a}, shift_b = {op.shift_b};",
    ]
    return Kernel("reorder.h", "concat<LAYER>", members)
