# SPDX-License-Identifier: Apache-2.0
"""iCEBreaker: iCE40 UP5K, open tools."""

from nnhw.boards.base import Board, Pin
from nnhw.boards.parts import PARTS

__all__ = ["BOARD"]

BOARD = Board(
    name="icebreaker",
    title="iCEBreaker",
    part=PARTS["up5k"],
    clock_hz=12_000_000,
    pins={"clk": Pin("35"), "uart_rx": Pin("6", {"pullup": "yes"}), "uart_tx": Pin("9")},
    programmer=("-b", "ice40_generic"),
    platform="amaranth_boards.icebreaker:ICEBreakerPlatform",
)
