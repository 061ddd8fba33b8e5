# SPDX-License-Identifier: Apache-2.0
"""``nnhw compare``: RTL and HLS of a build, side by side."""

import json
from pathlib import Path

import click

from nnhw.cli.common import output
from nnhw.hls.reports import find_reports
from nnhw.report.compare import (
    COLUMNS,
    comparison,
    comparison_rows,
    lines_of_code,
    write_comparison,
)
from nnhw.report.contract import read_report
from nnhw.report.tables import print_rows

__all__ = ["compare"]

#: What a person would read of each rendering, test benches and scripts left out.
_CODE = {"rtl": ("rtl/*.v",),
         "hls": ("hls/*.h", "hls/*.cpp", "hls/include/*.h", "hls/weights/*.h")}


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print compare.json itself.")
def compare(folder: Path, as_json: bool) -> None:
    """Put RTL and HLS of build folder DIR side by side, and write DIR/compare.json.

    Equality, latency and interval come from nnhw verify; resources and clock from nnhw synth and
    from the reports of Vitis HLS and Vivado, where they lie in DIR/hls. What was not measured is
    null, and the table says which tool would measure it.

    \b
    nnhw verify build --engines golden,rtl,hls
    nnhw compare build
    """
    report = read_report(folder)
    lines = {side: lines_of_code(folder, patterns) for side, patterns in _CODE.items()}
    found = comparison(report, find_reports(folder / "hls"), lines)
    write_comparison(found, folder)
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    console = output()
    console.print(f"{found['model']} on {found['target']} at {found['clock_mhz']:g} MHz, "
                  f"io {found['io']}", markup=False, soft_wrap=True)
    print_rows(COLUMNS, comparison_rows(found), console, left=5)
