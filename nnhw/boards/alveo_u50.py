# SPDX-License-Identifier: Apache-2.0
"""Alveo U50: UltraScale+ on PCI Express, Vivado."""

from nnhw.boards.base import Board, Flow, Link
from nnhw.boards.parts import PARTS

__all__ = ["BOARD"]

BOARD = Board(
    name="alveo_u50",
    title="Alveo U50",
    part=PARTS["xcu50"],
    clock_hz=250_000_000,
    link=Link.PCIE,
    flow=Flow.VIVADO,
    vivado={"board_part": "xilinx.com:au50:part0:1.3"},
    note="the clock is that of PCI Express",
)
