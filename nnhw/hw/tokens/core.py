# SPDX-License-Identifier: Apache-2.0
"""Streams as times, sources, sinks, and the evaluation of a whole net of models."""

from collections.abc import Callable, Sequence

__all__ = ["Link", "Sink", "Source", "Tokens", "run"]


class Link:
    """A stream: cycles from which beats are there (``V``), and in which they cross (``A``)."""

    __slots__ = ("A", "V", "crossed", "reader", "there", "writer")

    def __init__(self) -> None:
        self.V: list[int] = []
        self.A: list[int] = []
        #: How many of ``V`` and ``A`` both sides have been told of.
        self.there = self.crossed = 0
        self.reader: Tokens | None = None
        self.writer: Tokens | None = None

    @property
    def is_free(self) -> bool:
        """Whether every beat is known to have crossed, the reader being asked if need be."""
        if len(self.A) < len(self.V) and self.reader is not None:
            self.reader.advance()
            self.reader.asked = True
        return len(self.A) == len(self.V)

    def offered(self, n: int) -> int:
        """Cycle in which beat ``n`` is first offered."""
        return max(self.V[n], self.A[n - 1] + 1) if n else self.V[0]


class Tokens:
    """Base of the models.

    ``asked`` says that a neighbour made the model advance, out of turn.
    """

    asked = False

    def __init__(self, inputs: Sequence[Link], outputs: Sequence[Link]) -> None:
        self.inputs, self.outputs = list(inputs), list(outputs)
        self.links = (*inputs, *outputs)

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

    ``models`` are in topological order. A model has its turn when one of its streams is known
    further than at its last one.
    """
    for model in models:
        for link in model.inputs:
            link.reader = model
        for link in model.outputs:
            link.writer = model
        if isinstance(model, Source):
            model.frames = frames
    waiting = dict.fromkeys(models)
    while waiting:
        while waiting:
            model = next(iter(waiting))
            del waiting[model]
            model.advance()
            _tell(model, waiting)
        stuck = [(at, k) for k, model in enumerate(models)
                 if (at := model.flush()) is not None]
        if stuck:
            model = models[min(stuck)[1]]
            model.flush_now()
            _tell(model, waiting)
            waiting[model] = None


def _tell(model: Tokens, waiting: dict[Tokens, None]) -> None:
    """Give a turn to the neighbours of a model that has advanced, and of those it has asked."""
    for link in model.links:
        there, crossed, reader = len(link.V), len(link.A), link.reader
        if there == link.there and crossed == link.crossed:
            continue
        if there > link.there and reader is not None:
            waiting[reader] = None
        if crossed > link.crossed and link.writer is not None:
            waiting[link.writer] = None
        link.there, link.crossed = there, crossed
        if reader is not None and reader is not model and reader.asked:
            reader.asked = False
            _tell(reader, waiting)
