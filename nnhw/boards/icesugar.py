# SPDX-License-Identifier: Apache-2.0
"""iCESugar: iCE40 UP5K, open tools."""

from nnhw.boards.base import Board, Pin
from nnhw.boards.parts import PARTS

__all__ = ["BOARD"]

BOARD = Board(
    name="icesugar",
    title="iCESugar",
    part=PARTS["up5k"],
    clock_hz=12_000_000,
    pins={"clk": Pin("35"), "uart_rx": Pin("4", {"pullup": "yes"}), "uart_tx": Pin("6")},
    programmer=("-b", "ice40_generic"),
    platform="amaranth_boards.icesugar:ICESugarPlatform",
    note="programmed by copying the .bin onto its USB drive",
)
