# SPDX-License-Identifier: Apache-2.0
"""``nnhw bitstream``: a build on a board."""

from pathlib import Path

import click

from nnhw.api.bitstream import bitstream as make
from nnhw.api.bitstream import board_entry
from nnhw.api.synth import warning
from nnhw.api.vivado import write_project
from nnhw.boards import board as board_named
from nnhw.boards.base import Flow
from nnhw.cli.common import output, progress, warn
from nnhw.report.synth import COLUMNS, resource_rows, timing_lines
from nnhw.report.tables import print_rows

__all__ = ["bitstream"]


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--board", "name", required=True, metavar="NAME", help="As nnhw boards lists them.")
@click.option("--program", is_flag=True, help="Load it into the board (needs openFPGALoader).")
def bitstream(folder: Path, name: str, program: bool) -> None:
    """Make the bitstream that runs build folder DIR on a board.

    It lies in DIR/boards/NAME with all logs; for boards of Vivado, a project
    does. From Python, the board is then called like a function:
    nnhw.boards.Accelerator("/dev/ttyUSB0", "DIR").predict(x).

    \b
    nnhw build examples/digits/digits.onnx -o build --io stream --reuse 512 --board ulx3s_85f
    nnhw bitstream build --board ulx3s_85f --program
    """
    board = board_named(name)
    if board.flow is Flow.VIVADO:
        work = write_project(folder, board)
        output().print(f"{work}: project for {board.title}; there, run vivado -mode batch -source "
                       "build.tcl", markup=False, soft_wrap=True)
        return
    warn(warning(folder, board.part))
    with progress(f"bitstream for {board.title}") as told:
        path, result = make(folder, name, load=program, told=told)
    console, entry = output(), board_entry(result)
    rows = resource_rows(entry)
    around = [f"{entry['around'][key]:g}" for key in ("lut", "ff", "dsp", "bram", "carry")]
    print_rows(COLUMNS, [*rows[:-1], ["(shell)", *around], rows[-1]], console)
    for line in timing_lines(entry):
        console.print(line, markup=False, soft_wrap=True)
    if board.note:
        console.print(f"note: {board.note}", markup=False, soft_wrap=True)
    console.print(f"{path}: {board.title} at {board.clock_hz / 1e6:g} MHz", markup=False,
                  soft_wrap=True)
