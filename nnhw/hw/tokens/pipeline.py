# SPDX-License-Identifier: Apache-2.0
"""Times of a stage's pipeline and of the buffer that plays it vectors again."""

from collections.abc import Sequence

from nnhw.hw.tokens.core import Link, Tokens

__all__ = ["PipelineTokens", "ReplayTokens"]


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
        while self.back:
            known = len(self.entered), len(self.summed)
            self._sum()
            self._enter()
            if known == (len(self.entered), len(self.summed)):
                break
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
