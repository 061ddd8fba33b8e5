# SPDX-License-Identifier: Apache-2.0
"""Place and route by nextpnr: the run, and what its report says of timing."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nnhw.boards.base import Part
from nnhw.errors import ToolError
from nnhw.synth.families import Family
from nnhw.synth.run import Progress, run_logged, wheel_tool
from nnhw.synth.units import Unit, unit_of_cell

__all__ = ["CriticalPath", "Timing", "nextpnr_command", "place_and_route", "read_timing"]

#: Seeds tried where nextpnr finds no route for some net, as nextpnr-nexus does not now and then for
#: the clock of an oscillator.
_TRIES = 3

_STEP = r"Info: (Packing constants|Promoting globals|Running \w+ placer|Routing\.\.)"


@dataclass(frozen=True)
class CriticalPath:
    """The slowest way from register to register.

    Parameters
    ----------
    start, end : str
        Layers, or component names outside of any.
    source, sink : str
        Cells, as the netlist names them.
    ns : float
        All of it.
    routing_ns : float
        Of that, wires.
    levels : int
        Cells on the way, the registers left out.
    """

    start: str
    end: str
    source: str
    sink: str
    ns: float
    routing_ns: float
    levels: int


@dataclass(frozen=True)
class Timing:
    """What nextpnr reports: clock reached, slowest path, sites used of sites there."""

    fmax_mhz: float | None
    critical: CriticalPath | None
    sites: dict[str, tuple[int, int]] = field(default_factory=dict)


def nextpnr_command(family: Family) -> list[str]:
    """Command line of the family's nextpnr.

    Raises
    ------
    ToolError
        If it is missing.
    """
    name = f"nextpnr-{family.router}"
    module = name.replace("-", "_")
    return wheel_tool(f"yowasp_{module}", f"run_{module}", name, f"yowasp-{name}")


def place_and_route(family: Family, part: Part, netlist: Path, result: Path, *, mhz: float,
                    told: Progress, constraints: Path | None = None, seed: int = 1) -> Path:
    """Run nextpnr in the folder of ``netlist``; returns its JSON report.

    Where it finds no routes, it runs again with the seeds after ``seed``.

    Parameters
    ----------
    result : Path
        File for what the bitstream packer reads.
    mhz : float
        Clock to aim at.
    constraints : Path or None
        Pins; None leaves the choice to nextpnr.

    Raises
    ------
    ToolError
        If nextpnr is missing, or fails.
    """
    name, work, command = f"nextpnr-{family.router}", netlist.parent, nextpnr_command(family)
    report = work / "timing.json"
    options = [*part.nextpnr, "--json", netlist.name, "--report", report.name, "--freq", f"{mhz:g}",
               "--timing-allow-fail", family.output, result.name]
    if constraints is not None:
        options += (family.constraints + constraints.name).split()
    elif family.any_pins:
        options += [family.any_pins]
    for attempt in range(seed, seed + _TRIES):
        try:
            run_logged([*command, *options, "--seed", str(attempt)], work, work / "nextpnr.log",
                       name=name, told=told, step=_STEP)
            break
        except ToolError:
            log = (work / "nextpnr.log").read_text(encoding="utf-8", errors="replace")
            if attempt + 1 == seed + _TRIES or "Failed to route" not in log:
                raise
            told(f"{name}: no routes, again with seed {attempt + 1}")
    if not report.exists():
        raise ToolError(f"{name} wrote no report; its log is {work / 'nextpnr.log'}")
    return report


def read_timing(path: Path, units: Sequence[Unit]) -> Timing:
    """What a report of nextpnr says, with the slowest path in terms of layers."""
    report = json.loads(path.read_text(encoding="utf-8"))
    rates = [clock["achieved"] for clock in report.get("fmax", {}).values()]
    sites = {name: (cell["used"], cell["available"])
             for name, cell in report.get("utilization", {}).items() if cell["used"]}
    inner = [p for p in report.get("critical_paths", []) if p["from"] == p["to"] != "<async>"]
    slowest = max(inner, key=_length, default=None)
    return Timing(round(min(rates), 2) if rates else None,
                  _critical(slowest, units) if slowest else None, sites)


def _length(path: dict[str, Any]) -> float:
    return float(sum(hop["delay"] for hop in path["path"]))


def _critical(path: dict[str, Any], units: Sequence[Unit]) -> CriticalPath:
    hops = path["path"]
    ends = hops[0]["from"]["cell"], hops[-1]["to"]["cell"]
    routing = sum(hop["delay"] for hop in hops if hop["type"] == "routing")
    levels = sum(hop["type"] == "logic" for hop in hops)
    return CriticalPath(_layer(ends[0], units), _layer(ends[1], units), _short(ends[0]),
                        _short(ends[1]), round(_length(path), 3), round(routing, 3), levels)


def _layer(cell: str, units: Sequence[Unit]) -> str:
    unit = unit_of_cell(cell, units)
    return unit.layer if unit else "(outside the network)"


def _short(cell: str) -> str:
    """A cell's name without what tools appended."""
    return re.sub(r"(_TRELLIS_|_DFF|_SB_|_LUT|_CCU|\$abc).*$", "", cell)
