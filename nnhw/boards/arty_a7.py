# SPDX-License-Identifier: Apache-2.0
"""Arty A7-35: Artix-7 with a serial line, Vivado."""

from nnhw.boards.base import Board, Flow, Link, Pin
from nnhw.boards.parts import PARTS

__all__ = ["BOARD"]

BOARD = Board(
    name="arty_a7",
    title="Arty A7-35",
    part=PARTS["xc7a35t"],
    clock_hz=100_000_000,
    link=Link.UART,
    flow=Flow.VIVADO,
    pins={"clk": Pin("E3"), "uart_rx": Pin("A9"), "uart_tx": Pin("D10")},
    platform="amaranth_boards.arty_a7:ArtyA7_35Platform",
)
