# SPDX-License-Identifier: Apache-2.0
"""``nnhw predict``: run a build on an array."""

from pathlib import Path
from typing import Any

import click
import numpy as np

from nnhw.api.data import load_array
from nnhw.api.engines import ENGINES, engine
from nnhw.api.model import CompiledModel
from nnhw.cli.common import output, progress
from nnhw.errors import DataError

__all__ = ["predict"]


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.argument("source", metavar="INPUT.npy", type=click.Path(path_type=Path))
@click.option("-o", "--output", "target", metavar="OUTPUT.npy", required=True,
              type=click.Path(path_type=Path), help="Array to write.")
@click.option("--engine", "name", metavar="NAME", default="golden", show_default=True,
              help=f"What computes: {', '.join(ENGINES)}.")
@click.option("--raw", is_flag=True, help="Mantissas (int64) in and out instead of floats.")
def predict(folder: Path, source: Path, target: Path, name: str, raw: bool) -> None:
    """Run the network of build folder DIR on INPUT.npy, batch first.

    A model with several inputs takes an .npz with one array for each, by name; several outputs
    are written as an .npz likewise.

    \b
    nnhw predict build inputs.npy -o outputs.npy --engine rtl
    """
    engine(name)
    model = CompiledModel.read(folder)
    x = load_array(source)
    with progress(f"running {name}"):
        try:
            y = model.predict(x, name, raw)
        except DataError as error:
            raise DataError(str(error).replace("x: ", f"{source}: ", 1)) from error
    _save(target, y)
    samples = len(next(iter(y.values())) if isinstance(y, dict) else y)
    output().print(f"{target}: {samples} samples by {name}", markup=False)


def _save(path: Path, y: Any) -> None:
    """Write one array as ``.npy``, several as ``.npz``, under exactly the name given."""
    arrays = y if isinstance(y, dict) else {"y": y}
    if any(array.dtype == object for array in arrays.values()):
        raise DataError(f"{path}: outputs exceed 62 bits, which int64 cannot hold; leave out --raw")
    with path.open("wb") as file:
        if isinstance(y, dict):
            np.savez(file, **y)
        else:
            np.save(file, y)
