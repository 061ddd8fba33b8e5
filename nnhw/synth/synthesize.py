# SPDX-License-Identifier: Apache-2.0
"""A written design through Yosys, and on request through nextpnr."""

import json
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from nnhw.boards.base import Part, Pin
from nnhw.errors import ToolError
from nnhw.hw.layout import DesignInterface
from nnhw.synth import add3, add_constant
from nnhw.synth.absorb import absorb
from nnhw.synth.blocks import MULTIPLIERS
from nnhw.synth.carries import free_ends
from nnhw.synth.constraints import pin_constraints
from nnhw.synth.contents import with_contents_apart
from nnhw.synth.families import family
from nnhw.synth.fit import Layer, check_fit, utilisation
from nnhw.synth.nextpnr import Timing, nextpnr_command, place_and_route, read_timing
from nnhw.synth.resources import Resources, cells_of, count, total
from nnhw.synth.run import Progress, run_logged, yosys_command
from nnhw.synth.units import Unit, find_units
from nnhw.synth.wrapper import WRAPPER, WRAPPER_PINS, wrapper

__all__ = ["Job", "Synthesis", "map_netlist", "synthesize"]

_STEP = r"^\d+(?:\.\d+)*\. Executing ([A-Z][A-Z0-9_]+)"


@dataclass(frozen=True, eq=False)
class Job:
    """What is to be synthesized.

    Parameters
    ----------
    interface : DesignInterface
        Ports of the network.
    sources : tuple of Path
        Its Verilog.
    layers : mapping of str to int or None
        Reuse factor by name of layer, in order.
    part : Part
        What it is mapped for.
    work : Path
        Folder for logs and results; it is made anew.
    mhz : float
        Clock to aim at.
    target : str or None
        Family whose delays the Verilog was pipelined for; None is the part's own.
    """

    interface: DesignInterface
    sources: tuple[Path, ...]
    layers: Mapping[str, int | None]
    part: Part
    work: Path
    mhz: float = 100.0
    target: str | None = None


@dataclass
class Synthesis:
    """Figures of a synthesis.

    Members
    -------
    layers : dict of str to Resources
        By layer, ``(ports)`` for converters at the network's ports.
    used : Resources
        Their sum and the wiring between them: the network by itself.
    around : Resources
        What surrounds it: the test wrapper, or the shell of a board.
    timing : Timing or None
        Of place and route.
    seconds : dict of str to float
        By tool.
    """

    part: Part
    layers: dict[str, Resources]
    used: Resources
    around: Resources
    dsp_in_luts: bool = False
    timing: Timing | None = None
    seconds: dict[str, float] = field(default_factory=dict)

    def entry(self) -> dict[str, Any]:
        """As ``report.json`` keeps it."""
        timing = self.timing
        return {
            "target": self.part.family,
            "tool": "yosys + nextpnr" if timing else "yosys",
            **self.used.figures(),
            "fmax_mhz": timing.fmax_mhz if timing else None,
            "seconds": round(sum(self.seconds.values()), 2),
            "part": self.part.name,
            "utilisation": utilisation(self.used, self.part, family(self.part.family)),
            "layers": [{"name": name, **used.figures()} for name, used in self.layers.items()],
            "around": self.around.figures(),
            "dsp_in_luts": self.dsp_in_luts,
            "critical_path": asdict(timing.critical) if timing and timing.critical else None,
            "sites": {k: list(v) for k, v in timing.sites.items()} if timing else None,
            "steps": self.seconds,
        }


def synthesize(job: Job, *, placed: bool = False, told: Progress = lambda step: None) -> Synthesis:
    """Map a network for its part, and with ``placed`` place and route it between registers.

    Raises
    ------
    ToolError
        If a tool is missing or fails.
    FitError
        If the circuit is to be placed, and the part cannot hold it.
    """
    chosen = family(job.part.family)
    if placed and not chosen.router:
        raise ToolError(f"no nextpnr for {chosen.name}; leave out --pnr, or choose ecp5, ice40, "
                        "gowin or nexus")
    if placed:
        nextpnr_command(chosen)  # a missing one is told now, not after minutes of Yosys
    fresh(job.work)
    top = job.work / f"{WRAPPER}.v"
    top.write_text(wrapper(job.interface, chosen.oscillator if placed else ""), encoding="utf-8")
    result = map_netlist(job, (*job.sources, top), WRAPPER, placed=placed, told=told)
    if placed:
        names = WRAPPER_PINS[1:] if chosen.oscillator else WRAPPER_PINS
        pins = dict(zip(names, job.part.test_pins, strict=False))
        route(job, result, pins, told=told)
    return result


def fresh(work: Path) -> None:
    """Make ``work`` an empty folder."""
    if work.exists():
        shutil.rmtree(work)
    work.mkdir(parents=True)


