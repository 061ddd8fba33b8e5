# SPDX-License-Identifier: Apache-2.0
"""PYNQ-Z2: Zynq-7000, Vivado."""

from nnhw.boards.base import Board, Flow, Link
from nnhw.boards.parts import PARTS

__all__ = ["BOARD"]

BOARD = Board(
    name="pynq_z2",
    title="PYNQ-Z2",
    part=PARTS["xc7z020"],
    clock_hz=100_000_000,
    link=Link.AXI_DMA,
    flow=Flow.VIVADO,
    vivado={"board_part": "tul.com.tw:pynq-z2:part0:1.0", "processor": "zynq"},
)
