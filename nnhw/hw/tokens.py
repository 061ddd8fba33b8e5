# SPDX-License-Identifier: Apache-2.0
"""The exact token schedule of a design: when each beat crosses each stream, without data.

A stream's beat ``n`` is offered in cycle ``V[n]`` and crosses in cycle ``A[n] >= V[n]``. Every
component turns known times into later ones by maxima and sums (a timed event graph: Baccelli et
al., "Synchronization and Linearity", 1992, chapter 2), so the order of evaluation does not matter
and the cost is that of the beats, not of the cycles. Each model mirrors one component of
``nnhw.hw`` with a source and a sink that never stall, or with given patterns.
"""

from collections.abc import Callable, Sequence

from nnhw.hw.reorder import ReorderSchedule
from nnhw.hw.window_schedule import WindowSchedule

__all__ = ["ForkTokens", "Link", "NarrowTokens", "PipelineTokens", "QueueTokens",
           "ReorderTokens", "ReplayTokens", "Sink", "Source", "Tokens", "WidenTokens",
           "WindowTokens", "run"]


class Link:
    """A stream: cycles in which beats are offered (``V``) and cross (``A``)."""

    __slots__ = ("A", "V")

    def __init__(self) -> None:
        self.V: list[int] = []
        self.A: list[int] = []

    def offer(self, cycle: int) -> bool:
        """Offer the next beat in ``cycle`` or when the one before has crossed; False: not known."""
        count = len(self.V)
        if count > len(self.A):
            return False
        self.V.append(max(cycle, self.A[-1] + 1) if count else cycle)
        return True


class Tokens:
    """Base of the models."""

    def __init__(self, inputs: Sequence[Link], outputs: Sequence[Link]) -> None:
        self.inputs, self.outputs = list(inputs), list(outputs)

    def step(self) -> bool:
        """Find out one more time, if those it depends on are known."""
        raise AssertionError(type(self).__name__)

    def advance(self) -> bool:
        """Find out all that can be; says whether that was anything."""
        moved = False
        while self.step():
            moved = True
        return moved

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

    def step(self) -> bool:
        """Next beat."""
        o = self.outputs[0]
        return len(o.V) < self.beats * self.frames and o.offer(self.start(len(o.V)))


class Sink(Tokens):
    """Where frames go; ``ready`` gives the first cycle from the given one in which a beat goes."""

    def __init__(self, i: Link, beats: int, ready: Callable[[int], int] = lambda t: t) -> None:
        super().__init__([i], [])
        self.beats, self.ready = beats, ready

    def step(self) -> bool:
        """Next beat."""
        i = self.inputs[0]
        if len(i.A) == len(i.V):
            return False
        i.A.append(self.ready(max(i.V[-1], i.A[-1] + 1) if i.A else i.V[-1]))
        return True


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

    def step(self) -> bool:
        """A beat out, a step into the accumulators, or a step in."""
        return self._leave() or (self.back > 0 and self._sum()) or self._enter()

    def _leave(self) -> bool:
        o = self.outputs[0]
        done = self.summed if self.back else self.entered
        last = (len(o.V) + 1) * self.columns - 1
        return last < len(done) and o.offer(done[last] + (self.back or self.front))

    def _sum(self) -> bool:
        o, s = self.outputs[0], len(self.summed)
        full = s // self.columns - self.back
        if s >= len(self.entered) or full >= len(o.A):
            return False
        at = max(self.entered[s] + self.front, self.summed[-1] + 1 if s else 0)
        self.summed.append(max(at, o.A[full]) if full >= 0 else at)
        return True

    def _enter(self) -> bool:
        s = len(self.entered)
        beat, full = s // self.repeat, s - self.front
        at = self.entered[-1] + 1 if s else 0
        for link in self.inputs:
            if beat >= len(link.V):
                return False
            at = max(at, link.V[beat])
        if self.back and self.front == 0:
            full, room = s // self.columns - self.back, self.outputs[0].A
        else:
            room = self.summed if self.back else self.outputs[0].A
        if full >= len(room):
            return False
        self.entered.append(max(at, room[full]) if full >= 0 else at)
        if (s + 1) % self.repeat == 0:
            for link in self.inputs:
                link.A.append(self.entered[-1])
        return True