def map_netlist(job: Job, sources: Sequence[Path], top: str, *, placed: bool,
                told: Progress) -> Synthesis:
    """Run Yosys with the network's components kept apart; writes ``netlist.json`` if placed.

    Where the part has fewer multiplier blocks than the circuit has products, the run is repeated
    with products in LUTs.
    """
    chosen, begun = family(job.part.family), time.perf_counter()
    units = find_units(job.sources, job.interface.top, list(job.layers))
    result = _mapped(job, sources, top, units, placed=placed, told=told, dsp=True)
    if result.used.dsp > job.part.dsp:
        told("yosys: again, with products in LUTs")
        result = _mapped(job, sources, top, units, placed=placed, told=told, dsp=False)
    result.seconds["yosys"] = round(time.perf_counter() - begun, 2)
    if placed:
        layers = {name: Layer(name, used, job.layers.get(name))
                  for name, used in result.layers.items()}
        check_fit(job.interface.top, result.used, layers, job.part, chosen, result.around)
    return result


def _mapped(job: Job, sources: Sequence[Path], top: str, units: Sequence[Unit], *, placed: bool,
            told: Progress, dsp: bool) -> Synthesis:
    chosen = family(job.part.family)
    modules = list(dict.fromkeys(unit.module for unit in units))
    apart = [job.interface.top, *modules]
    if units and len(units[0].path) > 1:
        apart.append(f"{job.interface.top}_network")
    commands = [
        *_reading(chosen.name, sources, job.work),
        # A wire called x[0] beside a bus x clashes inside abc9.
        r"rename -hide w:*\[*",
        f"hierarchy -top {top}",
        *(f"setattr -mod -set keep_hierarchy 1 {module}" for module in apart),
        *chosen.synthesis(job.part, top, modules, dsp=dsp)]
    # Where no ranks were left for them, the blocks' own registers make the ways around them longer.
    if chosen.name in MULTIPLIERS and job.target in (None, chosen.name):
        run_logged(yosys_command([*commands, "write_json mapped.json"]), job.work,
                   job.work / "mapping.log", name="yosys", told=told, step=_STEP)
        _absorb(job.work / "mapped.json", chosen.name)
        commands = ["read_json mapped.json"]
    commands.append("tee -o cells.json stat -json")
    if placed:
        commands += [f"setattr -mod -unset keep_hierarchy {module}" for module in apart]
        commands += ["flatten", "opt_clean -purge", *chosen.cleanup,
                     "write_json netlist.json"]
    run_logged(yosys_command(commands), job.work, job.work / "yosys.log", name="yosys", told=told,
               step=_STEP)
    if placed and chosen.free_ends:
        free_ends(job.work / "netlist.json")
    result = _accounted(job, top, units, (job.work / "cells.json").read_text(encoding="utf-8"))
    result.dsp_in_luts = not dsp
    return result


def _absorb(path: Path, family: str) -> None:
    """Let blocks take the registers around them."""
    netlist = json.loads(path.read_text(encoding="utf-8"))
    absorb(netlist, family)
    path.write_text(json.dumps(netlist), encoding="utf-8")


def _reading(name: str, sources: Sequence[Path], work: Path) -> list[str]:
    """Commands that read Verilog, with the primitives of ours that the family has."""
    copies, define = with_contents_apart(sources, work), ""
    for primitive in (add3, add_constant):
        if name in primitive.FAMILIES:
            (work / "adders.v").write_text(primitive.PRIMITIVE, encoding="utf-8")
            copies, define = [*copies, "adders.v"], f"-D{primitive.MACRO} "
    return [f"read_verilog {define}{copy}" for copy in copies]


def _accounted(job: Job, top: str, units: Sequence[Unit], text: str) -> Synthesis:
    """Resources of each layer, of the network and of what is around it."""
    raw = json.loads(text[text.index("{"):])["modules"]
    modules = {name.removeprefix("\\"): {k.removeprefix("\\"): n for k, n in
                                         module["num_cells_by_type"].items()}
               for name, module in raw.items()}
    name = job.part.family
    used = count(name, cells_of(modules, job.interface.top))
    layers: dict[str, Resources] = {}
    for unit in units:
        if unit.module in modules:
            own = count(name, cells_of(modules, unit.module))
            layers[unit.layer] = layers.get(unit.layer, Resources()) + own
    everything = count(name, cells_of(modules, top))
    order = [*job.layers, *layers]
    layers = {layer: layers[layer] for layer in dict.fromkeys(order) if layer in layers}
    assert total(layers.values()).ff <= used.ff
    return Synthesis(job.part, layers, used, everything + used.times(-1))


def route(job: Job, result: Synthesis, pins: Mapping[str, Pin], *, told: Progress,
          seed: int = 1) -> None:
    """Place and route ``netlist.json`` to ``placed.out``; the timing goes into ``result``.

    Without pins, nextpnr chooses them.
    """
    chosen, begun = family(job.part.family), time.perf_counter()
    constraints = None
    if pins:
        constraints = job.work / "pins.txt"
        constraints.write_text(pin_constraints(chosen.name, pins), encoding="utf-8")
    report = place_and_route(chosen, job.part, job.work / "netlist.json", job.work / "placed.out",
                             mhz=job.mhz, told=told, constraints=constraints, seed=seed)
    units = find_units(job.sources, job.interface.top, list(job.layers))
    result.timing = read_timing(report, units)
    result.seconds["nextpnr"] = round(time.perf_counter() - begun, 2)


