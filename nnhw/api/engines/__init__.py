# SPDX-License-Identifier: Apache-2.0
"""Engines that run a network: one module each, found by name.

An engine is a module here with ``run(job, inputs, stall) -> EngineRun``; ``hls`` joins golden and
RTL once the C++ rendering is there.
"""

import importlib
import importlib.util
import pkgutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from nnhw.errors import ConfigError, UnsupportedError, suggest
from nnhw.hw.layout import DesignInterface
from nnhw.ir.graph import Graph
from nnhw.numeric.types import Mantissas

__all__ = ["ENGINES", "Engine", "EngineRun", "Job", "available", "engine", "engines"]

#: Every engine a user may name, whether this version has it or not.
ENGINES = ("golden", "rtl", "hls")


@dataclass(frozen=True, eq=False)
class Job:
    """What an engine may use of a build.

    Parameters
    ----------
    graph : Graph
        The integer network.
    interface : DesignInterface
        Ports and promised timing of the circuit.
    sources : tuple of Path
        Its Verilog.
    work : Path
        Folder for whatever the engine has to compile.
    load : Mantissas or None
        Addresses and data, shape (writes, 2), that give the circuit the weights of ``graph``;
        None where it was built with them.
    """

    graph: Graph
    interface: DesignInterface
    sources: tuple[Path, ...]
    work: Path
    load: Mantissas | None = None


@dataclass(frozen=True, eq=False)
class EngineRun:
    """Outputs by name, and the timing that was measured, None where the engine has no clock."""

    outputs: dict[str, Mantissas]
    latency: int | None = None
    interval: int | float | None = None
    cycles: int | None = None


class Engine(Protocol):
    """The interface of an engine's module."""

    def run(self, job: Job, inputs: Mapping[str, Mantissas], stall: int | None) -> EngineRun:
        """Run every sample; ``stall`` seeds random gaps on both sides of the circuit."""


def available() -> list[str]:
    """Engines of this version."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__))


def engine(name: str) -> Engine:
    """The engine of that name.

    Raises
    ------
    ConfigError
        If there is no such name.
    UnsupportedError
        If this version does not have it yet.
    """
    if name not in ENGINES:
        raise ConfigError(f"engine {name!r} is unknown; {suggest(name, ENGINES)}")
    path = f"{__name__}.{name}"
    if importlib.util.find_spec(path) is None:
        raise UnsupportedError(f"engine {name} is not part of this version of nnhw; "
                               f"use {' or '.join(available())}")
    return cast(Engine, importlib.import_module(path))


def engines(names: Iterable[str]) -> dict[str, Engine]:
    """Engines by name; each name is checked before the first one runs."""
    return {name: engine(name) for name in names}
