# SPDX-License-Identifier: Apache-2.0
"""``report.json``: the figures of a build, in a form that other programs may rely on."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nnhw.config import Config
from nnhw.errors import ModelError
from nnhw.hw.layout import DesignInterface, LayerFigures
from nnhw.ir.graph import Graph, InputPort, OutputPort

__all__ = ["NOT_VERIFIED", "RESOURCES", "SCHEMA", "Report", "new_report", "read_report",
           "write_report"]

Report = dict[str, Any]
#: Numbers by kind of resource; what is unknown is None, or not there.
Figures = Mapping[str, int | float | None]

#: What an estimate tells of.
RESOURCES = ("lut", "ff", "dsp", "bram", "carry")

#: Rises when a key is renamed, removed or changes its meaning; new keys do not raise it.
SCHEMA = 1

#: ``verify`` before anything was run.
NOT_VERIFIED: dict[str, Any] = dict.fromkeys((
    "samples", "rtl_mismatches", "hls_mismatches", "latency_cycles_measured",
    "interval_cycles_measured", "accuracy", "agreement", "largest_difference",
    "codes", "codes_differing", "stalled"))


def new_report(graph: Graph, config: Config, interface: DesignInterface,
               layers: Sequence[LayerFigures], *, version: str, model: str,
               notes: Sequence[str] = (), seconds: dict[str, float] | None = None,
               estimates: Mapping[str, Figures] | None = None,
               whole: Figures | None = None) -> Report:
    """The report of a build that has not been verified or synthesized.

    ``estimates`` by layer and of the ``whole`` network are of ``nnhw.estimate``.
    """
    known = estimates or {}
    times = dict.fromkeys(("load", "lower", "rtl", "hls")) | (seconds or {})
    return {
        "schema": SCHEMA,
        "version": version,
        "model": model,
        "target": config.target,
        "clock_mhz": config.clock_mhz,
        "latency_cycles": interface.latency,
        "interval_cycles": interface.interval,
        "io": config.io,
        "inputs": [_port(port) for port in graph.inputs],
        "outputs": [_port(port) for port in graph.outputs],
        "layers": [_layer(figures, known.get(figures.name, {})) for figures in layers],
        "estimate": _estimate(whole or {}),
        "verify": dict(NOT_VERIFIED),
        "synth": [],
        "build_seconds": times,
        "notes": list(dict.fromkeys((*config.notes, *graph.notes, *notes))),
    }


def _port(port: InputPort | OutputPort) -> dict[str, Any]:
    return {"name": port.name, "shape": list(port.shape), "type": str(port.type.element)}


def _estimate(figures: Figures) -> dict[str, int | float | None]:
    return {key: figures.get(key) for key in RESOURCES}


def _layer(figures: LayerFigures, estimate: Figures) -> dict[str, Any]:
    return {
        "name": figures.name,
        "op": figures.op,
        "input_shape": list(figures.input_shape),
        "output_shape": list(figures.output_shape),
        "type": figures.type,
        "reuse": figures.reuse,
        "interval": figures.interval,
        "latency": figures.latency,
        "multipliers": figures.multipliers,
        "weight_bits": figures.weight_bits,
        "utilisation": figures.utilisation,
        "limits": figures.limits,
        "estimate": _estimate(estimate),
    }


def write_report(report: Report, folder: Path) -> None:
    """Write ``report.json`` into a build folder."""
    text = json.dumps(report, indent=2, ensure_ascii=False)
    (folder / "report.json").write_text(text + "\n", encoding="utf-8")


def read_report(folder: Path) -> Report:
    """The report of a build folder.

    Raises
    ------
    ModelError
        If there is none, it is damaged, or a newer nnhw wrote it.
    """
    path = folder / "report.json"
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"{folder} is no nnhw build folder: it has no readable report.json; "
                         "make one with: nnhw build MODEL -o DIR") from error
    except ValueError as error:
        raise ModelError(f"{path} is damaged; build again") from error
    if not isinstance(report, dict) or not isinstance(report.get("schema"), int):
        raise ModelError(f"{path} was not written by nnhw; build again")
    if report["schema"] > SCHEMA:
        raise ModelError(f"{path} has schema {report['schema']} of a newer nnhw; "
                         f"this one reads up to {SCHEMA}")
    return report
