# SPDX-License-Identifier: Apache-2.0
"""Registers placed so that they hold the fewest bits, at equal depth, by a linear program.

Source: Leiserson and Saxe, "Retiming synchronous circuitry", Algorithmica 6, 1991: ranks are
potentials, a path longer than a period asks for a register, and the constraints' matrix is
totally unimodular, so the optimum of the linear program is whole-numbered.
"""

from collections.abc import Iterator
from heapq import heappop, heappush
from importlib import import_module

import numpy as np

from nnhw.program.builder import Kind, Program
from nnhw.program.schedule import Clock, Schedule, is_registered

__all__ = ["place_registers", "register_bits"]

#: Live steps above which the greedy placement stays, for the program would take many seconds.
_LARGEST = 8000

#: How far from a whole number the solver's answer may lie.
_WHOLE = 1e-6


def register_bits(program: Program, plan: Schedule) -> int:
    """Bits of all pipeline registers, those of registered steps left out."""
    use = plan.last_use(program)
    return sum(program.steps[k].type.width * (use[k] - plan.stage[k]) for k in plan.live
               if program.steps[k].kind is not Kind.CONST)


def place_registers(program: Program, plan: Schedule, clock: Clock) -> Schedule:
    """``plan`` with its steps moved between ranks; depth and clock stay as they are.

    ``plan`` itself comes back where accumulators fix the ranks, the program is too large, SciPy
    is absent, or nothing is gained.
    """
    if plan.gate is not None or plan.depth < 2 or len(plan.live) > _LARGEST:
        return plan
    try:
        found = _Problem(program, plan, clock).solve()
    except ImportError:
        return plan
    if found is None:
        return plan
    better = Schedule(found, plan.depth, None, plan.live)
    return min((better, plan), key=lambda one: register_bits(program, one))


class _Problem:
    """Variables: the rank of each live step, then the rank up to which each is kept."""

    def __init__(self, program: Program, plan: Schedule, clock: Clock) -> None:
        self.program, self.plan, self.clock = program, plan, clock
        steps = program.steps
        self.nodes = [k for k in plan.live if steps[k].kind is not Kind.CONST]
        self.place = {k: n for n, k in enumerate(self.nodes)}
        self.readers: dict[int, list[int]] = {k: [] for k in self.nodes}
        for k in self.nodes:
            for i in set(steps[k].args):
                if i in self.readers:
                    self.readers[i].append(k)
        self.delay = {k: clock.model.of(program, steps[k]) for k in self.nodes}
        self.rows: dict[tuple[int, int], int] = {}

    def solve(self) -> list[int] | None:
        """Ranks by step, or None if the solver gave up."""
        linprog = import_module("scipy.optimize").linprog
        coo_matrix = import_module("scipy.sparse").coo_matrix
        count = len(self.nodes)
        self._order()
        late = {k: dict(self._late(k)) for k in self.nodes}
        for k, steps in late.items():
            for step, gap in steps.items():
                if all(late[reader].get(step, 0) < gap for reader in self.readers[k]):
                    self._apart(self.place[k], self.place[step], gap)
        ends = np.array(list(self.rows), dtype=np.int64).reshape(-1, 2)
        gaps = np.array(list(self.rows.values()), dtype=np.float64)
        index = np.arange(len(gaps))
        matrix = coo_matrix((np.repeat([1.0, -1.0], len(gaps)),
                             (np.tile(index, 2), ends.T.ravel())), shape=(len(gaps), 2 * count))
        widths = np.array([self.program.steps[k].type.width for k in self.nodes], dtype=float)
        done = linprog(np.concatenate([-widths, widths]), A_ub=matrix.tocsr(), b_ub=-gaps,
                       bounds=self._bounds(), method="highs-ipm")  # the simplex takes 6 times it
        ranks = np.rint(done.x[:count]) if done.status == 0 else np.array([])
        if done.status != 0 or np.abs(done.x[:count] - ranks).max(initial=0) > _WHOLE:
            return None
        stage = [0] * len(self.program.steps)
        for k, rank in zip(self.nodes, ranks.tolist(), strict=True):
            stage[k] = int(rank)
        return stage

    def _apart(self, first: int, second: int, gap: int) -> None:
        """Variable ``second`` is at least ``gap`` above variable ``first``."""
        self.rows[first, second] = max(self.rows.get((first, second), gap), gap)

    def _order(self) -> None:
        """Operands come before their readers, and are kept until these have read them."""
        count = len(self.nodes)
        for k in self.nodes:
            self._apart(self.place[k], count + self.place[k], 0)
            for reader in self.readers[k]:
                own = is_registered(self.program.steps[reader])
                self._apart(self.place[k], self.place[reader], own + self._operands(reader))
                self._apart(self.place[reader], count + self.place[k], -int(own))

    def _operands(self, reader: int) -> int:
        """Ranks that a multiplier has in front of it."""
        multiplies = self.program.steps[reader].kind is Kind.MUL
        return self.clock.model.operand_ranks if multiplies else 0

    def _bounds(self) -> list[tuple[int, int]]:
        """Inputs are there at rank 0; results are kept to the end, behind a register."""
        depth, outputs = self.plan.depth, {v.index for v in self.program.outputs}
        ranks, keeps = [], []
        for k in self.nodes:
            step = self.program.steps[k]
            top = 0 if step.kind is Kind.INPUT else max(
                depth - (not is_registered(step)), self.plan.stage[k])
            ranks.append((0, top))
            keeps.append((depth if k in outputs else 0, depth))
        return ranks + keeps

    def _late(self, first: int) -> Iterator[tuple[int, int]]:
        """Steps that no longer fit into the period begun by ``first``, and ranks between them."""
        period = self.clock.period - self.clock.model.register
        longest = {first: self.delay[first]}
        waiting = [self.place[first]]
        while waiting:
            k = self.nodes[heappop(waiting)]
            for reader in self.readers[k]:
                step = self.program.steps[reader]
                if is_registered(step):
                    limit = 0.0 if step.kind is Kind.MUL else period / 2
                    if longest[k] > limit:
                        yield reader, 2 + self._operands(reader)
                elif longest[k] > 0 and longest[k] + self.delay[reader] > period:
                    yield reader, 1
                else:
                    if reader not in longest:
                        heappush(waiting, self.place[reader])
                    longest[reader] = max(longest.get(reader, 0.0),
                                          longest[k] + self.delay[reader])
