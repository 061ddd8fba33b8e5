# SPDX-License-Identifier: Apache-2.0
"""Tang Nano 9K: Gowin, open tools."""

from nnhw.boards.base import Board, Pin
from nnhw.boards.parts import PARTS

__all__ = ["BOARD"]

_UP = {"IO_TYPE": "LVCMOS33", "PULL_MODE": "UP"}
_PIN = {"IO_TYPE": "LVCMOS33"}

BOARD = Board(
    name="tang_nano_9k",
    title="Tang Nano 9K",
    part=PARTS["gw1nr-9c"],
    clock_hz=27_000_000,
    pins={"clk": Pin("52", _PIN),
          "uart_rx": Pin("18", _UP),
          "uart_tx": Pin("17", _PIN)},
    pack=("--sspi_as_gpio", "--mspi_as_gpio"),
    programmer=("-b", "tangnano9k"),
    platform="amaranth_boards.tang_nano_9k:TangNano9kPlatform",
)
