# SPDX-License-Identifier: Apache-2.0
"""Nexys Video: Artix-7 with a serial line, Vivado."""

from nnhw.boards.base import Board, Flow, Link, Pin
from nnhw.boards.parts import PARTS

__all__ = ["BOARD"]

BOARD = Board(
    name="nexys_video",
    title="Nexys Video",
    part=PARTS["xc7a200t"],
    clock_hz=100_000_000,
    link=Link.UART,
    flow=Flow.VIVADO,
    pins={"clk": Pin("R4"), "uart_rx": Pin("V18"), "uart_tx": Pin("AA19")},
)
