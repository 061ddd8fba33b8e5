# SPDX-License-Identifier: Apache-2.0
"""What the commands share: consoles and progress."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from nnhw.api.build import Progress

__all__ = ["output", "progress", "warn"]


def output() -> Console:
    """Where results go; as wide as they need when it is no terminal."""
    console = Console(highlight=False, soft_wrap=False)
    return console if console.is_terminal else Console(highlight=False, width=160)


@contextmanager
def progress(what: str) -> Iterator[Progress]:
    """A spinner on stderr that says what is being done; nothing where that is no terminal."""
    console = Console(stderr=True, highlight=False)
    with console.status(what) as status:
        yield lambda step: status.update(step)


def warn(text: str) -> None:
    """Say something on stderr before the work begins; nothing if there is nothing to say."""
    if text:
        Console(stderr=True, highlight=False).print(f"note: {text}", markup=False, soft_wrap=True)
