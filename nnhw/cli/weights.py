# SPDX-License-Identifier: Apache-2.0
"""``nnhw weights``: a retrained model's weights for a board that runs already."""

from pathlib import Path

import click

from nnhw.api.model import CompiledModel
from nnhw.cli.common import output, progress

__all__ = ["weights"]


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.argument("model", metavar="MODEL", type=click.Path(path_type=Path))
@click.option("-o", "--output", "target", metavar="FILE.npz", required=True,
              type=click.Path(path_type=Path), help="What the board's driver loads.")
def weights(folder: Path, model: Path, target: Path) -> None:
    """Take the weights of MODEL for the circuit of build folder DIR.

    DIR must have been built with writable weights, and MODEL may differ from the
    model it was built from in these weights only. What the circuit then computes
    is checked by nnhw verify DIR --weights MODEL.

    \b
    nnhw weights build retrained.onnx -o retrained.npz
    """
    with progress("reading the model"):
        words = CompiledModel.read(folder).retrained(model).save_weights(target)
    output().print(f"{target}: {words} words of 32 bits", markup=False)
