# SPDX-License-Identifier: Apache-2.0
"""A Vivado project of a build folder."""

import shutil
from pathlib import Path

from nnhw.api import folder as layout
from nnhw.api.bitstream import shell_verilog
from nnhw.boards.base import Board, Flow, Link
from nnhw.errors import ConfigError
from nnhw.synth.vivado import project_files

__all__ = ["write_project"]


def write_project(folder: Path, board: Board) -> Path:
    """Write the project into ``boards/NAME`` of a build folder; returns that path.

    Raises
    ------
    ConfigError
        If the board is not one of Vivado's, or the network's ports do not suit it.
    """
    if board.flow is not Flow.VIVADO:
        raise ConfigError(f"{board.title} needs no Vivado; make its bitstream with: "
                          f"nnhw bitstream {folder} --board {board.name}")
    interface = layout.load_interface(folder)
    shell = shell_verilog(folder, board) if board.link is Link.UART else None
    files = project_files(board, interface, layout.sources(folder), shell)
    work = folder / "boards" / board.name
    if work.exists():
        shutil.rmtree(work)
    work.mkdir(parents=True)
    for name, text in files.items():
        (work / name).write_text(text, encoding="utf-8")
    return work
