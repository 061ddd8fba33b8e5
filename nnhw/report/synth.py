# SPDX-License-Identifier: Apache-2.0
"""An entry of the report's ``synth`` as rows of text."""

from collections.abc import Mapping
from typing import Any

__all__ = ["COLUMNS", "resource_rows", "timing_lines"]

_KINDS = ("lut", "ff", "dsp", "bram", "carry")
COLUMNS = ("layer", "LUT", "FF", "DSP", "BRAM", "carry")


def resource_rows(entry: Mapping[str, Any]) -> list[list[str]]:
    """One row a layer, in the order of ``COLUMNS``, then the network and the share of the part."""
    rows = [[layer["name"], *(_figure(layer[k]) for k in _KINDS)] for layer in entry["layers"]]
    rows.append(["network", *(_figure(entry[k]) for k in _KINDS)])
    shares = [entry["utilisation"].get(k) for k in _KINDS]
    rows.append([f"of {entry['part']}", *("-" if s is None else f"{100 * s:.1f} %"
                                          for s in shares)])
    return rows


def timing_lines(entry: Mapping[str, Any]) -> list[str]:
    """Clock, critical path and time taken, in sentences."""
    lines = []
    if entry["dsp_in_luts"]:
        lines.append(f"{entry['part']} has too few multiplier blocks: products are in LUTs")
    path = entry["critical_path"]
    if entry["fmax_mhz"] is not None:
        lines.append(f"clock: {entry['fmax_mhz']:g} MHz after place and route")
    if path:
        way = path["start"] if path["start"] == path["end"] else f"{path['start']} to {path['end']}"
        lines.append(f"critical path: {way}, {path['ns']:g} ns of which {path['routing_ns']:g} are "
                     f"wires, {path['levels']} levels of logic, from {path['source']} to "
                     f"{path['sink']}")
    steps = ", ".join(f"{name} {seconds:g} s" for name, seconds in entry["steps"].items())
    return [*lines, f"took {steps}"]


def _figure(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"
