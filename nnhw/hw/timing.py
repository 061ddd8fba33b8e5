# SPDX-License-Identifier: Apache-2.0
"""The exact token schedule of a design: its handshakes run cycle by cycle, without data.

Each model mirrors one component of ``nnhw.hw``: ``forward`` sets the valid of its outputs,
``backward`` the ready of its inputs, ``tick`` moves to the next cycle. Valid never waits for
ready, so one pass forward and one backward settle a cycle.
"""

from collections.abc import Sequence

from nnhw.hw.reorder import ReorderSchedule
from nnhw.hw.window_schedule import WindowSchedule

__all__ = ["Link", "Model", "ForkModel", "NarrowModel", "PipelineModel", "QueueModel",
           "ReorderModel", "ReplayModel", "WidenModel", "WindowModel", "simulate"]


class Link:
    """A stream between two components."""

    __slots__ = ("ready", "valid")

    def __init__(self) -> None:
        self.valid = False
        self.ready = False

    @property
    def fires(self) -> bool:
        """Whether a beat crosses in this cycle."""
        return self.valid and self.ready


class Model:
    """Base of the models: inputs, outputs, three hooks."""

    def __init__(self, inputs: Sequence[Link], outputs: Sequence[Link]) -> None:
        self.inputs, self.outputs = list(inputs), list(outputs)

    def forward(self) -> None:
        """Set the valid of every output."""

    def backward(self) -> None:
        """Set the ready of every input."""

    def tick(self) -> None:
        """Clock edge."""


class PipelineModel(Model):
    """A stage: ``a * b`` steps a vector, ranks that close up, accumulators that let pass one in a.

    Parameters
    ----------
    depth : int
        Register ranks.
    gate : int or None
        Rank of the accumulators.
    blocks : (a, b)
        Steps; ``holds`` where one beat serves ``b`` steps.
    """

    def __init__(self, inputs: Sequence[Link], outputs: Sequence[Link], depth: int,
                 gate: int | None, blocks: tuple[int, int], holds: bool) -> None:
        super().__init__(inputs, outputs)
        self.valid = [False] * (depth + 1)
        self.last = [False] * (depth + 1)
        self.gate, self.columns, self.rows, self.holds = gate, *blocks, holds
        self.column = self.row = 0
        self.room = False

    def forward(self) -> None:
        """The last rank shows its beat."""
        self.outputs[0].valid = self.valid[-1]

    def backward(self) -> None:
        """A beat enters when any rank is empty or the last one moves."""
        self.room = self.outputs[0].ready or not all(self.valid[1:])
        fire = self.room and all(link.valid for link in self.inputs)
        for link in self.inputs:
            link.ready = fire and (not self.holds or self.row == self.rows - 1)
        self.fire = fire

    def tick(self) -> None:
        """Ranks move from the last one up to the first that cannot."""
        move = self.outputs[0].ready
        for rank in range(len(self.valid) - 1, 0, -1):
            move = move or not self.valid[rank]
            if not move:
                continue
            before = self.fire if rank == 1 else self.valid[rank - 1]
            last = self.column == self.columns - 1 if rank == 1 else self.last[rank - 1]
            self.valid[rank] = before and (rank != self.gate or last)
            self.last[rank] = last
        if self.fire:
            self.column = (self.column + 1) % self.columns
            if self.column == 0:
                self.row = (self.row + 1) % self.rows


class NarrowModel(Model):
    """``nnhw.hw.width_converter.Narrow``."""

    def __init__(self, i: Link, o: Link, parts: int, beats_out: int) -> None:
        super().__init__([i], [o])
        self.parts, self.beats_out = parts, beats_out
        self.part = self.beat = 0

    @property
    def _last(self) -> bool:
        return self.part == self.parts - 1 or self.beat == self.beats_out - 1

    def forward(self) -> None:
        """Straight through."""
        self.outputs[0].valid = self.inputs[0].valid

    def backward(self) -> None:
        """The wide beat is let go with its last part."""
        self.inputs[0].ready = self.outputs[0].ready and self._last

    def tick(self) -> None:
        """Next part."""
        if self.outputs[0].fires:
            self.part = 0 if self._last else self.part + 1
            self.beat = (self.beat + 1) % self.beats_out


