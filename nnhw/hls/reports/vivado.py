# SPDX-License-Identifier: Apache-2.0
"""Vivado's ``report_utilization`` and ``report_timing_summary``.

Layout: AMD UG906, "Report Utilization" and "Report Timing Summary". Rows have other names in
other families: Slice LUTs (7 series), CLB LUTs (UltraScale).
"""

import re

from nnhw.hls.reports.figures import Figures, number

__all__ = ["read_timing", "read_utilization"]

_ROWS = {"lut": ("CLB LUTs", "Slice LUTs"), "ff": ("CLB Registers", "Slice Registers"),
         "dsp": ("DSPs",)}
_TIMING_HEAD = re.compile(r"^\s*WNS\(ns\)\s+TNS\(ns\)", re.MULTILINE)
_CLOCK = re.compile(r"^\s*\S+\s+\{[^}]*\}\s+([0-9.]+)\s+[0-9.]+\s*$", re.MULTILINE)


def read_utilization(text: str) -> Figures:
    """Resources that a design uses; block RAM tiles count as two of 18 Kib.

    Raises
    ------
    ValueError
        If this is no such report.
    """
    used: dict[str, str] = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.lstrip().startswith("|") and len(cells) > 1:
            used.setdefault(cells[0].rstrip("*").strip(), cells[1])
    found = {key: next((number(used[name]) for name in names if name in used), None)
             for key, names in _ROWS.items()}
    if found["lut"] is None:
        raise ValueError("is no utilization report: it has no row of LUTs")
    return Figures("Vivado", lut=found["lut"], ff=found["ff"], dsp=found["dsp"],
                   bram=_halves(used.get("Block RAM Tile")))


def _halves(tiles: str | None) -> int | None:
    try:
        return round(2 * float(tiles or ""))
    except ValueError:
        return None


def read_timing(text: str) -> Figures:
    """Highest clock, from the period and the worst slack.

    Raises
    ------
    ValueError
        If this is no such report.
    """
    head = _TIMING_HEAD.search(text)
    if head is None:
        raise ValueError("is no timing summary: it has no column WNS(ns)")
    rows = text[head.end():].splitlines()
    slack = next((row.split()[0] for row in rows[1:4] if re.match(r"\s*-?[0-9]", row)), None)
    periods = [float(period) for period in _CLOCK.findall(text)]
    if slack is None or not periods:
        return Figures("Vivado")
    return Figures("Vivado", fmax_mhz=round(1000 / (min(periods) - float(slack)), 1))
