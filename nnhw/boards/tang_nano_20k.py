# SPDX-License-Identifier: Apache-2.0
"""Tang Nano 20K: Gowin, open tools."""

from nnhw.boards.base import Board, Pin
from nnhw.boards.parts import PARTS

__all__ = ["BOARD"]

_UP = {"IO_TYPE": "LVCMOS33", "PULL_MODE": "UP"}
_PIN = {"IO_TYPE": "LVCMOS33"}

BOARD = Board(
    name="tang_nano_20k",
    title="Tang Nano 20K",
    part=PARTS["gw2ar-18c"],
    clock_hz=27_000_000,
    pins={"clk": Pin("4", _PIN),
          "uart_rx": Pin("70", _UP),
          "uart_tx": Pin("69", _PIN)},
    pack=("--sspi_as_gpio", "--mspi_as_gpio"),
    programmer=("-b", "tangnano20k"),
)
