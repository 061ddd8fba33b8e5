# SPDX-License-Identifier: Apache-2.0
"""Registers placed so that they hold the fewest bits, at equal depth.

Source: Leiserson and Saxe, "Retiming synchronous circuitry", Algorithmica 6, 1991: ranks are
potentials, and a path longer than a period asks for a register. Most steps have one rank only
where the depth leaves them any place at all; the problem is of the others.
"""

from collections.abc import Iterator, Mapping
from heapq import heappop, heappush

from nnhw.program.builder import Kind, Program
from nnhw.program.cuts import least
from nnhw.program.paths import Moment, Paths
from nnhw.program.schedule import Clock, Schedule

__all__ = ["place_registers", "register_bits"]

#: Pairs of steps too far apart for a period above which the greedy placement stays, for the search
#: would take too long: 173,000 of 16,000 steps take two seconds.
_MOST = 500_000


def register_bits(program: Program, plan: Schedule) -> int:
    """Bits of all pipeline registers, those of registered steps left out."""
    use = plan.last_use(program)
    return sum(program.steps[k].type.width * (use[k] - plan.stage[k]) for k in plan.live
               if program.steps[k].kind is not Kind.CONST)


def place_registers(program: Program, plan: Schedule, clock: Clock) -> Schedule:
    """``plan`` with its steps moved between ranks; depth and clock stay as they are.

    ``plan`` itself comes back where accumulators fix the ranks, no step can move, or the search
    would take too long.
    """
    if plan.gate is not None or plan.depth < 2:
        return plan
    found = _Problem(program, plan, clock).solve()
    return plan if found is None else Schedule(found, plan.depth, None, plan.live)


class _Problem:
    """Variables: ranks of steps that have a choice, then ranks up to which some are kept."""

    def __init__(self, program: Program, plan: Schedule, clock: Clock) -> None:
        self.program, self.plan, self.clock = program, plan, clock
        self.paths = Paths(program, plan.live, clock)
        self.readers, self.own = self.paths.readers, self.paths.own
        self.outputs = {v.index for v in program.outputs}
        self.early = self._earliest()
        self.late = self._latest()
        free = [k for k in self.early if self.early[k] < self.late[k]]
        self.place = {k: n for n, k in enumerate(free)}
        self.lows, self.tops = [self.early[k] for k in free], [self.late[k] for k in free]
        self.costs = [-program.steps[k].type.width for k in free]
        self.rows: dict[tuple[int, int], int] = {}

    def _earliest(self) -> dict[int, int]:
        """Ranks with every step as soon as possible; ``plan`` may have moved tables from there."""
        at: dict[int, Moment] = {}
        for k in self.paths.nodes:
            step = self.program.steps[k]
            at[k] = self.clock.place(self.program, step, [at[i] for i in step.args if i in at])
        return {k: rank for k, (rank, _) in at.items()}

    def _latest(self) -> dict[int, int]:
        """Ranks with every step as late as possible."""
        last = self.plan.depth - 1
        moments = self.paths.latest({k: max(last + self.own[k], self.early[k])
                                     for k in self.outputs if k in self.early})
        return {k: 0 if self.program.steps[k].kind is Kind.INPUT else rank
                for k, (rank, _) in moments.items()}

    def solve(self) -> list[int] | None:
        """Ranks by step; None where there is no choice, or too much."""
        late = self._too_far()
        if not late:
            return None
        self._order()
        self._periods(late)
        for k in self.paths.nodes:
            self._keep(k)
        ranks = least(self.costs, self.lows, self.tops, self.rows)
        stage = [0] * len(self.program.steps)
        for k, rank in (self.early | dict(zip(self.place, ranks, strict=False))).items():
            stage[k] = rank
        return stage

    def _apart(self, first: int, second: int, gap: int) -> None:
        """Variable ``second`` is at least ``gap`` above variable ``first``."""
        if self.tops[first] + gap > self.lows[second]:
            self.rows[first, second] = max(self.rows.get((first, second), gap), gap)

    def _before_step(self, k: int, step: int, gap: int) -> None:
        """Step ``k``, which can move, is at least ``gap`` below ``step``."""
        at = self.place[k]
        if step in self.place:
            self._apart(at, self.place[step], gap)
        else:
            self.tops[at] = min(self.tops[at], self.early[step] - gap)

    def _order(self) -> None:
        """Operands come before their readers."""
        for k in self.place:
            for reader in self.readers[k]:
                self._before_step(k, reader, self.own[reader] + self.paths.operands(reader))

    def _too_far(self) -> dict[int, dict[int, int]]:
        """Steps that do not fit into a period begun by a movable one; nothing if that is too much.
        """
        found: dict[int, dict[int, int]] = {}
        count = 0
        for k in self.place:
            found[k] = dict(self._too_late(k))
            count += len(found[k])
            if count > _MOST:
                return {}
        return found

    def _periods(self, late: Mapping[int, Mapping[int, int]]) -> None:
        """No path is longer than a period; what follows from a reader's path is not said again."""
        for k, steps in late.items():
            for step, gap in steps.items():
                if all(late[reader].get(step, 0) < gap for reader in self.readers[k]
                       if reader in late):
                    self._before_step(k, step, gap)

    def _too_late(self, first: int) -> Iterator[tuple[int, int]]:
        """Steps that no longer fit into the period begun by ``first``, and ranks between them.

        Beyond steps that cannot be in that period there are none.
        """
        last = self.late[first]
        longest = {first: self.paths.delay[first]}
        waiting = [first]
        while waiting:
            k = heappop(waiting)
            for reader in self.readers[k]:
                if self.own[reader]:
                    if longest[k] > self.paths.limit(reader):
                        yield reader, 2 + self.paths.operands(reader)
                elif self.early[reader] > last:
                    continue
                elif longest[k] > 0 and longest[k] + self.paths.delay[reader] > self.paths.period:
                    yield reader, 1
                else:
                    if reader not in longest:
                        heappush(waiting, reader)
                    longest[reader] = max(longest.get(reader, 0.0),
                                          longest[k] + self.paths.delay[reader])

    def _keep(self, k: int) -> None:
        """What it costs to keep a value until all have read it; outputs are kept to the end."""
        low = max((self.early[r] - self.own[r] for r in self.readers[k]), default=0)
        last = [r for r in self.readers[k] if self.late[r] - self.own[r] > low]
        if k in self.outputs or not last:
            return
        width = self.program.steps[k].type.width
        if len(last) == 1 and self.early[last[0]] - self.own[last[0]] == low:
            self.costs[self.place[last[0]]] += width
            return
        self.costs.append(width)
        self.lows.append(low)
        self.tops.append(max(self.late[r] - self.own[r] for r in last))
        for r in last:
            self._apart(self.place[r], len(self.costs) - 1, -self.own[r])
