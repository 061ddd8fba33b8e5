# SPDX-License-Identifier: Apache-2.0
"""Whole numbers of least cost under bounds and least differences, by minimum cuts.

The cost is linear, so it is L-natural-convex on such numbers: from the lowest ones on, the set
that is best raised by 1 leads to a minimum, and the smallest such set never beyond the lowest
one. That set is a closure of least weight: what is raised takes along whatever it would come too
close to. It is one side of a minimum cut.

Sources: Murota, "Discrete Convex Analysis", SIAM 2003, ch. 10, for steepest descent; Picard,
"Maximal closure of a graph and applications to combinatorial problems", Management Science 22,
1976; Dinic, "Algorithm for solution of a problem of maximum flow in networks with power
estimation", Soviet Mathematics Doklady 11, 1970.
"""

from collections.abc import Mapping, Sequence

__all__ = ["least"]

#: Capacity of what a cut must not pass.
_NEVER = 1 << 62


def least(costs: Sequence[int], lows: Sequence[int], tops: Sequence[int],
          gaps: Mapping[tuple[int, int], int]) -> list[int]:
    """Numbers ``x`` between ``lows`` and ``tops`` of least ``sum(costs * x)``.

    ``x[b] - x[a]`` is at least ``gaps[a, b]``; ``lows`` themselves are so far apart.
    """
    x, count = list(lows), len(costs)
    while True:
        tight: list[list[int]] = [[] for _ in range(count)]
        for (a, b), gap in gaps.items():
            if x[b] - x[a] == gap:
                tight[a].append(b)
        raised = _Network(costs, tight, [x[k] >= tops[k] for k in range(count)]).closure()
        if not raised:
            return x
        for k in raised:
            x[k] += 1


class _Network:
    """Flow from what gains by being raised to what that costs, along ``tight`` pairs.

    Edges are stored in pairs: an edge, and the way back along it.
    """

    def __init__(self, costs: Sequence[int], tight: Sequence[Sequence[int]],
                 fixed: Sequence[bool]) -> None:
        free = _that_reach_none(tight, fixed)
        self.gain = [-cost if cost < 0 and free[k] else 0 for k, cost in enumerate(costs)]
        self.price = [cost if cost > 0 and free[k] else 0 for k, cost in enumerate(costs)]
        self.ends: list[int] = []
        self.room: list[int] = []
        self.edges: list[list[int]] = [[] for _ in costs]
        for a, others in enumerate(tight):
            for b in others if free[a] else ():
                for start, end, room in ((a, b, _NEVER), (b, a, 0)):
                    self.edges[start].append(len(self.ends))
                    self.ends.append(end)
                    self.room.append(room)

    def closure(self) -> list[int]:
        """The smallest set whose members gain most; empty where none gains."""
        while True:
            level, reached = self._levels()
            if not any(self.price[k] for k in reached):
                return reached
            at = [0] * len(level)  # edges of each that lead no further
            for k in reached:
                if not level[k]:
                    self._push(k, level, at)

    def _levels(self) -> tuple[list[int], list[int]]:
        """Steps from what still gains, -1 where there is no way, and what is reached, in order."""
        level = [0 if gain else -1 for gain in self.gain]
        reached = [k for k, gain in enumerate(self.gain) if gain]
        for k in reached:
            for edge in self.edges[k]:
                end = self.ends[edge]
                if level[end] < 0 and self.room[edge]:
                    level[end] = level[k] + 1
                    reached.append(end)
        return level, reached

    def _push(self, start: int, level: Sequence[int], at: list[int]) -> None:
        """Let what ``start`` gains flow to all it can reach, level by level."""
        path: list[int] = []
        here = start
        while self.gain[start]:
            if self.price[here]:
                path = path[:self._flow(start, here, path)]
            elif at[here] < len(self.edges[here]):
                edge = self.edges[here][at[here]]
                if self.room[edge] and level[self.ends[edge]] == level[here] + 1:
                    path.append(edge)
                else:
                    at[here] += 1
            elif path:
                at[self.ends[path.pop() ^ 1]] += 1
            else:
                return
            here = self.ends[path[-1]] if path else start

    def _flow(self, start: int, end: int, path: Sequence[int]) -> int:
        """Fill a path; returns how much of it, in edges, is still open."""
        amount = min(self.gain[start], self.price[end], *(self.room[edge] for edge in path))
        self.gain[start] -= amount
        self.price[end] -= amount
        for edge in path:
            self.room[edge] -= amount
            self.room[edge ^ 1] += amount
        return next((n for n, edge in enumerate(path) if not self.room[edge]), len(path))


def _that_reach_none(tight: Sequence[Sequence[int]], fixed: Sequence[bool]) -> list[bool]:
    """Which of all do not take anything along that is ``fixed``."""
    behind: list[list[int]] = [[] for _ in tight]
    for a, others in enumerate(tight):
        for b in others:
            behind[b].append(a)
    free = [not one for one in fixed]
    waiting = [k for k, one in enumerate(fixed) if one]
    while waiting:
        for a in behind[waiting.pop()]:
            if free[a]:
                free[a] = False
                waiting.append(a)
    return free
