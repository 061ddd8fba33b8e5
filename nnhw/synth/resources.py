# SPDX-License-Identifier: Apache-2.0
"""What cells of a mapped netlist occupy, by family."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from fractions import Fraction

__all__ = ["Resources", "cells_of", "count", "total", "unknown_cells"]


@dataclass(frozen=True)
class Resources:
    """LUTs, flip-flops, multipliers, memory blocks and carry cells.

    LUTs hold distributed memory too. ``bram`` counts blocks as the vendor does: 36 Kb on Xilinx,
    18 Kb (ECP5, Gowin, Nexus), 4 Kb (iCE40), 10 Kb (Cyclone V), 9 Kb (Cyclone 10); ``dsp`` counts
    DSP slices or 18x18 multipliers. Halves occur.
    """

    lut: float = 0
    ff: float = 0
    dsp: float = 0
    bram: float = 0
    carry: float = 0

    def __add__(self, other: "Resources") -> "Resources":
        return Resources(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def times(self, number: float) -> "Resources":
        """That many of it."""
        return Resources(*(getattr(self, f.name) * number for f in fields(self)))

    def figures(self) -> dict[str, int | float]:
        """By name, whole numbers as such."""
        values = {f.name: Fraction(getattr(self, f.name)) for f in fields(self)}
        return {name: int(v) if v.denominator == 1 else float(v) for name, v in values.items()}


_LATTICE = (
    (r"LUT4|INV", Resources(lut=1)),
    (r"(TRELLIS_)?DPR16X4", Resources(lut=6)),  # four of data, two that lead the write address
    (r"TRELLIS_FF|FD1P3..", Resources(ff=1)),
    (r"CCU2C?", Resources(carry=1)),
    (r"MULT9X9\w*", Resources(dsp=0.5)),
    (r"MULT18X18\w*", Resources(dsp=1)),
    (r"MULT18X36|MULTADDSUB18X18\w*", Resources(dsp=2)),
    (r"MULT36X36", Resources(dsp=4)),
    (r"(DP|PDP|PDPW|PDPSC|SP)16K\w*", Resources(bram=1)),
    (r"WIDEFN9", Resources(lut=2)),  # two LUTs and the multiplexer behind them
    (r"PFUMX|L6MUX21|VHI|VLO|I[BO]|[IOB]B|ALU54B|EHXPLLL|OSCA|TRELLIS_IO", Resources()),
)
_XILINX = (
    (r"LUT[1-6]|LUT6_2|INV|SRL16E|SRLC32E|RAM(32|64)X1S", Resources(lut=1)),
    (r"RAM(32|64)X1D", Resources(lut=2)),
    (r"RAM(32|64)M|RAM128X1D", Resources(lut=4)),
    (r"RAM(32M16|64M8|256X1D)", Resources(lut=8)),
    (r"FD[RSCP]E(_1)?", Resources(ff=1)),
    (r"CARRY[48]", Resources(carry=1)),
    (r"DSP48E[12]", Resources(dsp=1)),
    (r"RAMB18E[12]", Resources(bram=0.5)),
    (r"RAMB36E[12]", Resources(bram=1)),
    (r"MUXF[789]|IBUF|OBUF|BUFG|GND|VCC", Resources()),
)
#: Cell name pattern -> what one occupies.
_CELLS = {
    "xc7": _XILINX,
    "xcup": _XILINX,
    "ecp5": _LATTICE,
    "nexus": _LATTICE,
    "ice40": (
        (r"SB_LUT4", Resources(lut=1)),
        (r"SB_DFF\w*", Resources(ff=1)),
        (r"SB_CARRY", Resources(carry=1)),
        (r"SB_MAC16", Resources(dsp=1)),
        (r"SB_RAM40_4K\w*", Resources(bram=1)),
        (r"SB_(IO|GB|GB_IO|HFOSC|SPRAM256KA|PLL40\w*)", Resources()),
    ),
    "gowin": (
        (r"LUT[1-4]", Resources(lut=1)),
        (r"RAM16SDP4", Resources(lut=4)),
        (r"RAM16SDP[12]|RAM16S[124]", Resources(lut=4)),
        (r"DFFN?[SRPC]?E?", Resources(ff=1)),
        (r"ALU", Resources(carry=1)),
        (r"MULT9X9", Resources(dsp=0.5)),
        (r"MULT18X18|MULTALU18X18|MULTADDALU18X18", Resources(dsp=1)),
        (r"MULT36X36", Resources(dsp=4)),
        (r"p?ROM(X9)?|SPX?9?|SDPX?9?B?|DPX?9?B?", Resources(bram=1)),
        (r"MUX2_LUT[5-8]|IBUF|OBUF|GND|VCC|GSR|rPLL", Resources()),
    ),
    "cyclonev": (
        (r"MISTRAL_ALUT\d|MISTRAL_NOT", Resources(lut=1)),
        (r"MISTRAL_ALUT_ARITH", Resources(lut=1, carry=1)),
        (r"MISTRAL_MLAB", Resources(lut=1)),
        (r"MISTRAL_FF", Resources(ff=1)),
        (r"MISTRAL_MUL9X9", Resources(dsp=0.5)),
        (r"MISTRAL_MUL18X18", Resources(dsp=1)),
        (r"MISTRAL_MUL27X27", Resources(dsp=2)),
        (r"MISTRAL_M10K\w*", Resources(bram=1)),
        (r"MISTRAL_(IB|OB|IO|CLKBUF)", Resources()),
    ),
    "cyclone10lp": (
        (r"cyclone10lp_lcell_comb|\$not", Resources(lut=1)),
        (r"dffeas", Resources(ff=1)),
        (r"\w*mac_mult", Resources(dsp=1)),
        (r"altsyncram", Resources(bram=1)),
    ),
}


def count(family: str, cells: Mapping[str, int]) -> Resources:
    """What ``cells`` (type to number) occupy; types that are no cells of the family are free."""
    found = Resources()
    for kind, number in cells.items():
        found += _of(family, kind).times(number)
    return found


def _of(family: str, kind: str) -> Resources:
    for pattern, one in _CELLS[family]:
        if re.fullmatch(pattern, kind):
            return one
    return Resources()


def unknown_cells(family: str, cells: Iterable[str]) -> list[str]:
    """Types of cells that the tables above do not have, modules of the design among them."""
    return [kind for kind in cells if not kind.startswith("$scopeinfo")
            and not any(re.fullmatch(pattern, kind) for pattern, _ in _CELLS[family])]


def cells_of(modules: Mapping[str, Mapping[str, int]], top: str) -> Counter[str]:
    """Cells of module ``top`` and of all that it holds."""
    found: Counter[str] = Counter()
    for kind, number in modules[top].items():
        if kind in modules:
            for inner, times in cells_of(modules, kind).items():
                found[inner] += times * number
        else:
            found[kind] += number
    return found


def total(parts: Iterable[Resources]) -> Resources:
    """Their sum."""
    found = Resources()
    for one in parts:
        found += one
    return found
