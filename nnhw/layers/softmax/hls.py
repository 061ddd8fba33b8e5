# SPDX-License-Identifier: Apache-2.0
"""Softmax: the HLS C++."""

from nnhw.hls.kernel import Constant, Kernel, Place, constant, number, typedef
from nnhw.layers.lookup.hls import reader
from nnhw.layers.softmax.op import Softmax
from nnhw.numeric.types import FixedType

__all__ = ["kernel"]


def kernel(op: Softmax, place: Place) -> Kernel:
    """Two tables, and integers as wide as the tables' entries can make them."""
    classes = op.x.shape[-1]
    exponential = constant(place, "exp", op.exp_table, "exp(-distance): exp[place]")
    reciprocal = constant(place, "recip", op.recip_table, "1 / normalised sum: recip[place]")
    half = 1 << op.exp_shift >> 1
    most = op.sum_bits - op.one.bit_length()
    peak = (exponential.element.max * reciprocal.element.max << most) + (1 << op.y_shift >> 1)
    product = FixedType.containing(0, max(peak, 1 << op.frac))
    distance = FixedType(max(op.x.element.width, half.bit_length()) + 3)
    members = [
        f"static const int fan_in = {classes}, fan_out = {classes};",
        f"static const int vectors = {op.x.size // classes}, "
        f"beat_vectors = {max(1, place.lanes // classes)};",
        f"static const int exp_entries = {len(op.exp_table)}, exp_shift = {op.exp_shift};",
        f"static const int sum_bits = {op.sum_bits}, shift_powers = {most.bit_length()};",
        f"static const int recip_shift = {op.recip_shift}, y_shift = {op.y_shift};",
        typedef("distance_t", distance),
        f"typedef {exponential.name}_t exp_t;",
        typedef("sum_t", FixedType(op.sum_bits, 0, signed=False)),
        f"typedef {reciprocal.name}_t recip_t;",
        typedef("product_t", product),
        *number("exp_half", half, "distance_t", distance),
        *number("y_half", 1 << op.y_shift >> 1, "product_t", product),
        *number("one", 1 << op.frac, "product_t", product),
        *reader(exponential, "exp_t", "exponential", "int place", "[place]"),
        *reader(reciprocal, "recip_t", "entry", "int place", "[place]"),
    ]
    inverse, tables = _inverse(op, place)
    return Kernel("vector.h", "vectors<nnhw::softmax, LAYER>", members + inverse,
                  (exponential, reciprocal, *tables))


def _inverse(op: Softmax, place: Place) -> tuple[list[str], list[Constant]]:
    """The reciprocal of a normalised sum that is ``above`` its least; tables beside the first."""
    begin = ["static recip_t reciprocal(const sum_t &above) {", "#pragma HLS INLINE"]
    if op.drop_table is None:
        return [*begin, "  return entry(int(above >> recip_shift));", "}"], []
    table = constant(place, "drop", op.drop_table, "recip[place] - recip[place + 1]")
    fall = FixedType(table.element.width + op.recip_shift, 0, signed=False)
    return [
        *reader(table, f"{table.name}_t", "drop", "int place", "[place]"),
        typedef("fall_t", fall), *begin,
        "  const int place = int(above >> recip_shift);",
        "  const fall_t rest = above - (sum_t(place) << recip_shift);",
        "  const fall_t fall = fall_t(drop(place) * rest) >> recip_shift;",
        "  return recip_t(entry(place) - fall);", "}"], [table]
