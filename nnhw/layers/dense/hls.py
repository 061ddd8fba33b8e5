# SPDX-License-Identifier: Apache-2.0
"""Dense: the HLS C++, folded like the circuit."""

import numpy as np

from nnhw.hls.kernel import Constant, Kernel, Place, constant, typedef
from nnhw.layers.dense.op import Dense
from nnhw.numeric.types import FixedType

__all__ = ["kernel"]

#: Weight words up to this many lie in LUTs, which are 64 bits deep.
_LUT_DEPTH = 64
#: Bits of both factors together up to which a product would waste a DSP block.
_SMALL_PRODUCT = 10


def kernel(op: Dense, place: Place) -> Kernel:
    """One wide word of weights a step, ``rows * columns`` multipliers."""
    a, b = place.blocks
    rows, columns = op.fan_out // b, op.fan_in // a
    weight, bias = _constants(op, place)
    kind = _multiplier(op, weight, a * b)
    where = "lutram" if a * b <= _LUT_DEPTH else "bram"
    storage = ((weight.name, where),) if a * b > 1 else ()
    beat_vectors = 1 if a * b > 1 else max(1, place.lanes // op.fan_in)
    members = [
        f"static const int fan_in = {op.fan_in}, fan_out = {op.fan_out};",
        f"static const int vectors = {op.vectors}, beat_vectors = {beat_vectors};",
        f"static const int column_blocks = {a}, row_blocks = {b}, steps = {a * b};",
        f"static const int columns = {columns}, rows = {rows};",
        f"typedef {weight.name}_t weight_t;",
        f"typedef {bias.name}_t bias_t;",
        typedef("product_t", _product(op.x.element, weight.element)),
        f"static const int sum_bits = {_sum_bits(op)};  // of every partial sum",
        f"static const nnhw::multiplier_kind multiplier = nnhw::{kind};",
    ]
    return Kernel("dense.h", "dense<LAYER>", members, (weight, bias), (weight.name, bias.name),
                  storage)


def _constants(op: Dense, place: Place) -> tuple[Constant, Constant]:
    a, b = place.blocks
    blocks = op.weight.reshape(b, op.fan_out // b, a, op.fan_in // a).transpose(0, 2, 1, 3)
    words = blocks.reshape(a * b, op.fan_out // b, op.fan_in // a)
    frac = op.frac if isinstance(op.frac, int) else 0
    weight_frac = frac - op.x.frac if isinstance(op.x.frac, int) else 0
    index = "weight[row][column]" if a * b == 1 else (
        f"weight[step][row of block][column of block]; step = row block (of {b}) * {a}"
        f" + column block (of {a})")
    return (constant(place, "weight", words, index, weight_frac),
            constant(place, "bias", op.bias.reshape(b, -1), "bias[row block][row of block]", frac))


def _product(x: FixedType, weight: FixedType) -> FixedType:
    return FixedType(x.width + weight.width, 0, x.signed or weight.signed)


def _sum_bits(op: Dense) -> int:
    low, high = op.x.bounds
    rows = np.abs(op.weight.astype(object)).sum(axis=1) * max(-low, high, 1)
    peak = int((rows + np.abs(op.bias.astype(object))).max(initial=1))
    return max(peak.bit_length() + 1, op.y.element.width, op.x.element.width + 1)


def _multiplier(op: Dense, weight: Constant, steps: int) -> str:
    if steps == 1:
        return "ANY_MULTIPLIER"
    bits = op.x.element.width + weight.element.width
    return "LUT_MULTIPLIER" if bits <= _SMALL_PRODUCT else "DSP_MULTIPLIER"
