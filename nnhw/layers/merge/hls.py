# SPDX-License-Identifier: Apache-2.0
"""Merge: the HLS C++."""

from nnhw.hls.kernel import Kernel, Place, typedef
from nnhw.layers.merge.op import Merge
from nnhw.numeric.types import FixedType

__all__ = ["kernel"]


def kernel(op: Merge, place: Place) -> Kernel:
    """Lane by lane."""
    a, b = op.a.element.width, op.b.element.width
    if op.how == "mul":
        return Kernel("elementwise.h", "pairs<nnhw::product, LAYER>",
                      [typedef("wide_t", FixedType(a + b + 2))])
    members = [typedef("wide_t", FixedType(max(a + op.shift_a, b + op.shift_b) + 1)),
               f"static const int shift_a = {op.shift_a}, shift_b = {op.shift_b};"]
    which = {"max": "larger", "min": "smaller"}[op.how]
    return Kernel("elementwise.h", f"pairs<nnhw::{which}, LAYER>", members)