class WidenModel(Model):
    """``nnhw.hw.width_converter.Widen``."""

    def __init__(self, i: Link, o: Link, parts: int, beats_in: int) -> None:
        super().__init__([i], [o])
        self.parts, self.beats_in = parts, beats_in
        self.part = self.beat = 0
        self.full = False

    @property
    def _last(self) -> bool:
        return self.part == self.parts - 1 or self.beat == self.beats_in - 1

    def forward(self) -> None:
        """The wide register."""
        self.outputs[0].valid = self.full

    def backward(self) -> None:
        """Only the last part needs the wide register."""
        self.inputs[0].ready = not self.full or self.outputs[0].ready or not self._last

    def tick(self) -> None:
        """Next part."""
        if self.outputs[0].ready:
            self.full = False
        if self.inputs[0].fires:
            self.full = self.full or self._last
            self.part = 0 if self._last else self.part + 1
            self.beat = (self.beat + 1) % self.beats_in


class ReplayModel(Model):
    """``nnhw.hw.replay.Replay``."""

    def __init__(self, i: Link, o: Link, words: int, times: int) -> None:
        super().__init__([i], [o])
        self.words, self.plays = words, words * times
        self.written = self.read = self.banks = 0
        self.valid = False

    def forward(self) -> None:
        """The memory's output register."""
        self.outputs[0].valid = self.valid

    def backward(self) -> None:
        """One bank is written while the other is read."""
        self.inputs[0].ready = self.banks < 2

    def tick(self) -> None:
        """Write a word, read a word."""
        banks = self.banks
        if self.inputs[0].fires:
            self.written = (self.written + 1) % self.words
            self.banks += self.written == 0
        if not self.valid or self.outputs[0].ready:
            self.valid = banks > 0
            if self.valid:
                self.read = (self.read + 1) % self.plays
                self.banks -= self.read == 0


class WindowModel(Model):
    """``nnhw.hw.window.SlidingWindow``."""

    def __init__(self, i: Link, o: Link, plan: WindowSchedule) -> None:
        super().__init__([i], [o])
        self.plan, self.due = plan, _due_pushes(plan)
        self.arrived = self.age = self.next_age = self.emitted = 0
        self.spent = self.full = self.push = False

    def forward(self) -> None:
        """The output register."""
        self.outputs[0].valid = self.full

    def backward(self) -> None:
        """A push that brings a window out needs the register free."""
        self.emit = not self.spent and self.age == self.due[self.emitted]
        ready = not self.emit or not self.full or self.outputs[0].ready
        self.inputs[0].ready = ready
        flush = self.arrived == 0 and self.age != 0 and self.next_age == 0
        self.push = ready and (self.inputs[0].valid or flush)

    def tick(self) -> None:
        """The counters of the circuit."""
        if self.outputs[0].ready:
            self.full = False
        if self.push:
            self._push(self.inputs[0].valid)

    def _push(self, real: bool) -> None:
        last = self.arrived == self.plan.pushes - 1
        begun = self.next_age != 0 or (real and self.arrived == 0 and self.age != 0)
        if real:
            self.arrived = 0 if last else self.arrived + 1
        if self.spent:
            self.spent = not last
            return
        self.age += 1
        self.next_age += begun
        if self.emit:
            self.full = True
            self.emitted += 1
            if self.emitted == len(self.due):
                self.emitted = 0
                self.spent = real and not begun and not last
                self.age, self.next_age = (self.next_age if begun else 0), 0


def _due_pushes(plan: WindowSchedule) -> list[int]:
    """Pushes of a frame at which its windows' beats come out."""
    due, at = [], plan.first
    for _ in range(plan.rows):
        for column in range(plan.columns):
            due += range(at, at + plan.beats)
            at += plan.beats - 1
            at += plan.column_gap if column < plan.columns - 1 else plan.row_gap
    return due


class ReorderModel(Model):
    """``nnhw.hw.reorder.Reorder``."""

    def __init__(self, i: Link, o: Link, plan: ReorderSchedule) -> None:
        super().__init__([i], [o])
        self.plan = plan
        self.needed = [0 if pad else at + 1
                       for pad, at in zip(plan.pad, plan.address.tolist(), strict=True)]
        self.gains = [b - a for a, b in zip([0, *plan.release[:-1].tolist()],
                                            plan.release.tolist(), strict=True)]
        self.count = self.held = self.step = 0
        self.valid = False

    def forward(self) -> None:
        """The memory's output register."""
        self.outputs[0].valid = self.valid

    def backward(self) -> None:
        """Room in the buffer."""
        self.inputs[0].ready = self.held < self.plan.depth

    def tick(self) -> None:
        """Write a beat, read a beat."""
        put = self.inputs[0].fires
        if not self.valid or self.outputs[0].ready:
            self.valid = self.count >= self.needed[self.step]
            if self.valid:
                self.held -= self.gains[self.step]
                self.step += 1
                if self.step == self.plan.beats_out:
                    self.step, self.count = 0, self.count - self.plan.beats_in
        self.held += put
        self.count += put


