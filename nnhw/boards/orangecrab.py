# SPDX-License-Identifier: Apache-2.0
"""OrangeCrab r0.2 25F: ECP5, open tools."""

from nnhw.boards.base import Board, Pin
from nnhw.boards.parts import PARTS

__all__ = ["BOARD"]

_UP = {"IO_TYPE": "LVCMOS33", "PULLMODE": "UP"}
_PIN = {"IO_TYPE": "LVCMOS33"}

BOARD = Board(
    name="orangecrab",
    title="OrangeCrab r0.2 25F",
    part=PARTS["lfe5u-25f-mg285"],
    clock_hz=48_000_000,
    pins={"clk": Pin("A9", _PIN),
          "uart_rx": Pin("N17", _UP),
          "uart_tx": Pin("M18", _PIN)},
    pack=("--compress",),
    programmer=("-b", "orangeCrab"),
    platform="amaranth_boards.orangecrab_r0_2:OrangeCrabR0_2Platform",
    note="no USB serial bridge: a 3.3 V adapter goes to IO0 (receives) and IO1 (sends)",
)
