# SPDX-License-Identifier: Apache-2.0
"""The build folder: where things lie in it, and how it is made, replaced and recognised."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nnhw.errors import ConfigError, ModelError, ToolError
from nnhw.hw.layout import DesignInterface, MemoryLayout, PortLayout
from nnhw.ir import serial
from nnhw.ir.graph import Graph

__all__ = ["OWN", "check_target", "is_build", "load_graph", "load_interface", "prepared",
           "save_parts", "sources"]

#: What nnhw writes into a build folder, and removes when it is replaced.
OWN = ("rtl", "hls", "sim", "model", "work", "synth", "boards", "compare.json", "report.json",
       "report.html", "config.toml")

_CLASSES: dict[str, type] = {"DesignInterface": DesignInterface, "MemoryLayout": MemoryLayout,
                             "PortLayout": PortLayout}


def is_build(folder: Path) -> bool:
    """Whether ``folder`` is recognisably one of ours."""
    return (folder / "report.json").is_file() and (folder / "model" / "graph.json").is_file()


def check_target(folder: Path, force: bool) -> None:
    """Refuse a folder that cannot take a build, before any work is done.

    Raises
    ------
    ConfigError
        If it is a file, or holds something and may not be replaced.
    """
    try:
        if folder.exists() and not folder.is_dir():
            raise ConfigError(f"output {folder} is a file; name a folder")
        if not folder.exists() or not any(folder.iterdir()):
            return
    except OSError as error:
        raise ConfigError(f"output folder {folder} cannot be used: {error.strerror}") from error
    if not is_build(folder):
        raise ConfigError(f"output folder {folder} is not empty and no nnhw build; "
                          "name a new or empty folder")
    if not force:
        raise ConfigError(f"output folder {folder} holds a build already; replace it with --force "
                          "(in Python: force=True), or name another")


@contextmanager
def prepared(folder: Path, force: bool) -> Iterator[Path]:
    """The empty folder; what was begun is removed again if the block fails.

    Raises
    ------
    ToolError
        If the file system refuses.
    """
    check_target(folder, force)
    existed = folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _clear(folder)
        yield folder
    except BaseException as error:
        if folder.is_dir():
            _clear(folder)
            if not existed:
                folder.rmdir()
        if isinstance(error, OSError):
            raise ToolError(f"output folder {folder} cannot be written: "
                            f"{error.strerror or error}") from error
        raise


def _clear(folder: Path) -> None:
    for name in OWN:
        path = folder / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def save_parts(folder: Path, graph: Graph, interface: DesignInterface) -> None:
    """Write what ``predict`` and ``verify`` need, so that the source model may be gone."""
    model = folder / "model"
    model.mkdir()
    serial.save_graph(graph, model)
    serial.write(interface, model / "interface.json", model / "interface.npz")


def load_graph(folder: Path) -> Graph:
    """The integer network of a build folder; ModelError if it is none."""
    _need_build(folder)
    return serial.load_graph(folder / "model")


def load_interface(folder: Path) -> DesignInterface:
    """Ports and promised timing of a build folder; ModelError if it is none."""
    _need_build(folder)
    model = folder / "model"
    interface = serial.read(model / "interface.json", model / "interface.npz", _CLASSES)
    assert isinstance(interface, DesignInterface)
    return interface


def sources(folder: Path) -> tuple[Path, ...]:
    """The Verilog of a build folder, as it lies there now."""
    found = tuple(sorted((folder / "rtl").rglob("*.v")))
    if not found:
        raise ModelError(f"{folder}/rtl holds no Verilog; build again")
    return found


def _need_build(folder: Path) -> None:
    if not is_build(folder):
        raise ModelError(f"{folder} is no nnhw build folder; make one with: "
                         "nnhw build MODEL -o DIR")
