# SPDX-License-Identifier: Apache-2.0
"""Imports point one way between the rooms (docs/architecture.md)."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import nnhw

PACKAGE = Path(__file__).parents[1] / "nnhw"

#: Room -> rooms it may import from, beside itself and what those may import.
DOORS = {
    "errors": [],
    "version": [],
    "numeric": ["errors"],
    "config": ["numeric"],
    "ir": ["numeric"],
    "op": ["ir"],  # layers/*/op.py, golden.py, design.py and the package layers itself
    "golden": ["op"],
    "frontends": ["op", "config", "golden"],
    "passes": ["op", "golden"],
    "folding": ["op", "config"],
    "program": ["op"],
    "layout": ["ir"],  # hw/layout.py: plain data that benches and reports share
    "schedule": ["op", "folding"],  # hw/*_schedule.py, hw/stage_plan.py: what RTL and HLS share
    "rtl": ["program", "hw"],  # layers/*/rtl.py
    "hw": ["program", "folding", "config", "layout", "schedule", "rtl", "yosys"],
    "layer_hls": ["op", "hls"],  # layers/*/hls.py
    "hls": ["op", "config", "layout", "schedule", "layer_hls", "tools", "transport"],
    "tools": ["errors"],  # sim/tools.py: where compilers are
    "transport": ["layout"],  # sim/verilator/transport.py: mantissas as bytes of a file
    "sim": ["layout", "golden", "tools", "transport"],
    "boards": ["errors"],  # plain data
    "wire": ["layout"],  # shell/wire.py: bytes on the line to a board
    "register_map": ["errors"],  # shell/register_map.py: plain data for gateware and scripts
    "shell": ["hw", "boards", "wire", "register_map"],
    "runtime": ["api", "wire", "tools"],
    "yosys": ["errors"],  # synth/yosys.py: the tool itself
    "synth": ["layout", "config", "boards", "yosys", "register_map"],
    "estimate": ["hw", "synth"],
    "dsl": ["op"],
    "report": ["layout", "config", "op", "synth", "version"],
    "api": ["report", "dsl", "frontends", "passes", "golden", "hw", "hls", "sim", "synth",
            "boards", "shell", "estimate"],
    "cli": ["api"],
    "root": ["cli", "api", "dsl"],  # nnhw/__init__.py and __main__.py
}
#: Modules that are rooms of their own.
_ALONE = {("synth", "yosys"), ("shell", "wire"), ("shell", "register_map"), ("hw", "layout"),
          ("sim", "tools"), ("sim", "verilator", "transport")}
#: Frameworks that only some rooms may import: for everybody else they are optional or too heavy.
OUTSIDE = {
    "amaranth": {"numeric/rtl.py", "program", "rtl", "hw", "sim", "shell"},
    "onnx": {"frontends"},
    "click": {"cli"},
    "pyosys": {"hw", "synth"},
    "da4ml": {"program", "folding", "hls"},
}


def room_of(path):
    """Room of a module, from its path relative to the package."""
    parts = path.with_suffix("").parts
    if parts in _ALONE:
        return parts[-1]
    if parts[0] == "hw" and (parts[-1].endswith("_schedule") or parts[-1] == "stage_plan"):
        return "schedule"
    if parts[0] == "layers":
        return {"rtl": "rtl", "hls": "layer_hls"}.get(parts[-1], "op")
    if parts[0] in ("__init__", "__main__"):
        return "root"
    return parts[0]


def allowed(room, seen=()):
    """Every room that ``room`` may import from."""
    rooms = {room}
    for door in DOORS[room]:
        if door not in seen:
            rooms |= allowed(door, (*seen, room))
    return rooms


def imports_of(path):
    """Names of the modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names
                        if node.module == "nnhw" or (PACKAGE.parent / Path(
                            *node.module.split("."), f"{alias.name}.py")).is_file())


def files():
    return [path for path in sorted(PACKAGE.rglob("*.py")) if "bench" not in path.parts]


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_doors_are_shut(path):
    place = path.relative_to(PACKAGE)
    room = room_of(place)
    for name in imports_of(path):
        parts = name.split(".")
        if parts[0] == "nnhw":
            target = Path(*parts[1:])
            if len(parts) == 1 or parts == ["nnhw", "layers"] or not (
                    (PACKAGE / target).is_dir() or (PACKAGE / target.with_suffix(".py")).is_file()):
                continue
            assert room_of(target) in allowed(room), f"{place} ({room}) imports {name}"
        elif parts[0] in OUTSIDE:
            rooms = OUTSIDE[parts[0]]
            assert room in rooms or str(place) in rooms, f"{place} imports {parts[0]}"


def test_every_room_has_a_door():
    assert {room_of(path.relative_to(PACKAGE)) for path in files()} <= set(DOORS)


def test_every_file_names_its_licence():
    for path in files():
        text = path.read_text(encoding="utf-8")
        assert not text or text.startswith("# SPDX-License-Identifier: Apache-2.0"), path


def test_every_name_of_the_package_is_there():
    assert dir(nnhw) == nnhw.__all__
    assert all(getattr(nnhw, name) is not None for name in nnhw.__all__)
    assert nnhw.boards.Accelerator is not None  # subpackages too
    with pytest.raises(AttributeError, match="module 'nnhw' has no attribute 'nothing'"):
        _ = nnhw.nothing


@pytest.mark.parametrize(("module", "others"), [
    ("nnhw", {"numpy", "amaranth", "onnx"}),
    ("nnhw.program.circuit", {"amaranth", "onnx", "da4ml"})])
def test_what_is_not_needed_is_not_loaded(module, others):
    script = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True,
                          text=True)
    assert not others & set(done.stdout.split())
