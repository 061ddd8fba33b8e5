# SPDX-License-Identifier: Apache-2.0
"""``nnhw verify``: hold every engine against golden."""

from pathlib import Path

import click

from nnhw.api import load_data
from nnhw.api.engines import engines as engines_by_name
from nnhw.api.model import RANDOM_SAMPLES, CompiledModel
from nnhw.api.verify import Verification
from nnhw.cli.common import output, progress

__all__ = ["verify"]


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--data", "data_path", type=click.Path(path_type=Path), metavar="FILE",
              help=".npz with 'inputs', and optionally 'labels' and 'outputs' to score against.")
@click.option("--engines", default="golden,rtl", show_default=True, metavar="LIST",
              help="Engines to compare, with commas between.")
@click.option("--samples", type=click.IntRange(min=1), metavar="N",
              help=f"How many inputs; all of --data, or {RANDOM_SAMPLES} made up, if left out.")
@click.option("--stall", type=click.IntRange(min=0), metavar="SEED", is_flag=False, flag_value=1,
              help="Run a second time with random gaps on both sides.")
@click.option("--layers", is_flag=True,
              help="Compare every layer's result in RTL too, and name the first that differs.")
@click.option("--weights", "other", type=click.Path(path_type=Path), metavar="MODEL",
              help="Load the writable weights of a retrained model before the circuit runs.")
def verify(folder: Path, data_path: Path | None, engines: str, samples: int | None,
           stall: int | None, layers: bool, other: Path | None) -> None:
    """Compare every output word of build folder DIR across engines.

    Without --data, inputs are made up from a fixed seed: all lowest, all highest, then random.
    Latency and interval are measured and must equal the report's. The outcome is written into
    DIR/report.json, unless other weights were loaded; exit status 1 if anything differs.

    \b
    nnhw verify build --data test.npz
    nnhw verify build --samples 1000 --stall
    nnhw verify build --samples 20 --layers
    nnhw verify build --weights retrained.onnx
    """
    names = [name.strip() for name in engines.split(",") if name.strip()]
    engines_by_name(names)
    model = CompiledModel.read(folder)
    if other is not None:
        model = model.retrained(other)
    data = load_data(data_path) if data_path else None
    with progress(f"running {', '.join(names)}"):
        result = model.verify(data, names, samples=samples, stall=stall, layers=layers)
    _print(result)
    raise click.exceptions.Exit(0 if result.passed else 1)


def _print(result: Verification) -> None:
    console = output()

    def say(text: str) -> None:
        console.print(text, markup=False, soft_wrap=True)

    for name, count in result.mismatches.items():
        say(f"{name}: {count} mismatches in {result.words} words of {result.samples} samples"
            + (", with and without stalls" if result.stalled else ""))
    for problem in (*result.examples, *result.timing):
        say(f"  {problem}")
    if result.layers is not None:
        say(str(result.layers))
    if result.latency is not None:
        say(f"latency {result.latency} cycles, interval {result.interval} cycles, measured")
    if result.accuracy is not None:
        say(f"accuracy {100 * result.accuracy:.2f} % of {result.samples} labels")
    if result.agreement is not None:
        say(f"agreement with the source model {100 * result.agreement:.2f} %, "
            f"largest difference {result.difference:g}")
    if result.codes is not None:
        say(f"{result.codes_differing} of {result.codes} output codes differ from the source "
            "model's")
    say("passed" if result.passed else "FAILED")
