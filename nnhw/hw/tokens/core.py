# SPDX-License-Identifier: Apache-2.0
"""Streams as times, sources, sinks, and the evaluation of a whole net of models."""

from collections.abc import Callable, Sequence

__all__ = ["Link", "Sink", "Source", "Tokens", "run"]


class Link:
    """A stream: cycles from which beats are there (``V``), and in which they cross (``A``)."""

    __slots__ = ("A", "V", "reader")

    def __init__(self) -> None:
        self.V: list[int] = []
        self.A: list[int] = []
        self.reader: Tokens | None = None

    @property
    def is_free(self) -> bool:
        """Whether every beat is known to have crossed, the reader being asked if need be."""
        if len(self.A) < len(self.V) and self.reader is not None:
            self.reader.advance()
        return len(self.A) == len(self.V)

    def offered(self, n: int) -> int:
        """Cycle in which beat ``n`` is first offered."""
        return max(self.V[n], self.A[n - 1] + 1) if n else self.V[0]


class Tokens:
    """Base of the models."""

    def __init__(self, inputs: Sequence[Link], outputs: Sequence[Link]) -> None:
        self.inputs, self.outputs = list(inputs), list(outputs)

    def advance(self) -> None:
        """Find out all times that follow from those known."""
        raise AssertionError(type(self).__name__)

    def flush(self) -> int | None:
        """Cycle in which the component would act if no input came any more; None: it would not."""
        return None

    def flush_now(self) -> None:
        """Act in the cycle that ``flush`` gave."""
        raise AssertionError(type(self).__name__)


class Source(Tokens):
    """Where frames come from: ``frames`` of them, ``beats`` each.

    ``start`` gives the cycle from which beat ``n`` is there; 0 for all means without a gap.
    """

    def __init__(self, o: Link, beats: int, start: Callable[[int], int] = lambda n: 0) -> None:
        super().__init__([], [o])
        self.beats, self.start, self.frames = beats, start, 0

    def advance(self) -> None:
        """All beats at once."""
        there = self.outputs[0].V
        there += [self.start(n) for n in range(len(there), self.beats * self.frames)]


class Sink(Tokens):
    """Where frames go; ``ready`` gives the first cycle from the given one in which a beat goes."""

    def __init__(self, i: Link, beats: int, ready: Callable[[int], int] = lambda t: t) -> None:
        super().__init__([i], [])
        self.beats, self.ready = beats, ready

    def advance(self) -> None:
        """Every beat that is there."""
        i = self.inputs[0]
        for n in range(len(i.A), len(i.V)):
            i.A.append(self.ready(i.offered(n)))


def run(models: Sequence[Tokens], frames: int) -> None:
    """Let every source send ``frames`` frames in all, and find out all times.

    ``models`` are in topological order.
    """
    links = {id(link): link for model in models for link in (*model.inputs, *model.outputs)}
    for model in models:
        for link in model.inputs:
            link.reader = model
        if isinstance(model, Source):
            model.frames = frames
    known = -1
    while True:
        for model in models:
            model.advance()
        for model in reversed(models):
            model.advance()
        before, known = known, sum(len(link.A) + len(link.V) for link in links.values())
        if known > before:
            continue
        stuck = [(at, k) for k, model in enumerate(models)
                 if (at := model.flush()) is not None]
        if not stuck:
            return
        models[min(stuck)[1]].flush_now()
