# SPDX-License-Identifier: Apache-2.0
"""RTL and HLS side by side: one set of figures, as JSON and as rows of a table."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from nnhw.report.contract import Report

__all__ = ["COLUMNS", "Sourced", "comparison", "comparison_rows", "lines_of_code",
           "write_comparison"]

#: Rises when a key is renamed, removed or changes its meaning.
SCHEMA = 1

COLUMNS = ("figure", "RTL", "from", "HLS", "from ")

_LABELS = {
    "latency_cycles": "latency, cycles",
    "interval_cycles": "interval, cycles",
    "lut": "LUT",
    "ff": "FF",
    "dsp": "DSP",
    "bram": "BRAM",
    "fmax_mhz": "Fmax, MHz",
    "lines_of_code": "lines of code",
    "seconds": "seconds to generate",
}
_TIMING = ("latency_cycles", "interval_cycles")
_CIRCUIT = ("lut", "ff", "dsp", "bram", "fmax_mhz")


class Sourced(Protocol):
    """Figures with the tool they come from, as the parsers of reports give them."""

    @property
    def source(self) -> str:
        """Which report of which tool."""


def comparison(report: Report, vendor: Mapping[str, Sequence[Sourced]],
               lines: Mapping[str, int | None]) -> dict[str, Any]:
    """Everything that is known of both renderings of a build.

    Parameters
    ----------
    report : dict
        ``report.json`` of the build.
    vendor : mapping of str to sequence of Sourced
        Figures of vendors' reports for ``rtl`` and ``hls``, best source first.
    lines : mapping of str to int or None
        Lines of code of ``rtl`` and ``hls``.

    Returns
    -------
    dict
        What ``compare.json`` holds; an unknown figure is None, and ``needs`` says what would
        give it.
    """
    return {
        "schema": SCHEMA,
        **{key: report[key] for key in ("model", "target", "clock_mhz", "io")},
        "bits": _bits(report["verify"]),
        "rtl": _side("rtl", report, vendor.get("rtl", ()), lines.get("rtl")),
        "hls": _side("hls", report, vendor.get("hls", ()), lines.get("hls")),
    }


def _bits(verify: Mapping[str, Any]) -> dict[str, Any]:
    counts = {key: verify.get(key) for key in ("samples", "rtl_mismatches", "hls_mismatches")}
    both = [counts["rtl_mismatches"], counts["hls_mismatches"]]
    equal = None if None in both else not any(both)
    return {**counts, "equal": False if any(both) else equal}


def _side(side: str, report: Report, vendor: Sequence[Sourced], lines: int | None
          ) -> dict[str, Any]:
    figures: dict[str, Any] = dict.fromkeys(_LABELS)
    sources: dict[str, str | None] = dict.fromkeys(_LABELS)

    def fill(key: str, value: Any, source: str) -> None:
        if figures[key] is None and value is not None:
            figures[key], sources[key] = value, source

    if side == "rtl":
        for key in _TIMING:
            fill(key, report["verify"].get(f"{key}_measured"), "Verilator")
    for one in vendor:
        for key in (*_TIMING, *_CIRCUIT):
            fill(key, getattr(one, key), one.source)
    if side == "rtl":
        _from_synth(report, figures, fill)
    fill("lines_of_code", lines, "nnhw")
    fill("seconds", report["build_seconds"].get(side), "nnhw")
    needs = {key: _needs(side, key) for key, value in figures.items() if value is None}
    return {**figures, "sources": sources, "needs": needs}


def _from_synth(report: Report, figures: Mapping[str, Any], fill: Any) -> None:
    """Figures of the latest synthesis for the target: all of one run, never of several tools."""
    if any(figures[key] is not None for key in _CIRCUIT):
        return
    runs = [run for run in report["synth"] if run.get("target") == report["target"]]
    for key in _CIRCUIT:
        if runs:
            fill(key, runs[-1].get(key), str(runs[-1].get("tool") or "synthesis"))


def _needs(side: str, key: str) -> str:
    if key in ("lines_of_code", "seconds"):
        return "nnhw build"
    if side == "hls":
        return "Vitis HLS"
    return "nnhw verify" if key in _TIMING else "nnhw synth or Vivado"


def comparison_rows(found: Mapping[str, Any]) -> list[list[str]]:
    """Rows in the order of ``COLUMNS``; what was not measured says what would measure it."""
    rows = [["equal to golden", *_verdict(found["bits"], "rtl"), *_verdict(found["bits"], "hls")]]
    for key, label in _LABELS.items():
        cells: list[str] = []
        for side in (found["rtl"], found["hls"]):
            if side[key] is None:
                cells += [f"not measured (needs {side['needs'][key]})", ""]
            else:
                value = side[key]
                cells += [f"{value:,}", side["sources"][key] or ""]
        rows.append([label, *cells])
    return rows


def _verdict(bits: Mapping[str, Any], side: str) -> list[str]:
    wrong = bits[f"{side}_mismatches"]
    if wrong is None:
        return [f"not measured (needs nnhw verify --engines golden,{side})", ""]
    verdict = "every word" if wrong == 0 else f"{wrong:,} words differ"
    engine = {"rtl": "Verilator", "hls": "g++"}[side]
    return [f"{verdict}, {bits['samples']:,} samples", engine]


def lines_of_code(folder: Path, patterns: Sequence[str]) -> int | None:
    """Lines that are not blank in all files that match, test benches left out; None for no file."""
    paths = sorted({path for pattern in patterns for path in folder.glob(pattern)
                    if not path.stem.endswith("_tb")})
    if not paths:
        return None
    return sum(1 for path in paths
               for line in path.read_text(encoding="utf-8").splitlines() if line.strip())


def write_comparison(found: Mapping[str, Any], folder: Path) -> Path:
    """Write ``compare.json`` into a build folder."""
    path = folder / "compare.json"
    path.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path
