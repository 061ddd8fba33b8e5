# SPDX-License-Identifier: Apache-2.0
"""ULX3S 45F: ECP5, open tools."""

from nnhw.boards.base import Board, Pin
from nnhw.boards.parts import PARTS

__all__ = ["BOARD"]

_UP = {"IO_TYPE": "LVCMOS33", "PULLMODE": "UP"}
_PIN = {"IO_TYPE": "LVCMOS33"}

BOARD = Board(
    name="ulx3s_45f",
    title="ULX3S 45F",
    part=PARTS["lfe5u-45f-bg381"],
    clock_hz=25_000_000,
    pins={"clk": Pin("G2", _PIN),
          "uart_rx": Pin("M1", _UP),
          "uart_tx": Pin("L4", _PIN)},
    pack=("--compress",),
    programmer=("-b", "ulx3s"),
    platform="amaranth_boards.ulx3s:ULX3S_45F_Platform",
)