class NarrowTokens(Tokens):
    """``nnhw.hw.width_converter.Narrow``."""

    def __init__(self, i: Link, o: Link, parts: int, beats_in: int, beats_out: int) -> None:
        super().__init__([i], [o])
        self.parts, self.beats_in, self.beats_out = parts, beats_in, beats_out

    def _first(self, wide: int) -> int:
        """Narrow beats ahead of a wide one, the last of a frame having fewer."""
        frame, beat = divmod(wide, self.beats_in)
        return frame * self.beats_out + beat * self.parts

    def step(self) -> bool:
        """A wide beat let go, or a part offered."""
        i, o = self.inputs[0], self.outputs[0]
        end = self._first(len(i.A) + 1) if (len(i.A) + 1) % self.beats_in else (
            (len(i.A) + 1) // self.beats_in * self.beats_out)
        if len(o.A) >= end:
            i.A.append(o.A[end - 1])
            return True
        if len(i.V) == len(i.A) or len(o.V) >= end:
            return False
        return o.offer(i.V[-1])


class WidenTokens(Tokens):
    """``nnhw.hw.width_converter.Widen``."""

    def __init__(self, i: Link, o: Link, parts: int, beats_in: int) -> None:
        super().__init__([i], [o])
        self.parts, self.beats_in = parts, beats_in

    def step(self) -> bool:
        """The next part in; the last one brings a wide beat out."""
        i, o = self.inputs[0], self.outputs[0]
        n = len(i.A)
        if n == len(i.V):
            return False
        part = n % self.beats_in
        last = part % self.parts == self.parts - 1 or part == self.beats_in - 1
        at = max(i.V[n], i.A[-1] + 1 if n else 0)
        if last:
            if len(o.A) < len(o.V):
                return False
            at = max(at, o.A[-1] if o.A else 0)
            o.V.append(at + 1)
        i.A.append(at)
        return True


class ReplayTokens(Tokens):
    """``nnhw.hw.replay.Replay``."""

    def __init__(self, i: Link, o: Link, words: int, times: int) -> None:
        super().__init__([i], [o])
        self.words, self.plays = words, words * times
        self.read: list[int] = []

    def step(self) -> bool:
        """A word read, or a word written."""
        return self._read() or self._write()

    def _read(self) -> bool:
        i, o, k = self.inputs[0], self.outputs[0], len(self.read)
        full = (k // self.plays + 1) * self.words - 1
        if full >= len(i.A) or len(o.A) < k:
            return False
        at = max(i.A[full] + 1, o.A[-1] if k else 0)
        self.read.append(at)
        o.V.append(at + 1)
        return True

    def _write(self) -> bool:
        i = self.inputs[0]
        n = len(i.A)
        freed = (n // self.words - 1) * self.plays - 1
        if n == len(i.V) or freed >= len(self.read):
            return False
        at = max(i.V[n], i.A[-1] + 1 if n else 0)
        i.A.append(max(at, self.read[freed] + 1) if freed >= 0 else at)
        return True


class ForkTokens(Tokens):
    """``nnhw.hw.fork.Fork``."""

    def __init__(self, i: Link, outputs: Sequence[Link]) -> None:
        super().__init__([i], outputs)

    def step(self) -> bool:
        """A beat let go when all have taken it, or offered to all."""
        i, n = self.inputs[0], len(self.inputs[0].A)
        if all(len(o.A) > n for o in self.outputs):
            i.A.append(max(o.A[n] for o in self.outputs))
            return True
        if len(i.V) == n or len(self.outputs[0].V) > n:
            return False
        for o in self.outputs:
            o.V.append(i.V[n])
        return True


class QueueTokens(Tokens):
    """``nnhw.hw.fork.Queue``."""

    def __init__(self, i: Link, o: Link, depth: int) -> None:
        super().__init__([i], [o])
        self.depth = depth

    def step(self) -> bool:
        """A beat out, or a beat in."""
        i, o, n = self.inputs[0], self.outputs[0], len(self.inputs[0].A)
        if len(o.V) < n and o.offer(i.A[len(o.V)] + 1):
            return True
        full = n - self.depth
        if n == len(i.V) or full >= len(o.A):
            return False
        at = max(i.V[n], i.A[-1] + 1 if n else 0)
        i.A.append(max(at, o.A[full] + 1) if full >= 0 else at)
        return True

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
        self.address = [-1 if pad else at
                        for pad, at in zip(plan.pad, plan.address.tolist(), strict=True)]
        self.release = plan.release.tolist()
        self.read: list[int] = []
        self.freed = 0

    def step(self) -> bool:
        """A beat read, or a beat written."""
        return self._read() or self._write()

    def _read(self) -> bool:
        i, o, k = self.inputs[0], self.outputs[0], len(self.read)
        frame, place = divmod(k, self.plan.beats_out)
        needed = frame * self.plan.beats_in + self.address[place]
        if len(o.A) < k or (self.address[place] >= 0 and needed >= len(i.A)):
            return False
        at = o.A[-1] if k else 0
        if self.address[place] >= 0:
            at = max(at, i.A[needed] + 1)
        self.read.append(at)
        o.V.append(at + 1)
        return True

    def _write(self) -> bool:
        i, plan = self.inputs[0], self.plan
        n = len(i.A)
        if n == len(i.V):
            return False
        at = max(i.V[n], i.A[-1] + 1 if n else 0)
        wanted = n + 1 - plan.depth
        if wanted > 0:
            while self._released(self.freed) < wanted:
                self.freed += 1
            if self.freed >= len(self.read):
                return False
            at = max(at, self.read[self.freed] + 1)
        i.A.append(at)
        return True

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
            if len(o.A) < len(o.V):
                return None
            at = max(at, o.A[-1])
        return at

    def step(self) -> bool:
        """One push: of a beat, or an empty one while none is there."""
        i, at = self.inputs[0], self._earliest()
        n = len(i.A)
        if at is None or n == len(i.V):
            return False
        if self._flushes and i.V[n] > at:
            self._push(at, real=False)
        else:
            self._push(max(at, i.V[n]), real=True)
            i.A.append(self.at)
        return True

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
    """Let every source send ``frames`` frames in all, and find out all times."""
    readers: dict[int, list[Tokens]] = {}
    for model in models:
        for link in (*model.inputs, *model.outputs):
            readers.setdefault(id(link), []).append(model)
        if isinstance(model, Source):
            model.frames = frames
    waiting = dict.fromkeys(models)
    while True:
        while waiting:
            model = next(iter(waiting))
            del waiting[model]
            if model.advance():
                for link in (*model.inputs, *model.outputs):
                    waiting.update(dict.fromkeys(readers[id(link)]))
        stuck = [(at, k) for k, model in enumerate(models)
                 if (at := model.flush()) is not None]
        if not stuck:
            return
        window = models[min(stuck)[1]]
        assert isinstance(window, WindowTokens)
        window.flush_now()
        waiting = dict.fromkeys([window, *readers[id(window.outputs[0])]])
