# SPDX-License-Identifier: Apache-2.0
"""UPduino v3: iCE40 UP5K, open tools."""

from nnhw.boards.base import Board, Pin
from nnhw.boards.parts import PARTS

__all__ = ["BOARD"]

BOARD = Board(
    name="upduino",
    title="UPduino v3",
    part=PARTS["up5k"],
    clock_hz=12_000_000,
    pins={"clk": Pin("20"), "uart_rx": Pin("23", {"pullup": "yes"}), "uart_tx": Pin("25")},
    programmer=("-b", "ice40_generic"),
    platform="amaranth_boards.upduino_v3:UpduinoV3Platform",
    note="solder the OSC jumper; a 3.3 V serial adapter goes to pins 23 (receives) and 25 (sends)",
)
