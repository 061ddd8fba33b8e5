# SPDX-License-Identifier: Apache-2.0
"""ZCU102: Zynq UltraScale+, Vivado."""

from nnhw.boards.base import Board, Flow, Link
from nnhw.boards.parts import PARTS

__all__ = ["BOARD"]

BOARD = Board(
    name="zcu102",
    title="ZCU102",
    part=PARTS["xczu9eg"],
    clock_hz=200_000_000,
    link=Link.AXI_DMA,
    flow=Flow.VIVADO,
    vivado={"board_part": "xilinx.com:zcu102:part0:3.4", "processor": "zynq_ultra"},
)
