# SPDX-License-Identifier: Apache-2.0
"""What Yosys 0.70 makes of sums, products and memories on each family: sizes and thresholds.

Source: its own libraries of cells, ``share/*/brams*.txt``, ``lutrams*.txt``, ``arith_map*.v`` and
``cmp2*.v``, and the options that its ``synth_*`` commands give to ``mul2dsp.v``.
"""

from dataclasses import dataclass

__all__ = ["FABRICS", "WAYS", "Fabric", "Memory", "Product"]


@dataclass(frozen=True)
class Memory:
    """A kind of memory cell.

    Parameters
    ----------
    widths : tuple of int
        Bits of a word, from the deepest shape on; each next one is half as deep.
    address : int
        Bits of the deepest shape's address.
    cost : int
        What Yosys weighs a cell with.
    scale : int
        Share of the cost that goes with the bits used.
    lut, bram : float
        What a cell occupies.
    dual : int
        Widest word that two ports can read.
    """

    widths: tuple[int, ...]
    address: int
    cost: int
    scale: int = 0
    lut: int = 0
    bram: float = 0
    dual: int = 0

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """Pairs of word width and depth."""
        return [(width, 1 << self.address - k) for k, width in enumerate(self.widths)]


@dataclass(frozen=True)
class Product:
    """A kind of multiplier block: largest and smallest operands that it is used for.

    ``least_piece`` is the smallest part of an operand that several blocks share.
    """

    a: int
    b: int
    least_a: int
    least_b: int
    least_y: int = 0
    least_piece: int = 2
    dsp: float = 1


@dataclass(frozen=True)
class Fabric:
    """A family's cells.

    Parameters
    ----------
    inputs : int
        Of a LUT.
    wide : int
        Inputs up to which two, four, ... LUTs are joined by multiplexers that cost none.
    small_sum : int
        Bits of sums and differences up to which they are LUTs, not a carry chain.
    carry : str
        How a bit of a carry chain is made: ``lut`` (a LUT beside the chain takes in the logic in
        front of one operand), ``within`` (a LUT that takes in nothing), ``cell`` (no LUT).
    memories : tuple of Memory
        Blocks, then memory in LUTs.
    select : tuple of float
        LUTs that one bit of a selection among as many signals as ``WAYS`` says takes, measured.
    products : tuple of Product
        Multiplier blocks, the preferred first.
    carry_bits, carry_leads : int
        Bits of a carry cell, and cells that lead into a chain.
    first_apart : bool
        Whether sums begin their chains by themselves (``carry_chain.v``): none leads in, and bit 0
        of an even number of bits is a LUT besides.
    small_count : int
        Bits of counters up to which they are LUTs too.
    lookahead : bool
        Whether comparisons are made of LUTs and a short carry chain.
    registers_behind : bool
        Whether a multiplier block takes in the register of its product.
    adds_behind : bool
        Whether a multiplier block takes in a sum of its product.
    tangles : bool
        Whether Yosys looks for parts of a table among the outputs of a carry chain, as it does
        where that is the counter that reads the table; the table takes several times the LUTs then.
    table_bit : float
        What Yosys weighs a bit of a table in logic with.
    """

    inputs: int
    wide: int
    small_sum: int
    carry: str
    select: tuple[float, ...]
    memories: tuple[Memory, ...]
    products: tuple[Product, ...]
    carry_bits: int = 1
    carry_leads: int = 0
    first_apart: bool = False
    small_count: int = 0
    lookahead: bool = False
    registers_behind: bool = True
    adds_behind: bool = False
    tangles: bool = False
    table_bit: float = 1 / 16


#: Signals among which is selected.
WAYS = (1, 2, 3, 4, 5, 6, 8, 9, 16, 24, 32)

_NEXUS_SELECT = (0, 1, 2, 3, 4, 5, 6, 8.1, 13, 22, 29.5)
_ECP5_SELECT = (0, 1, 2, 4, 9, 10.3, 6, 14, 21, 24.2, 32.7)
_ICE40_SELECT = (0, 1, 2, 3, 4, 4.2, 6, 8.1, 13.3, 21.2, 28)
_GOWIN_SELECT = (0, 1, 2, 4, 5, 5.4, 12, 12, 19.1, 27.2, 41.3)
_XILINX_SELECT = (0, 1, 1, 1, 3, 2, 3, 4.7, 6.5, 12, 16)
_16K = (1, 2, 4, 9, 18, 36)
_TRELLIS = (Memory(_16K, 14, 128, bram=1, dual=18), Memory((4,), 4, 4, lut=6))
_XILINX = (Memory(_16K, 14, 129, bram=0.5, dual=18), Memory((*_16K, 72), 15, 257, bram=1, dual=36))

FABRICS = {
    "ecp5": Fabric(4, 7, 2, "cell", _ECP5_SELECT, _TRELLIS, (Product(18, 18, 2, 2, least_piece=3),),
                   carry_bits=2, first_apart=True, small_count=4),
    "nexus": Fabric(4, 4, 2, "cell", _NEXUS_SELECT, _TRELLIS,
                    (Product(36, 36, 22, 22, dsp=4), Product(36, 18, 22, 10, dsp=2),
                     Product(18, 18, 4, 4)), carry_bits=2, carry_leads=1,
                    first_apart=True, small_count=4),
    "ice40": Fabric(4, 4, 2, "within", _ICE40_SELECT, (Memory((2, 4, 8, 16), 11, 64, bram=1),),
                    (Product(16, 16, 2, 2, 11),)),
    "gowin": Fabric(4, 8, 2, "cell", _GOWIN_SELECT,
                    (Memory(_16K, 14, 128, bram=1, dual=18), Memory((4,), 4, 4, 4, lut=4)),
                    (Product(36, 36, 22, 22, dsp=4), Product(18, 18, 10, 4),
                     Product(9, 9, 4, 4, dsp=0.5))),
    "xc7": Fabric(6, 8, 2, "lut", _XILINX_SELECT, (*_XILINX, Memory((3, 6), 6, 8, 7, lut=4)),
                  (Product(25, 18, 2, 2, 9),), lookahead=True, adds_behind=True, carry_bits=4,
                  tangles=True, table_bit=1 / 64),
    "xcup": Fabric(6, 8, 2, "lut", _XILINX_SELECT, (*_XILINX, Memory((7, 14), 6, 16, 16, lut=8)),
                   (Product(27, 18, 2, 2, 9),), lookahead=True, carry_bits=4,
                   registers_behind=False, tangles=True, table_bit=1 / 64),
}
