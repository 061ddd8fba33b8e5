# SPDX-License-Identifier: Apache-2.0
"""``nnhw build``: from a model file to a build folder."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from nnhw.api import load_data
from nnhw.api.build import check_board
from nnhw.api.folder import check_target
from nnhw.api.goals import Goal
from nnhw.api.model import compile
from nnhw.boards import board as board_named
from nnhw.boards.parts import part
from nnhw.cli.common import output, progress
from nnhw.config import IO_STYLES, PORT_STYLES, TARGETS, Config, load
from nnhw.errors import ConfigError
from nnhw.report.tables import estimate_text, print_layers, timing_text

__all__ = ["build"]


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option("-o", "--output", "folder", type=click.Path(path_type=Path), required=True,
              metavar="DIR", help="Folder to write; new or empty.")
@click.option("--config", "config_path", type=click.Path(path_type=Path), metavar="FILE",
              help="TOML of nnhw, or YAML of hls4ml; the options below weigh more.")
@click.option("--precision", metavar="TYPE",
              help="Type of a float model: 'fixed<16,6>', or auto (with --data).")
@click.option("--reuse", type=int, metavar="N", help="Products per multiplier.")
@click.option("--io", type=click.Choice(IO_STYLES), help="Whole tensors, or beats of elements.")
@click.option("--lanes", type=int, metavar="N", help="Elements in a beat of --io stream.")
@click.option("--ports", type=click.Choice(PORT_STYLES), help="Bare streams or AXI4-Stream.")
@click.option("--clock", type=float, metavar="MHZ", help="Clock goal.")
@click.option("--target", metavar="FAMILY", help=f"FPGA family: {', '.join(TARGETS)}.")
@click.option("--board", metavar="NAME", help="Board, which decides target and clock.")
@click.option("--data", "data_path", type=click.Path(path_type=Path), metavar="FILE",
              help=".npz with 'inputs': calibrates 'auto' and feeds the test bench.")
@click.option("--target-fps", type=float, metavar="F",
              help="Choose reuse factors for so many inferences a second, with few multipliers.")
@click.option("--max-latency", metavar="TIME",
              help="Likewise for a latency: nanoseconds, or 1.5us, 30cycles, ...")
@click.option("--fit", metavar="PART",
              help="Choose them for a part; alone, the fastest circuit whose multipliers and "
                   "weights it holds.")
@click.option("--force", is_flag=True, help="Replace an earlier build in DIR.")
def build(model: Path, folder: Path, config_path: Path | None, data_path: Path | None,
          target_fps: float | None, max_latency: str | None, fit: str | None,
          force: bool, **choices: Any) -> None:
    """Turn MODEL into Verilog, with a test bench and a report.

    MODEL is an .onnx file (float or QONNX), a .keras file of HGQ2, a program of da4ml or
    alkaid (.json, .json.gz), or a Python file that defines `model` (nnhw.Sequential or
    nnhw.Network).

    \b
    nnhw build examples/digits/digits.onnx -o build
    nnhw build jet.onnx -o build --precision 'fixed<16,6>' --reuse 4
    nnhw build jet.onnx -o build --precision auto --data calibration.npz
    nnhw build jet.onnx -o build2 --config build/config.toml
    nnhw build kws.onnx -o build --io stream --target-fps 20000 --fit lfe5u-25f
    """
    check_target(folder, force)
    config = _configured(config_path, choices)
    check_board(config.board)
    goal = _goal(Goal(target_fps, max_latency, fit), choices)
    data = load_data(data_path) if data_path else None
    inputs = data.inputs if data else None
    with progress("reading the model") as told:
        compiled = compile(model, config, inputs)
        if goal:
            compiled = compiled.folded(goal, told)
        report = compiled.write(folder, force=force, bench=inputs, progress=told)
    console = output()
    print_layers(report, console)
    for note in report["notes"]:
        console.print(f"note: {note}", markup=False)
    console.print(f"{folder}: {timing_text(report)}", markup=False)
    if estimate := estimate_text(report):
        console.print(f"{folder}: {estimate}", markup=False)


def _goal(goal: Goal, choices: dict[str, Any]) -> Goal:
    """The goal, checked against the options that contradict one."""
    if goal and choices["reuse"] is not None:
        raise ConfigError("--reuse: a goal (--target-fps, --max-latency, --fit) chooses the reuse "
                          "factors; leave one of them out")
    if goal.fit is not None:
        part(goal.fit, choices["target"])
    return goal


def _configured(path: Path | None, choices: dict[str, Any]) -> Config:
    """The file's configuration, overruled by the options that were given."""
    config = load(path) if path else Config()
    names = {"clock": "clock_mhz"}
    if choices.get("board"):
        chosen = board_named(choices["board"])
        config = replace(config, target=chosen.part.family, clock_mhz=chosen.clock_hz / 1e6)
    given = {names.get(key, key): value for key, value in choices.items() if value is not None}
    for key, value in given.items():
        try:
            config = replace(config, **{key: value})
        except ConfigError as error:
            option = {v: k for k, v in names.items()}.get(key, key)
            raise ConfigError(f"--{option}: {error}") from error
    return config
