# SPDX-License-Identifier: Apache-2.0
"""Components of a written design, and the layers they belong to."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["PORTS", "Unit", "find_units", "layer_of", "unit_of_cell"]

#: Where converters at the ports of the network are accounted.
PORTS = "(ports)"

_KINDS = re.compile(r"_(narrow|widen|queue|fork|reorder)\d*$")


@dataclass(frozen=True)
class Unit:
    """An instance in the network's top module.

    Parameters
    ----------
    instance, module : str
        Verilog names.
    layer : str
        First layer in it, or the layer it feeds; ``PORTS`` at the ports.
    path : tuple of str
        Instances from the network's top module down to it.
    """

    instance: str
    module: str
    layer: str
    path: tuple[str, ...]


def find_units(sources: Iterable[Path], top: str, layers: Sequence[str]) -> list[Unit]:
    """Components of the network whose top module is ``top``, in the order of the Verilog."""
    modules = _instances(sources)
    path: tuple[str, ...] = ()
    while [name for name, _ in modules.get(top, ())] == ["network"]:
        path, top = (*path, "network"), modules[top][0][1]
    return [Unit(instance, module, layer_of(instance, layers), (*path, instance))
            for instance, module in modules.get(top, ())]


def _instances(sources: Iterable[Path]) -> dict[str, list[tuple[str, str]]]:
    """Module name -> (instance, module) of those it holds, of the Verilog that we write."""
    bodies: dict[str, str] = {}
    for path in sources:
        for match in re.finditer(r"^module\s+(\\?\S+?)\s*\((.*?)^endmodule",
                                 path.read_text(encoding="utf-8"), re.M | re.S):
            bodies[_plain(match[1])] = match[2]
    found: dict[str, list[tuple[str, str]]] = {}
    for name, body in bodies.items():
        pairs = re.findall(r"^\s+(\\?[\w$.]+)\s+(\\?[\w$.]+)\s*\($", body, re.M)
        found[name] = [(_plain(instance), _plain(module)) for module, instance in pairs
                       if _plain(module) in bodies]
    return found


def _plain(name: str) -> str:
    return name.removeprefix("\\").strip()


def layer_of(instance: str, layers: Sequence[str]) -> str:
    """The layer that a component is accounted with, by its name; ``PORTS`` is none."""
    for name in (instance, _KINDS.sub("", instance)):
        if name in layers:
            return name
    return PORTS


def unit_of_cell(cell: str, units: Sequence[Unit]) -> Unit | None:
    """The component that a cell of the flattened netlist lies in, by its name."""
    words = re.split(r"[.\\/]+", cell.replace("$flatten", ""))
    for unit in units:
        if unit.instance in words[:4]:
            return unit
    return None
