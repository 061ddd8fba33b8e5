# SPDX-License-Identifier: Apache-2.0
"""The exact token schedule of a design: when each beat crosses each stream, without data.

A stream's beat ``n`` is there from cycle ``V[n]`` on, is offered when the beat before has crossed,
and crosses in cycle ``A[n]``. Every component turns known times into later ones by maxima and sums
(a timed event graph: Baccelli et al., "Synchronization and Linearity", 1992, chapter 2), so the
order of evaluation does not matter, and the cost is that of the beats, not of the cycles. Each
model mirrors one component of ``nnhw.hw``.
"""

from collections.abc import Callable, Sequence

from nnhw.hw.reorder_schedule import ReorderSchedule
from nnhw.hw.window_schedule import WindowSchedule

__all__ = ["ForkTokens", "Link", "NarrowTokens", "PipelineTokens", "QueueTokens",
           "ReorderTokens", "ReplayTokens", "Sink", "Source", "Tokens", "WidenTokens",
           "WindowTokens", "run"]


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


class PipelineTokens(Tokens):
    """``nnhw.hw.stage.Stage``: ranks that close up, behind counters.

    Parameters
    ----------
    depth : int
        Register ranks: as many beats fit in, and pass in as many cycles.
    gate : int or None
        Rank of the accumulators; only the last of ``a`` beats leaves it.
    blocks : (a, b)
        Steps of a vector.
    holds : bool
        Whether one beat serves ``b`` steps.
    """

    def __init__(self, inputs: Sequence[Link], o: Link, depth: int, gate: int | None,
                 blocks: tuple[int, int], holds: bool) -> None:
        super().__init__(inputs, [o])
        self.front = depth if gate is None else gate - 1
        self.back = 0 if gate is None else depth - gate + 1
        self.columns, self.repeat = blocks[0] if gate else 1, blocks[1] if holds else 1
        self.entered: list[int] = []
        self.summed: list[int] = []

    def advance(self) -> None:
        """Steps in, steps into the accumulators, beats out."""
        self._enter()
        if self.back:
            self._sum()
            if not self.front:
                self._enter()
        there, columns = self.outputs[0].V, self.columns
        done, ranks = (self.summed, self.back) if self.back else (self.entered, self.front)
        there += [at + ranks for at in
                  done[(len(there) + 1) * columns - 1:len(done) // columns * columns:columns]]

    def _sum(self) -> None:
        crossed, entered, summed = self.outputs[0].A, self.entered, self.summed
        for s in range(len(summed), len(entered)):
            full = s // self.columns - self.back
            if full >= len(crossed):
                return
            at = max(entered[s] + self.front, summed[-1] + 1 if s else 0)
            summed.append(max(at, crossed[full]) if full >= 0 else at)

    def _enter(self) -> None:
        entered, repeat = self.entered, self.repeat
        room = self.summed if self.back and self.front else self.outputs[0].A
        there = min(len(link.V) for link in self.inputs)
        s, last = len(entered), entered[-1] if entered else -1
        while s < there * repeat:
            full = s // self.columns - self.back if self.back and not self.front else (
                s - self.front)
            if full >= len(room):
                return
            at = last + 1
            for link in self.inputs:
                at = max(at, link.V[s // repeat])
            last = max(at, room[full]) if full >= 0 else at
            entered.append(last)
            s += 1
            if s % repeat == 0:
                for link in self.inputs:
                    link.A.append(last)


class NarrowTokens(Tokens):
    """``nnhw.hw.width_converter.Narrow``."""

    def __init__(self, i: Link, o: Link, parts: int, beats_in: int, beats_out: int) -> None:
        super().__init__([i], [o])
        self.parts, self.beats_in, self.beats_out = parts, beats_in, beats_out

    def _ahead(self, wide: int) -> int:
        """Narrow beats ahead of a wide one, the last of a frame having fewer."""
        frame, beat = divmod(wide, self.beats_in)
        return frame * self.beats_out + beat * self.parts

    def advance(self) -> None:
        """Parts out; a wide beat is let go with its last one."""
        i, o = self.inputs[0], self.outputs[0]
        while True:
            n = len(i.A)
            end = self._ahead(n + 1)
            if len(o.V) < end and n < len(i.V):
                o.V += [i.offered(n)] * (end - len(o.V))
            if not o.is_free or len(o.A) < end:
                return
            i.A.append(o.A[end - 1])


class WidenTokens(Tokens):
    """``nnhw.hw.width_converter.Widen``."""

    def __init__(self, i: Link, o: Link, parts: int, beats_in: int) -> None:
        super().__init__([i], [o])
        self.parts, self.beats_in = parts, beats_in

    def advance(self) -> None:
        """Parts in; the last one brings a wide beat out, and waits for the one before to go."""
        i, o = self.inputs[0], self.outputs[0]
        for n in range(len(i.A), len(i.V)):
            part = n % self.beats_in
            at = i.offered(n)
            if part % self.parts == self.parts - 1 or part == self.beats_in - 1:
                if not o.is_free:
                    return
                at = max(at, o.A[-1]) if o.A else at
                o.V.append(at + 1)
            i.A.append(at)


class ReplayTokens(Tokens):
    """``nnhw.hw.replay.Replay``."""

    def __init__(self, i: Link, o: Link, words: int, times: int) -> None:
        super().__init__([i], [o])
        self.words, self.plays = words, words * times

    def advance(self) -> None:
        """Words read, words written; a word is read a cycle ahead of its showing."""
        i, o = self.inputs[0], self.outputs[0]
        self._write(i, o)
        while o.is_free:
            k = len(o.V)
            full = (k // self.plays + 1) * self.words - 1
            if full >= len(i.A):
                return
            o.V.append(max(i.A[full] + 1, o.A[-1] if k else 0) + 1)
            self._write(i, o)

    def _write(self, i: Link, o: Link) -> None:
        for n in range(len(i.A), len(i.V)):
            freed = (n // self.words - 1) * self.plays - 1
            if freed >= len(o.V):
                return
            i.A.append(max(i.offered(n), o.V[freed]) if freed >= 0 else i.offered(n))


class ForkTokens(Tokens):
    """``nnhw.hw.fork.Fork``."""

    def __init__(self, i: Link, outputs: Sequence[Link]) -> None:
        super().__init__([i], outputs)

    def advance(self) -> None:
        """A beat is offered to all, and let go when all have taken it."""
        i = self.inputs[0]
        while True:
            n = len(i.A)
            if n < len(i.V) and len(self.outputs[0].V) == n:
                for o in self.outputs:
                    o.V.append(i.offered(n))
            if any(len(o.A) <= n for o in self.outputs):
                return
            i.A.append(max(o.A[n] for o in self.outputs))


class QueueTokens(Tokens):
    """``nnhw.hw.fork.Queue``."""

    def __init__(self, i: Link, o: Link, depth: int) -> None:
        super().__init__([i], [o])
        self.depth = depth

    def advance(self) -> None:
        """Beats in, and out a cycle later; room shows a cycle after a beat has gone."""
        i, o = self.inputs[0], self.outputs[0]
        for n in range(len(i.A), len(i.V)):
            full = n - self.depth
            if full >= len(o.A):
                return
            i.A.append(max(i.offered(n), o.A[full] + 1) if full >= 0 else i.offered(n))
            o.V.append(i.A[-1] + 1)

    def needed(self) -> int:
        """Depth at which no beat would ever have waited for room."""
        i, o, gone, most = self.inputs[0], self.outputs[0], 0, 0
        for n, cycle in enumerate(i.A):
            while gone < len(o.A) and o.A[gone] < cycle:
                gone += 1
            most = max(most, n - gone + 1)
        return most


class ReorderTokens(Tokens):
    """``nnhw.hw.reorder.Reorder``."""

    def __init__(self, i: Link, o: Link, plan: ReorderSchedule) -> None:
        super().__init__([i], [o])
        self.plan = plan
        self.address = plan.address.tolist()
        self.release = plan.release.tolist()
        self.freed = 0

    def advance(self) -> None:
        """Beats read, beats written; a beat is read a cycle ahead of its showing."""
        i, o = self.inputs[0], self.outputs[0]
        self._write(i, o)
        while o.is_free:
            k = len(o.V)
            frame, place = divmod(k, self.plan.beats_out)
            needed = frame * self.plan.beats_in + self.address[place]
            if needed >= len(i.A):
                return
            o.V.append(max(o.A[-1] if k else 0, i.A[needed] + 1) + 1)
            self._write(i, o)

    def _write(self, i: Link, o: Link) -> None:
        for n in range(len(i.A), len(i.V)):
            at, wanted = i.offered(n), n + 1 - self.plan.depth
            if wanted > 0:
                while self._released(self.freed) < wanted:
                    self.freed += 1
                if self.freed >= len(o.V):
                    return
                at = max(at, o.V[self.freed])
            i.A.append(at)

    def _released(self, k: int) -> int:
        frame, place = divmod(k, self.plan.beats_out)
        return frame * self.plan.beats_in + int(self.release[place])


class WindowTokens(Tokens):
    """``nnhw.hw.window.SlidingWindow``: its counters, push by push."""

    def __init__(self, i: Link, o: Link, plan: WindowSchedule) -> None:
        super().__init__([i], [o])
        self.plan, self.due = plan, plan.due()
        self.arrived = self.age = self.next_age = self.emitted = 0
        self.spent = False
        self.at = -1

    @property
    def _flushes(self) -> bool:
        """Whether an empty push would be made if no beat came."""
        return self.arrived == 0 and self.age != 0 and self.next_age == 0

    def _earliest(self) -> int | None:
        """First cycle in which a push could be made; None where that is not known."""
        o, at = self.outputs[0], self.at + 1
        if not self.spent and self.age == self.due[self.emitted] and o.V:
            if not o.is_free:
                return None
            at = max(at, o.A[-1])
        return at

    def advance(self) -> None:
        """Pushes: of beats, or empty ones while none is there."""
        i = self.inputs[0]
        while len(i.A) < len(i.V) and (at := self._earliest()) is not None:
            there = i.offered(len(i.A))
            if self._flushes and there > at:
                self._push(at, real=False)
            else:
                self._push(max(at, there), real=True)
                i.A.append(self.at)

    def flush(self) -> int | None:
        """Cycle of an empty push."""
        unknown = len(self.inputs[0].A) == len(self.inputs[0].V)
        return self._earliest() if unknown and self._flushes else None

    def flush_now(self) -> None:
        """Make the empty push."""
        at = self._earliest()
        assert at is not None
        self._push(at, real=False)

    def _push(self, at: int, *, real: bool) -> None:
        self.at = at
        last = self.arrived == self.plan.pushes - 1
        begun = self.next_age != 0 or (real and self.arrived == 0 and self.age != 0)
        emit = not self.spent and self.age == self.due[self.emitted]
        if real:
            self.arrived = 0 if last else self.arrived + 1
        if self.spent:
            self.spent = not last
            return
        self.age += 1
        self.next_age += begun
        if emit:
            self.outputs[0].V.append(at + 1)
            self.emitted += 1
            if self.emitted == len(self.due):
                self.emitted, self.spent = 0, real and not begun and not last
                self.age, self.next_age = (self.next_age if begun else 0), 0


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
        window = models[min(stuck)[1]]
        assert isinstance(window, WindowTokens)
        window.flush_now()
