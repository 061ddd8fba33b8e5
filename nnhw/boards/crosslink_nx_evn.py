# SPDX-License-Identifier: Apache-2.0
"""CrossLink-NX Evaluation Board: Nexus, open tools."""

from nnhw.boards.base import Board, Pin
from nnhw.boards.parts import PARTS

__all__ = ["BOARD"]

_PIN = {"IO_TYPE": "LVCMOS33"}

BOARD = Board(
    name="crosslink_nx_evn",
    title="CrossLink-NX Evaluation Board",
    part=PARTS["lifcl-40"],
    clock_hz=25_000_000,
    pins={"uart_rx": Pin("F16", _PIN), "uart_tx": Pin("F18", _PIN)},
    oscillator="OSCA",
    programmer=("-c", "ft2232"),
    note="nextpnr leads no clock in from pin L13, so the FPGA's own oscillator serves, exact to "
         "7 %, which a serial line may not forgive; the line needs R15 and R17 fitted, R18 and R19 "
         "removed",
)
