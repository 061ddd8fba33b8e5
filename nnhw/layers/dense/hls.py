# SPDX-License-Identifier: Apache-2.0
"""Dense: the HLS C++, folded like the circuit."""

from typing import TYPE_CHECKING

import numpy as np

from nnhw.hls.kernel import Constant, Kernel, Place, constant, typedef
from nnhw.layers.dense.op import Dense
from nnhw.numeric.types import FixedType, Mantissas

if TYPE_CHECKING:
    from nnhw.layers.grouped.op import Grouped

__all__ = ["kernel", "matrix"]

#: Weight words up to this many lie in LUTs, which are 64 bits deep.
_LUT_DEPTH = 64
#: Bits of both factors together up to which a product would waste a DSP block.
_SMALL_PRODUCT = 10


def kernel(op: Dense, place: Place) -> Kernel:
    """One wide word of weights a step, ``rows * columns`` multipliers."""
    return matrix(op, op.weight[None], op.bias[None], place)


def matrix(op: "Dense | Grouped", weight: Mantissas, bias: Mantissas, place: Place) -> Kernel:
    """Matrices of shape (groups, fan_out, fan_in), as many of them at once as a beat holds."""
    (a, b), groups = place.blocks, len(weight)
    parallel = min(groups, max(1, place.lanes * a // op.fan_in))
    turns = groups // parallel
    steps = turns * a * b
    weights, biases = _constants(op, weight, bias, place, (turns, parallel, a, b))
    storage = ((weights.name, "lutram" if steps <= _LUT_DEPTH else "bram"),) if steps > 1 else ()
    beat_vectors = 1 if steps > 1 else max(1, place.lanes // (op.fan_in * groups))
    members = [
        f"static const int fan_in = {op.fan_in}, fan_out = {op.fan_out};",
        f"static const int groups = {parallel}, turns = {turns};  // at once; one after another",
        f"static const int vectors = {op.vectors}, beat_vectors = {beat_vectors};",
        f"static const int column_blocks = {a}, row_blocks = {b}, steps = {steps};",
        f"static const int columns = {op.fan_in // a}, rows = {op.fan_out // b};",
        f"typedef {weights.name}_t weight_t;",
        f"typedef {biases.name}_t bias_t;",
        typedef("product_t", _product(op.x.element, weights.element)),
        f"static const int sum_bits = {_sum_bits(op)};  // of every partial sum",
        f"static const nnhw::multiplier_kind multiplier = nnhw::{_multiplier(op, weights, steps)};",
    ]
    return Kernel("dense.h", "dense<LAYER>", members, (weights, biases),
                  (weights.name, biases.name), storage)


def _constants(op: "Dense | Grouped", weight: Mantissas, bias: Mantissas, place: Place,
               folds: tuple[int, int, int, int]) -> tuple[Constant, Constant]:
    turns, parallel, a, b = folds
    rows, columns = op.fan_out // b, op.fan_in // a
    blocks = weight.reshape(turns, parallel, b, rows, a, columns).transpose(0, 2, 4, 1, 3, 5)
    words = blocks.reshape(turns * b * a, parallel * rows, columns)
    starts = bias.reshape(turns, parallel, b, rows).transpose(0, 2, 1, 3)
    frac = op.frac if isinstance(op.frac, int) else 0
    weight_frac = frac - op.x.frac if isinstance(op.x.frac, int) else 0
    return (constant(place, "weight", words, _index("weight", folds, rows), weight_frac),
            constant(place, "bias", starts.reshape(turns * b, parallel * rows),
                     _index("bias", (turns, parallel, 1, b), rows), frac))


def _index(name: str, folds: tuple[int, int, int, int], rows: int) -> str:
    """What the indices of an array of weights or biases mean."""
    turns, parallel, a, b = folds
    row = "row" if b == 1 else "row of block"
    if parallel > 1:
        row = "group" if rows == 1 else f"group * {rows} + {row}"
    column = "" if name == "bias" else ("[column]" if a == 1 else "[column of block]")
    parts = [(turns, "turn"), (b, "row block"), (a, "column block")]
    left, terms = turns * a * b, []
    for count, what in parts:
        left //= count
        if count > 1:
            terms.append(f"{what} (of {count})" + (f" * {left}" if left > 1 else ""))
    step = "; step = " + " + ".join(terms) if terms else ""
    return f"{name}[step][{row}]{column}{step}"


def _product(x: FixedType, weight: FixedType) -> FixedType:
    return FixedType(x.width + weight.width, 0, x.signed or weight.signed)


def _sum_bits(op: "Dense | Grouped") -> int:
    low, high = op.x.bounds
    rows = np.abs(op.weight.astype(object)).sum(axis=-1) * max(-low, high, 1)
    peak = int((rows + np.abs(op.bias.astype(object))).max(initial=1))
    return max(peak.bit_length() + 1, op.y.element.width, op.x.element.width + 1)


def _multiplier(op: "Dense | Grouped", weight: Constant, steps: int) -> str:
    if steps == 1:
        return "ANY_MULTIPLIER"
    bits = op.x.element.width + weight.element.width
    return "LUT_MULTIPLIER" if bits <= _SMALL_PRODUCT else "DSP_MULTIPLIER"