class ForkModel(Model):
    """``nnhw.hw.fork.Fork``."""

    def __init__(self, i: Link, outputs: Sequence[Link]) -> None:
        super().__init__([i], outputs)
        self.taken = [False] * len(outputs)

    def forward(self) -> None:
        """Offered to those that have not taken it."""
        for link, taken in zip(self.outputs, self.taken, strict=True):
            link.valid = self.inputs[0].valid and not taken

    def backward(self) -> None:
        """Let go when all have taken it."""
        self.inputs[0].ready = all(
            link.ready or taken for link, taken in zip(self.outputs, self.taken, strict=True))

    def tick(self) -> None:
        """Remember who took it."""
        if self.inputs[0].valid:
            done = self.inputs[0].ready
            self.taken = [not done and (t or link.ready)
                          for link, t in zip(self.outputs, self.taken, strict=True)]


class QueueModel(Model):
    """``nnhw.hw.fork.Queue``; ``most`` is how full it got."""

    def __init__(self, i: Link, o: Link, depth: int) -> None:
        super().__init__([i], [o])
        self.depth, self.level, self.most = depth, 0, 0

    def forward(self) -> None:
        """Anything there."""
        self.outputs[0].valid = self.level > 0

    def backward(self) -> None:
        """Room left."""
        self.inputs[0].ready = self.level < self.depth

    def tick(self) -> None:
        """Count."""
        self.level += self.inputs[0].fires - self.outputs[0].fires
        self.most = max(self.most, self.level)


def simulate(models: Sequence[Model], sources: Sequence[tuple[Link, int]],
             sinks: Sequence[tuple[Link, int]], frames: int, interval: int = 0,
             budget: int | None = None) -> tuple[int, int | None]:
    """Run frames through models in topological order; returns latency and interval in cycles.

    Parameters
    ----------
    sources, sinks : sequence of (Link, int)
        The network's ports and their beats in a frame; sinks are always ready.
    frames : int
        Frames to run; fewer if the interval has settled.
    interval : int
        Cycles between the starts of frames at the sources; 0 sends without a gap.
    budget : int or None
        Cycles after which to stop once the latency is known; the interval is then None.

    Returns
    -------
    latency : int
        Cycles from the first beat accepted at any source to the first offered at any sink.
    interval : int or None
        Cycles between the ends of frames at the slowest sink, once three in a row are equal.
    """
    sent, got = [0] * len(sources), [0] * len(sinks)
    ends: list[int] = []
    latency = started = None
    cycle = 0
    while len(ends) < frames and not _settled(ends):
        _settle_handshakes(models, sources, sinks, sent,
                           min(frames, cycle // interval + 1) if interval else frames)
        for k, (link, _) in enumerate(sources):
            if link.fires:
                sent[k] += 1
                started = cycle if started is None else started
        for k, (link, _) in enumerate(sinks):
            got[k] += link.valid
        if latency is None and started is not None and any(link.valid for link, _ in sinks):
            latency = cycle - started
        if all(g >= beats * (len(ends) + 1) for g, (_, beats) in zip(got, sinks, strict=True)):
            ends.append(cycle)
        if latency is not None and budget is not None and cycle > budget:
            break
        for model in models:
            model.tick()
        cycle += 1
        assert cycle < _HANG, "the token schedule stands still"
    assert latency is not None
    return latency, ends[-1] - ends[-2] if _settled(ends) else None


#: Cycles after which a schedule counts as standing still.
_HANG = 100_000_000


def _settled(ends: Sequence[int]) -> bool:
    """Whether the last three frames took equally long."""
    return len(ends) > 4 and ends[-1] - ends[-2] == ends[-2] - ends[-3] == ends[-3] - ends[-4]


def _settle_handshakes(models: Sequence[Model], sources: Sequence[tuple[Link, int]],
                       sinks: Sequence[tuple[Link, int]], sent: Sequence[int], due: int) -> None:
    """One cycle's valid and ready, ``due`` frames being ready at the sources."""
    for k, (link, beats) in enumerate(sources):
        link.valid = sent[k] < beats * due
    for model in models:
        model.forward()
    for link, _ in sinks:
        link.ready = True
    for model in reversed(models):
        model.backward()
