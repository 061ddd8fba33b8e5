# SPDX-License-Identifier: Apache-2.0
"""Add: the HLS C++."""

from nnhw.hls.kernel import Kernel, Place, typedef
from nnhw.layers.add.op import Add
from nnhw.numeric.types import FixedType

__all__ = ["kernel"]


def kernel(op: Add, place: Place) -> Kernel:
    """Both operands shifted to one binary point."""
    wide = max(op.a.element.width + op.shift_a, op.b.element.width + op.shift_b) + 2
    members = [typedef("wide_t", FixedType(wide)),
               f"static const int shift_a = {op.shift_a}, shift_b = {op.shift_b};"]
    return Kernel("elementwise.h", "pairs<nnhw::add, LAYER>", members)
