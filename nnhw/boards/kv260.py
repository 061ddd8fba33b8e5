# SPDX-License-Identifier: Apache-2.0
"""KV260: Zynq UltraScale+, Vivado."""

from nnhw.boards.base import Board, Flow, Link
from nnhw.boards.parts import PARTS

__all__ = ["BOARD"]

BOARD = Board(
    name="kv260",
    title="KV260",
    part=PARTS["xck26"],
    clock_hz=200_000_000,
    link=Link.AXI_DMA,
    flow=Flow.VIVADO,
    vivado={"board_part": "xilinx.com:kv260_som:part0:1.4", "processor": "zynq_ultra"},
)
