# SPDX-License-Identifier: Apache-2.0
"""Times of the components that take their operands in one by one: softmax and totals."""

from nnhw.hw.tokens.core import Link, Tokens

__all__ = ["SerialTokens", "TotalTokens"]


class SerialTokens(Tokens):
    """``nnhw.hw.serial_softmax.SerialSoftmax``.

    Parameters
    ----------
    beats : int
        Beats of a vector, in and out.
    first, later : int
        Cycles from the last beat accepted to the first result offered, and from a result that has
        gone to the next one offered.
    """

    def __init__(self, i: Link, o: Link, beats: int, first: int, later: int) -> None:
        super().__init__([i], [o])
        self.beats, self.first, self.later = beats, first, later

    def advance(self) -> None:
        """A vector in, its results out, and only then the next one."""
        i, o, beats = self.inputs[0], self.outputs[0], self.beats
        while True:
            done = len(i.A) // beats * beats
            if len(i.A) > done or len(o.V) == done:
                if len(i.A) == len(i.V) or not o.is_free:
                    return
                at = i.offered(len(i.A))
                i.A.append(max(at, o.A[-1] + 1) if o.A else at)
                if len(i.A) % beats == 0:
                    o.V.append(i.A[-1] + self.first)
            elif o.is_free:
                o.V.append(o.A[-1] + self.later)
            else:
                return


class TotalTokens(Tokens):
    """``nnhw.hw.running_total.RunningTotal``: the last ``parts`` of ``beats`` give results."""

    def __init__(self, i: Link, o: Link, beats: int, parts: int) -> None:
        super().__init__([i], [o])
        self.beats, self.silent = beats, beats - parts

    def advance(self) -> None:
        """Beats in; one that gives a result waits for the result before to go."""
        i, o = self.inputs[0], self.outputs[0]
        for n in range(len(i.A), len(i.V)):
            at = i.offered(n)
            if n % self.beats >= self.silent:
                if not o.is_free:
                    return
                at = max(at, o.A[-1]) if o.A else at
                o.V.append(at + 1)
            i.A.append(at)
