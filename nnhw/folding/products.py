# SPDX-License-Identifier: Apache-2.0
"""Which products are too small for a multiplier block, and which share one."""

from dataclasses import dataclass

from nnhw.config.config import Config
from nnhw.folding.goal import weight_width
from nnhw.layers.dense.op import Dense
from nnhw.layers.grouped.op import Grouped

__all__ = ["SMALL", "Small", "in_logic", "pairs_within"]


@dataclass(frozen=True)
class Small:
    """When a family's block would be wasted.

    Parameters
    ----------
    area : int
        Bits of one operand times bits of the other up to which a product goes into LUTs: the
        largest that uses at most a sixteenth of the block, and takes at most a quarter of
        ``share``.
    operands : pair of int
        Bits of the operands of the largest such product.
    luts : int
        LUT sites that it takes as ``nnhw.program.arithmetic.product``, measured with Yosys 0.70.
    block : pair of int
        Sides of the smallest block that Yosys uses, in bits.
    share : int
        LUTs for each block in the family's usual part.
    """

    area: int
    operands: tuple[int, int]
    luts: int
    block: tuple[int, int]
    share: int


SMALL = {
    "xc7": Small(25, (5, 5), 35, (25, 18), 241),
    "xcup": Small(16, (4, 4), 24, (27, 18), 108),
    "ecp5": Small(20, (4, 5), 42, (18, 18), 536),
    "nexus": Small(20, (4, 5), 42, (18, 18), 576),
    "ice40": Small(16, (4, 4), 33, (16, 16), 660),
    "gowin": Small(4, (2, 2), 8, (9, 9), 216),
    "cyclonev": Small(4, (2, 2), 11, (9, 9), 187),
}

#: Family -> bits of the wide operand of blocks in which two products share the other operand.
_PAIRS_WITHIN = {"xc7": 25, "xcup": 27}


def in_logic(op: Dense | Grouped, config: Config) -> bool:
    """Whether the products of a folded matrix are made of LUTs: on request, or if too small."""
    asked = config.layer(op.name, "dense").multiplier
    if asked is not None:
        return asked == "logic"
    small = SMALL.get(config.target)
    return small is not None and weight_width(op) * op.x.element.width <= small.area


def pairs_within(op: Dense | Grouped, config: Config) -> int:
    """Bits of the wide operand of a block that is to hold two products; 0 is none.

    Weights that can be written are stored as they are, and so each alone; ``multiplier = "block"``
    asks for a block each.
    """
    asked = config.layer(op.name, "dense").multiplier
    if asked is not None or op.writable or in_logic(op, config):
        return 0
    return _PAIRS_WITHIN.get(config.target, 0)
