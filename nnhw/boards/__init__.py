# SPDX-License-Identifier: Apache-2.0
"""Boards: one file, one board; ``Accelerator`` runs a network on one."""

import importlib
import pkgutil
from typing import Any

from nnhw.boards.base import Board
from nnhw.errors import ConfigError, suggest

__all__ = ["Accelerator", "board", "names"]

_NOT_BOARDS = ("base", "parts")


def names() -> list[str]:
    """Every board."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name not in _NOT_BOARDS)


def board(name: str) -> Board:
    """The board of that name.

    Raises
    ------
    ConfigError
        If there is none.
    """
    if name not in names():
        raise ConfigError(f"board {name!r} is unknown; {suggest(name, names())}")
    found: Board = importlib.import_module(f"{__name__}.{name}").BOARD
    return found


def __getattr__(name: str) -> Any:
    # Imported when first asked for: boards are plain data, and the host's side is not.
    if name == "Accelerator":
        return importlib.import_module("nnhw.runtime.accelerator").Accelerator
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
