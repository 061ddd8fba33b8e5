# SPDX-License-Identifier: Apache-2.0
"""What reads what in a program, how long that takes, and how late it may be."""

from collections.abc import Mapping, Sequence

from nnhw.program.builder import Kind, Program
from nnhw.program.schedule import Clock, is_registered

__all__ = ["Moment", "Paths"]

#: When a value is there: register rank, and nanoseconds behind it.
Moment = tuple[int, float]

#: How far lengths of a path, added up from its two ends, may lie apart.
_EQUAL = 1e-6


class Paths:
    """Steps that are no constants, their readers and delays.

    Parameters
    ----------
    program : Program
    live : sequence of int
        Steps that reach an output, in order.
    clock : Clock

    Members
    -------
    nodes : list of int
        The steps.
    readers : dict of int to list of int
        By each of them.
    delay : dict of int to float
        In nanoseconds.
    own : dict of int to int
        1 for a step that ends in a register of its own.
    period : float
        What a register leaves of the clock period.
    """

    def __init__(self, program: Program, live: Sequence[int], clock: Clock) -> None:
        self.program, self.clock = program, clock
        steps = program.steps
        self.period = clock.period - clock.model.register
        self.nodes = [k for k in live if steps[k].kind is not Kind.CONST]
        self.readers: dict[int, list[int]] = {k: [] for k in self.nodes}
        for k in self.nodes:
            for i in set(steps[k].args):
                if i in self.readers:
                    self.readers[i].append(k)
        self.delay = {k: clock.model.of(program, steps[k]) for k in self.nodes}
        self.own = {k: int(is_registered(steps[k])) for k in self.nodes}

    def operands(self, reader: int) -> int:
        """Ranks that a multiplier has in front of it."""
        multiplies = self.program.steps[reader].kind is Kind.MUL
        return self.clock.model.operand_ranks if multiplies else 0

    def limit(self, reader: int) -> float:
        """Time that logic may take right in front of a registered step."""
        return 0.0 if self.program.steps[reader].kind is Kind.MUL else self.period / 2

    def latest(self, ends: Mapping[int, int]) -> dict[int, Moment]:
        """Last moments for all values; ``ends`` has the last ranks of the program's outputs."""
        before: dict[int, Moment] = {}  # of their operands
        found: dict[int, Moment] = {}
        for k in reversed(self.nodes):
            moments = [before[reader] for reader in self.readers[k]]
            if k in ends:
                moments.append((ends[k], self.period))
            rank, time = min(moments)
            left = time - self.delay[k]
            if left < -_EQUAL and time < self.period and self.delay[k] > 0:
                rank, time, left = rank - 1, self.period, self.period - self.delay[k]
            found[k] = rank, time
            before[k] = ((rank - 1 - self.operands(k), self.limit(k)) if self.own[k]
                         else (rank, max(left, 0.0)))
        return found
