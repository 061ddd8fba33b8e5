# SPDX-License-Identifier: Apache-2.0
"""Times of a folded matrix, block by block: what is equal from step to step is not listed.

Let ``x`` be the cycle in which a step enters and ``z`` that in which it reaches the accumulators,
less its number (and less the ranks between). Both only rise: ``x`` where operands come late or
where ``z`` rose ``front`` steps ago, ``z`` with ``x`` or where a block's first step waits for room
behind the accumulators. So a block costs a few operations, however many steps it has; the times
are those that ``PipelineTokens`` would find step by step.
"""

from collections import deque
from collections.abc import Sequence

from nnhw.hw.tokens.core import Link, Tokens

__all__ = ["NarrowFoldedTokens", "ReplayFoldedTokens"]


class _FoldedTokens(Tokens):
    """A pipeline of ``depth`` ranks with accumulators at rank ``gate`` (at least 2).

    A *feed* is a run of steps whose operands are there together. Children say when.
    """

    def __init__(self, i: Link, o: Link, depth: int, gate: int, columns: int) -> None:
        super().__init__([i], [o])
        assert gate > 1
        self.front, self.back, self.columns = gate - 1, depth - gate + 1, columns
        self.x = self.z = 0
        self.entered = self.opened = self.feed = 0
        #: Places from which ``x`` has risen, for ``z``; and the other way round.
        self.late: deque[tuple[int, int]] = deque()
        self.full: deque[tuple[int, int]] = deque()

    def advance(self) -> None:
        """Steps in, blocks out."""
        while self._enter() | self._open():
            pass

    def _there(self, feed: int) -> int | None:
        """Cycle from which a feed's operands are there; None where that is not known."""
        raise AssertionError(type(self).__name__)

    def _stops(self, feed: int) -> Sequence[int]:
        """Steps behind which ``_passed`` is told when the step in front entered."""
        raise AssertionError(type(self).__name__)

    def _passed(self, step: int, cycle: int) -> bool:
        """Step ``step - 1`` entered in ``cycle``; whether the feed ends there."""
        raise AssertionError(type(self).__name__)

    def _enter(self) -> bool:
        """Steps of this feed, as far as the accumulators are known to take them."""
        there = self._there(self.feed)
        limit = self.opened * self.columns + self.front
        if there is None or self.entered >= limit:
            return False
        if not self.entered or self.entered == self._stops(self.feed - 1)[-1]:
            self._rise(self.entered, there - self.entered)
        for stop in self._stops(self.feed):
            if stop <= self.entered:
                continue
            self._run(min(stop, limit))
            if self.entered < stop:
                break
            if self._passed(stop, self.x + stop - 1):
                self.feed += 1
        return True

    def _run(self, end: int) -> None:
        """Steps up to ``end``, no operands being late."""
        while self.full and self.full[0][0] < end:
            self._rise(*self.full.popleft())
        self.entered = end

    def _rise(self, step: int, value: int) -> None:
        if value > self.x or not step:
            self.x = value
            self.late.append((step, value))

    def _open(self) -> bool:
        """Finish the block that is open, and open the next where it has entered."""
        begun, crossed = self.opened, self.outputs[0].A
        while True:
            first = self.opened * self.columns
            if self.entered < first or (self.opened and not self._finish()):
                break
            room = self.opened - self.back
            if self.entered <= first or room >= len(crossed):
                break
            self._follow(first)
            if room >= 0 and crossed[room] - first - self.front > self.z:
                self.z = crossed[room] - first - self.front
                self.full.append((first + self.front, self.z))
            self.opened += 1
        return self.opened > begun

    def _finish(self) -> bool:
        """The open block's result, unless it is there already; whether it is."""
        there, end = self.outputs[0].V, self.opened * self.columns
        if len(there) < self.opened and self.entered >= end:
            self._follow(end - 1)
            there.append(self.z + self.front + end - 1 + self.back)
        return len(there) == self.opened

    def _follow(self, step: int) -> None:
        """Let ``z`` rise as ``x`` had at ``step``."""
        while self.late and self.late[0][0] <= step:
            value = self.late.popleft()[1]
            self.z = max(self.z, value) if step else value


class NarrowFoldedTokens(_FoldedTokens):
    """Behind a ``Narrow``, which shows the parts of a wide beat and lets it go with the last.

    Parameters
    ----------
    parts, beats_in, beats_out : int
        Of the ``Narrow``: steps of a beat, and beats and steps of a frame.
    """

    def __init__(self, i: Link, o: Link, depth: int, gate: int, columns: int,
                 narrow: tuple[int, int, int]) -> None:
        super().__init__(i, o, depth, gate, columns)
        self.parts, self.beats_in, self.beats_out = narrow

    def _there(self, feed: int) -> int | None:
        return self.inputs[0].V[feed] if feed < len(self.inputs[0].V) else None

    def _stops(self, feed: int) -> Sequence[int]:
        frame, beat = divmod(feed + 1, self.beats_in)
        return (frame * self.beats_out + beat * self.parts,)

    def _passed(self, step: int, cycle: int) -> bool:
        self.inputs[0].A.append(cycle)
        return True


class ReplayFoldedTokens(_FoldedTokens):
    """Behind a ``Replay``, which plays each vector of ``columns`` beats ``times`` times (> 1)."""

    def __init__(self, i: Link, o: Link, depth: int, gate: int, columns: int, times: int) -> None:
        super().__init__(i, o, depth, gate, columns)
        assert columns * times > 2
        self.plays = columns * times
        #: Cycle from which the last beat of each vector shows.
        self.shown: list[int] = []

    def advance(self) -> None:
        """Beats into the buffer, as it is freed."""
        i = self.inputs[0]
        while True:
            super().advance()
            known = len(i.A)
            for n in range(known, len(i.V)):
                freed = n // self.columns - 2
                if freed >= len(self.shown):
                    break
                i.A.append(max(i.offered(n), self.shown[freed]) if freed >= 0 else i.offered(n))
            if len(i.A) == known:
                return

    def _there(self, feed: int) -> int | None:
        written = self.inputs[0].A
        last = (feed + 1) * self.columns - 1
        return written[last] + 2 if last < len(written) else None

    def _stops(self, feed: int) -> Sequence[int]:
        end = (feed + 1) * self.plays
        return (end - 1, end)

    def _passed(self, step: int, cycle: int) -> bool:
        if step % self.plays == 0:
            return True
        there = self._there(self.feed)
        assert there is not None
        self.shown.append(max(there, cycle + 1))
        return False
