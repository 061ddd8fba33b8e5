# SPDX-License-Identifier: Apache-2.0
"""ECPIX-5 85F: ECP5, open tools."""

from nnhw.boards.base import Board, Pin
from nnhw.boards.parts import PARTS

__all__ = ["BOARD"]

_UP = {"IO_TYPE": "LVCMOS33", "PULLMODE": "UP"}
_PIN = {"IO_TYPE": "LVCMOS33"}

BOARD = Board(
    name="ecpix5",
    title="ECPIX-5 85F",
    part=PARTS["lfe5um5g-85f-bg554"],
    clock_hz=100_000_000,
    pins={"clk": Pin("K23", _PIN),
          "uart_rx": Pin("R26", _UP),
          "uart_tx": Pin("R24", _PIN)},
    pack=("--compress",),
    programmer=("-b", "ecpix5_r03"),
    platform="amaranth_boards.ecpix5:ECPIX585Platform",
)
