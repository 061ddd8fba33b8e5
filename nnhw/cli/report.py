# SPDX-License-Identifier: Apache-2.0
"""``nnhw report``: the figures of a build, in the terminal."""

import json
from pathlib import Path

import click

from nnhw.cli.common import output
from nnhw.report.contract import read_report
from nnhw.report.tables import (
    estimate_text,
    print_layers,
    print_rows,
    timing_text,
    verify_rows,
)

__all__ = ["report"]


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print report.json itself.")
def report(folder: Path, as_json: bool) -> None:
    """Show the figures of build folder DIR: layers, timing, the last verification.

    DIR/report.html has the same as a page, DIR/report.json for programs.
    """
    figures = read_report(folder)
    if as_json:
        click.echo(json.dumps(figures, indent=2, ensure_ascii=False))
        return
    console = output()
    console.print(f"{figures['model']} on {figures['target']}: {timing_text(figures)}",
                  markup=False, soft_wrap=True)
    print_layers(figures, console)
    if estimate := estimate_text(figures):
        console.print(estimate, markup=False)
    if rows := verify_rows(figures):
        print_rows(("verified", ""), rows, console)
    else:
        console.print("not verified yet: nnhw verify " + str(folder), markup=False)
    for note in figures["notes"]:
        console.print(f"note: {note}", markup=False, soft_wrap=True)
