# SPDX-License-Identifier: Apache-2.0
"""Times of what lies between stages: converters, forks, queues."""

from collections.abc import Sequence

from nnhw.hw.tokens.core import Link, Tokens

__all__ = ["ForkTokens", "NarrowTokens", "QueueTokens", "WidenTokens"]


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

    def __init__(self, i: Link, o: Link, depth: int, latency: int) -> None:
        super().__init__([i], [o])
        self.depth, self.latency = depth, latency

    def advance(self) -> None:
        """Beats in, and out a little later; room shows a cycle after a beat has gone."""
        i, o = self.inputs[0], self.outputs[0]
        for n in range(len(i.A), len(i.V)):
            full = n - self.depth
            if full >= len(o.A):
                return
            i.A.append(max(i.offered(n), o.A[full] + 1) if full >= 0 else i.offered(n))
            o.V.append(i.A[-1] + self.latency)

    def needed(self) -> int:
        """Depth at which no beat would ever have waited for room."""
        i, o, gone, most = self.inputs[0], self.outputs[0], 0, 0
        for n, cycle in enumerate(i.A):
            while gone < len(o.A) and o.A[gone] < cycle:
                gone += 1
            most = max(most, n - gone + 1)
        return most
