# SPDX-License-Identifier: Apache-2.0
"""Lookup: the HLS C++."""

from nnhw.hls.cpp import range_type
from nnhw.hls.kernel import Constant, Kernel, Place, constant, number, table_kind, typedef
from nnhw.layers.lookup.op import Lookup
from nnhw.numeric.types import FixedType

__all__ = ["kernel", "reader"]


def kernel(op: Lookup, place: Place) -> Kernel:
    """Index, saturation at the table's ends, ROM."""
    each = op.table.ndim > 1
    frac = op.frac if isinstance(op.frac, int) else 0
    what = op.function or "function"
    table = constant(place, "table", op.table, f"{what}: table{'[channel]' * each}[entry]", frac)
    start = range_type([op.start])
    place_t = FixedType(max(op.x.element.width, start.width, 32) + 2)
    index = "[channel][index]" if each else "[index]"
    members = [
        f"static const int entries = {op.size}, shift = {op.shift};",
        typedef("place_t", place_t),
        *number("start", op.start, "place_t", start),
        *reader(table, "y_t", "entry", f"int{' channel' * each}, int index", index),
    ]
    return Kernel("elementwise.h", "each<nnhw::lookup, LAYER>", members, (table,))


def reader(table: Constant, kind: str, function: str, arguments: str, index: str) -> list[str]:
    """A member function that reads a table, with where the table lies, for both tools."""
    where = table_kind(table)
    core = {"bram": "ROM_nP_BRAM", "lutram": "ROM_nP_LUTRAM"}[where]
    return [f"static {kind} {function}({arguments}) {{", "#pragma HLS INLINE",
            "#ifdef NNHW_VIVADO_HLS", f"#pragma HLS RESOURCE variable={table.name} core={core}",
            "#else", f"#pragma HLS BIND_STORAGE variable={table.name} type=rom_np impl={where}",
            "#endif", f"  return {kind}({table.name}{index});", "}"]
