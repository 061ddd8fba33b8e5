# SPDX-License-Identifier: Apache-2.0
"""Synthesis of a build folder, recorded in its report."""

from pathlib import Path
from typing import Any

from nnhw.api import folder as layout
from nnhw.boards.base import Part
from nnhw.boards.parts import DEFAULT_PART, part
from nnhw.report.contract import Report, read_report, write_report
from nnhw.report.html import write_html
from nnhw.synth.families import family
from nnhw.synth.fit import foreseen
from nnhw.synth.run import Progress
from nnhw.synth.synthesize import Job, Synthesis, synthesize

__all__ = ["choose_part", "job_of", "record", "synthesize_folder", "warning"]


def choose_part(report: Report, target: str | None, name: str | None) -> Part:
    """The part that is named, else the family's usual one; the family is the build's if not named.

    Raises
    ------
    ConfigError
        If there is no such family or part, or they do not agree.
    """
    if target is not None:
        family(target)
    if name is not None:
        return part(name, target)
    return part(DEFAULT_PART[target or report["target"]])


def warning(folder: Path, chosen: Part) -> str:
    """What the build's estimate says against a part, before minutes of synthesis; often nothing."""
    report = read_report(folder)
    if report["target"] != chosen.family:
        return ""
    return foreseen(report.get("estimate", {}), chosen, family(chosen.family))


def job_of(folder: Path, chosen: Part, work: Path, mhz: float | None = None) -> Job:
    """What synthesis needs of a build folder."""
    report = read_report(folder)
    layers = {layer["name"]: layer["reuse"] for layer in report["layers"]}
    return Job(layout.load_interface(folder), layout.sources(folder), layers, chosen,
               work.resolve(), mhz or report["clock_mhz"], report["target"])


def synthesize_folder(folder: Path, target: str | None = None, name: str | None = None, *,
                      placed: bool = False, mhz: float | None = None,
                      told: Progress = lambda step: None) -> Synthesis:
    """Synthesize the Verilog of a build folder; logs go to its ``synth/``, figures to its report.

    Parameters
    ----------
    folder : Path
        A build folder.
    target, name : str or None
        Family and part; see ``choose_part``.
    placed : bool
        Place and route too.
    mhz : float or None
        Clock to aim at; None is the build's.
    told : callable
        Told what is being done.
    """
    chosen = choose_part(read_report(folder), target, name)
    work = folder / "synth" / chosen.family
    result = synthesize(job_of(folder, chosen, work, mhz), placed=placed, told=told)
    record(folder, result.entry())
    return result


def record(folder: Path, entry: dict[str, Any]) -> None:
    """Put an entry into the report's ``synth``, in place of an earlier one of the same kind."""
    report = read_report(folder)
    keys = ("target", "part", "tool", "board")
    kind = [entry.get(key) for key in keys]
    kept = [old for old in report["synth"] if [old.get(key) for key in keys] != kind]
    report["synth"] = [*kept, entry]
    write_report(report, folder)
    write_html(report, folder)
