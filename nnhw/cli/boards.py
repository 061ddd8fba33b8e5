# SPDX-License-Identifier: Apache-2.0
"""``nnhw boards``: what bitstreams can be made for."""

import click

from nnhw.boards import board, names
from nnhw.cli.common import output
from nnhw.report.tables import print_rows

__all__ = ["boards"]


@click.command()
def boards() -> None:
    """List the boards: part, clock, link to the host, and the tools that make the bitstream."""
    rows = []
    for name in names():
        one = board(name)
        rows.append([name, one.title, one.part.family, one.part.name,
                     f"{one.clock_hz / 1e6:g} MHz", f"{one.part.lut:,}", f"{one.part.dsp:,}",
                     one.link.value, one.flow.value])
    print_rows(("board", "", "target", "part", "clock", "LUTs", "DSPs", "link", "tools"), rows,
               output(), left=4)
