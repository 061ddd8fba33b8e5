# SPDX-License-Identifier: Apache-2.0
"""ZCU104: Zynq UltraScale+, Vivado."""

from nnhw.boards.base import Board, Flow, Link
from nnhw.boards.parts import PARTS

__all__ = ["BOARD"]

BOARD = Board(
    name="zcu104",
    title="ZCU104",
    part=PARTS["xczu7ev"],
    clock_hz=200_000_000,
    link=Link.AXI_DMA,
    flow=Flow.VIVADO,
    vivado={"board_part": "xilinx.com:zcu104:part0:1.1", "processor": "zynq_ultra"},
)
