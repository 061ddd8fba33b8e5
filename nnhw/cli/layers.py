# SPDX-License-Identifier: Apache-2.0
"""``nnhw layers``: what is supported."""

import click

from nnhw.cli.common import output
from nnhw.report.support import COLUMNS, support_rows
from nnhw.report.tables import print_rows

__all__ = ["layers"]


@click.command()
def layers() -> None:
    """List the layers, and which engines have them.

    A layer is a folder of nnhw/layers, and what this prints is read from those folders. Operators
    of a model (Gemm, Relu, BatchNormalization, ...) become these layers when it is read; one that
    cannot is refused by name.
    """
    print_rows(COLUMNS, support_rows(), output(), left=2)
