# SPDX-License-Identifier: Apache-2.0
"""A Vivado project of a build folder."""

import shutil
from pathlib import Path

from nnhw.api import folder as layout
from nnhw.api.bitstream import shell_verilog
from nnhw.boards.base import Board, Flow, Link
from nnhw.errors import ConfigError
from nnhw.hw.layout import DesignInterface
from nnhw.shell.axi_top import axi_verilog
from nnhw.shell.register_map import address_width
from nnhw.shell.wire import design_hash, identity
from nnhw.synth.vivado import Shell, project_files
from nnhw.synth.vivado_core import check_axi
from nnhw.version import __version__

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
    files = project_files(board, interface, layout.sources(folder),
                          _shell(folder, board, interface))
    work = folder / "boards" / board.name
    if work.exists():
        shutil.rmtree(work)
    work.mkdir(parents=True)
    for name, text in files.items():
        (work / name).write_text(text, encoding="utf-8")
    return work


def _shell(folder: Path, board: Board, interface: DesignInterface) -> Shell:
    """The top module for the board's way to the host."""
    design = design_hash(interface, layout.sources(folder))
    if board.link is Link.UART:
        return Shell(*shell_verilog(folder, board), design)
    check_axi(interface)
    said = identity(interface, design, __version__, board.clock_hz)
    top = f"nnhw_{board.name}"
    return Shell(top, axi_verilog(interface, int(design, 16), said, top), design,
                 1 << address_width(len(said), interface.load_pins.get("load_address", 0)))
