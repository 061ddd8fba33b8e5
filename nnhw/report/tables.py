# SPDX-License-Identifier: Apache-2.0
"""The figures of a report as rows of text, for the terminal and the page alike."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from nnhw.report.contract import RESOURCES, Report

__all__ = ["LAYER_COLUMNS", "estimate_text", "layer_rows", "print_layers", "print_rows",
           "shape_text", "timing_text", "verify_rows"]

LAYER_COLUMNS = ("layer", "op", "input", "output", "type", "reuse", "interval", "latency",
                 "multipliers", "busy", "weight bits", "LUT", "FF", "DSP", "BRAM", "carry")
_VERIFY = {
    "samples": "samples",
    "rtl_mismatches": "RTL words that differ",
    "hls_mismatches": "HLS words that differ",
    "latency_cycles_measured": "latency measured, cycles",
    "interval_cycles_measured": "interval measured, cycles",
    "accuracy": "accuracy",
    "agreement": "agreement with the source model",
    "largest_difference": "largest difference from it",
    "codes": "output codes compared with it",
    "codes_differing": "output codes that differ from it",
    "stalled": "repeated with random stalls",
}


def shape_text(shape: Sequence[int]) -> str:
    """A shape as ``28x28x1``.

    >>> shape_text([28, 28]), shape_text([])
    ('28x28', 'scalar')
    """
    return "x".join(map(str, shape)) or "scalar"


def layer_rows(report: Report) -> list[list[str]]:
    """One row a layer, in the order of ``LAYER_COLUMNS``; what is unknown is a dash."""
    keys = ("reuse", "interval", "latency", "multipliers")
    return [[layer["name"], layer["op"], shape_text(layer["input_shape"]),
             shape_text(layer["output_shape"]), layer["type"], *(_cell(layer[k]) for k in keys),
             _busy(layer), _cell(layer["weight_bits"]),
             *(_cell(layer["estimate"].get(k)) for k in RESOURCES)]
            for layer in report["layers"]]


def _busy(layer: Mapping[str, Any]) -> str:
    """How busy a layer's multipliers are, and whether it is the one that limits the network."""
    share = layer.get("utilisation")
    words = [] if share is None else [f"{100 * share:.0f} %"]
    return " ".join(words + ["limits"] * bool(layer.get("limits"))) or "-"


def verify_rows(report: Report) -> list[list[str]]:
    """What a verification found, without what it did not look at."""
    return [[text, _figure(key, report["verify"][key])] for key, text in _VERIFY.items()
            if report["verify"].get(key) is not None]


def _figure(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if key in ("accuracy", "agreement"):
        return f"{100 * value:.2f} %"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _cell(value: Any) -> str:
    return "-" if value is None else str(value)


def timing_text(report: Report) -> str:
    """The one line that says how fast the circuit is."""
    latency, interval, clock = (report[k] for k in
                                ("latency_cycles", "interval_cycles", "clock_mhz"))
    if latency is None or interval is None:
        return "latency and interval unknown"
    rate = clock * 1e6 / interval
    return (f"latency {latency} cycles, interval {interval} cycles: at {clock:g} MHz "
            f"{latency * 1000 / clock:,.1f} ns and {rate:,.0f} inferences/s")


def estimate_text(report: Report) -> str:
    """The one line that says what the whole network will take; empty where nothing is known."""
    known = report.get("estimate", {})
    figures = [f"{known[k]:,} {name}" for k, name in zip(RESOURCES, LAYER_COLUMNS[-5:], strict=True)
               if known.get(k) is not None]
    return f"estimate for {report['target']}: {', '.join(figures)}" if figures else ""


def print_layers(report: Report, console: Console) -> None:
    """The table of layers."""
    print_rows(LAYER_COLUMNS, layer_rows(report), console, left=2)


def print_rows(heads: Sequence[str], rows: Sequence[Sequence[str]], console: Console, *,
               left: int = 1, title: str | None = None) -> None:
    """A table whose first ``left`` columns are flush left."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for at, head in enumerate(heads):
        table.add_column(head, justify="left" if at < left else "right", overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table, markup=False)
