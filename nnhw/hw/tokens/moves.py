# SPDX-License-Identifier: Apache-2.0
"""Times of the components that give elements another order: reorderings and windows."""

from nnhw.hw.reorder_schedule import ReorderSchedule
from nnhw.hw.tokens.core import Link, Tokens
from nnhw.hw.window_schedule import WindowSchedule

__all__ = ["ReorderTokens", "WindowTokens"]


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
    """``nnhw.hw.window.SlidingWindow``: its counters, push by push.

    ``may_flush`` is False to see what happens where beats of a next frame are always there.
    """

    may_flush = True

    def __init__(self, i: Link, o: Link, plan: WindowSchedule) -> None:
        super().__init__([i], [o])
        self.plan, self.due = plan, plan.due()
        self.arrived = self.age = self.next_age = self.emitted = 0
        self.spent = False
        self.at = -1

    @property
    def _flushes(self) -> bool:
        """Whether an empty push would be made if no beat came."""
        return (self.may_flush and self.arrived == 0 and self.age != 0
                and self.next_age == 0)

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
