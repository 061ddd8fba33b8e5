# SPDX-License-Identifier: Apache-2.0
"""``nnhw synth``: resources by layer, and with place and route the clock."""

from pathlib import Path

import click

from nnhw.api.synth import choose_part, synthesize_folder, warning
from nnhw.cli.common import output, progress, warn
from nnhw.config import TARGETS
from nnhw.report.contract import read_report
from nnhw.report.synth import COLUMNS, resource_rows, timing_lines
from nnhw.report.tables import print_rows

__all__ = ["synth"]


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--target", metavar="FAMILY", help=f"FPGA family: {', '.join(TARGETS)}; the build's "
              "if left out.")
@click.option("--part", metavar="PART", help="Part, as docs/synthesis.md lists them.")
@click.option("--pnr", is_flag=True, help="Place and route (ecp5, ice40, gowin, nexus).")
@click.option("--clock", type=float, metavar="MHZ",
              help="Clock to aim at; the build's if left out.")
def synth(folder: Path, target: str | None, part: str | None, pnr: bool,
          clock: float | None) -> None:
    """Synthesize build folder DIR with Yosys, and with --pnr place and route it.

    The network is mapped by itself, between registers, so that its ports need not fit the pins.
    Logs and netlists lie in DIR/synth/FAMILY, the figures in DIR/report.json.

    \b
    nnhw synth build --target ecp5 --pnr
    nnhw synth build --target xc7 --part xc7a35t
    """
    if pnr:
        warn(warning(folder, choose_part(read_report(folder), target, part)))
    with progress("synthesizing") as told:
        result = synthesize_folder(folder, target, part, placed=pnr, mhz=clock, told=told)
    console, entry = output(), result.entry()
    print_rows(COLUMNS, resource_rows(entry), console)
    for line in timing_lines(entry):
        console.print(line, markup=False, soft_wrap=True)
