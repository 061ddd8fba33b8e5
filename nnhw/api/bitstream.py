# SPDX-License-Identifier: Apache-2.0
"""The bitstream of a build folder for a board."""

from pathlib import Path
from typing import Any

from nnhw.api import folder as layout
from nnhw.api.synth import job_of, record
from nnhw.boards import board as board_named
from nnhw.boards.base import Board, Flow
from nnhw.errors import ToolError
from nnhw.shell.board_top import board_verilog
from nnhw.shell.wire import design_hash, identity
from nnhw.synth.bitstream import make_bitstream
from nnhw.synth.families import family
from nnhw.synth.fit import utilisation
from nnhw.synth.pack import program
from nnhw.synth.run import Progress
from nnhw.synth.synthesize import Synthesis
from nnhw.version import __version__

__all__ = ["bitstream", "board_entry", "shell_verilog"]


def shell_verilog(folder: Path, board: Board) -> tuple[str, str]:
    """Name and Verilog of the top module that puts a build folder on a board."""
    interface = layout.load_interface(folder)
    said = identity(interface, design_hash(interface, layout.sources(folder)), __version__,
                    board.clock_hz)
    top = f"nnhw_{board.name}"
    return top, board_verilog(board, interface, said, top)


def board_entry(result: Synthesis) -> dict[str, Any]:
    """As ``report.json`` keeps it; the share of the part is that of network and shell."""
    part = result.part
    return result.entry() | {"utilisation": utilisation(result.used + result.around, part,
                                                        family(part.family))}


def bitstream(folder: Path, name: str, *, load: bool = False,
              told: Progress = lambda step: None) -> tuple[Path, Synthesis]:
    """Make the bitstream of a build folder for a board, in ``boards/NAME`` of that folder.

    Parameters
    ----------
    load : bool
        Load it into the board too.

    Raises
    ------
    NNHWError
        If there is no such board, the network does not fit or is too slow, or a tool fails.
    """
    board = board_named(name)
    if board.flow is not Flow.OPEN:
        raise ToolError(f"the bitstream of {board.title} is Vivado's: run vivado -mode batch "
                        f"-source build.tcl in the project that nnhw bitstream {folder} "
                        f"--board {name} writes")
    job = job_of(folder, board.part, folder / "boards" / name, board.clock_hz / 1e6)
    told("writing the shell")
    top, verilog = shell_verilog(folder, board)
    path, result = make_bitstream(job, board, top, verilog, told)
    record(folder, board_entry(result) | {"board": name, "bitstream": str(path.relative_to(
        folder.resolve()))})
    if load:
        program(board, path, told)
    return path, result
