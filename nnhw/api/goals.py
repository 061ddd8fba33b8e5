# SPDX-License-Identifier: Apache-2.0
"""Building for a goal: so many inferences a second, so short a latency, such a part."""

from bisect import bisect_right
from dataclasses import dataclass, replace

from nnhw.api.build import Progress, build_design
from nnhw.boards.base import Part
from nnhw.boards.parts import part
from nnhw.config import Config, LayerConfig
from nnhw.errors import FoldingError
from nnhw.folding.goal import (
    Capacity,
    Need,
    balanced,
    first_true,
    fps_cycles,
    intervals,
    largest_meeting,
    latency_cycles,
    needed,
    placed,
)
from nnhw.folding.products import in_logic
from nnhw.hw.other_products import other_blocks
from nnhw.ir.graph import Graph
from nnhw.layers import Dense, Grouped

__all__ = ["Goal", "choose_folding"]

#: Kilobits of a memory block as ``Part.bram`` counts them, from the documents that parts name.
_BLOCK_KILOBITS = {"xc7": 36, "xcup": 36, "ecp5": 18, "nexus": 18, "gowin": 18, "ice40": 4,
                   "cyclonev": 10, "cyclone10lp": 9}


@dataclass(frozen=True)
class Goal:
    """What a build should reach; None is no wish.

    Parameters
    ----------
    target_fps : float or None
        Inferences a second, at the build's clock.
    max_latency : str, float or None
        Nanoseconds, or text with a unit: ``200ns``, ``1.5us``, ``30cycles``.
    fit : str or None
        Name of a part. Alone, it asks for the fastest circuit that the part holds; with another
        goal, the smallest circuit that reaches it must fit.
    """

    target_fps: float | None = None
    max_latency: str | float | None = None
    fit: str | None = None

    def __bool__(self) -> bool:
        return any(wish is not None for wish in (self.target_fps, self.max_latency, self.fit))


def choose_folding(graph: Graph, config: Config, goal: Goal,
                   progress: Progress = lambda step: None) -> Config:
    """The configuration with every matrix's reuse factor chosen for a goal.

    Reuse factors that ``config`` has are overruled.

    Raises
    ------
    FoldingError
        If the goal cannot be reached; the message says what can.
    ConfigError
        If the goal is no sensible one, or the part is unknown.
    """
    return _Search(graph, config, goal, progress).run()


class _Search:
    """Common intervals to choose from, the designs they give, and what is asked of these."""

    def __init__(self, graph: Graph, config: Config, goal: Goal, progress: Progress) -> None:
        self.part: Part | None = part(goal.fit) if goal.fit else None
        if self.part is not None:
            config = replace(config, target=self.part.family)
        self.graph, self.config, self.goal, self.progress = graph, config, goal, progress
        self.ops = [node.op for node in graph if isinstance(node.op, Dense | Grouped)]
        self.logic = {op.name for op in self.ops if in_logic(op, config)}
        self.choices = intervals(self.ops)
        self.tried: dict[int, dict[str, int]] = {}
        #: By choice, matrices that get no blocks.
        self.outside: dict[int, frozenset[str] | None] = {}

    def run(self) -> Config:
        """The slowest choice that meets rate and latency, else the fastest that fits."""
        goal, clock = self.goal, self.config.clock_mhz
        least, chosen = self._first_that_fits(), len(self.choices) - 1
        if goal.target_fps is not None:
            cycles = fps_cycles(goal.target_fps, clock)
            chosen = max(0, bisect_right(self.choices, cycles) - 1)
            chosen = self._slowest(chosen, "interval", cycles)
        if goal.max_latency is not None:
            chosen = self._slowest(chosen, "latency", latency_cycles(goal.max_latency, clock))
        if goal.target_fps is None and goal.max_latency is None:
            chosen = least
        elif chosen < least:
            raise FoldingError(self._too_large(chosen, least))
        return self._noted(chosen)

    def _slowest(self, most: int, what: str, cycles: int) -> int:
        """The slowest choice, up to ``most``, whose latency or interval is at most ``cycles``."""
        found = largest_meeting(most + 1, lambda at: self._timing(at)[what] <= cycles)
        if found is None:
            raise FoldingError(self._unreachable(what, cycles, self._timing(0)[what]))
        return found

    def _first_that_fits(self) -> int:
        if self.part is None:
            return 0
        last = len(self.choices)
        begin = first_true(last, lambda at: placed(self._needed(at), self._room(0)) is not None)
        found = None if begin is None else first_true(
            last - begin, lambda at: self._placed(begin + at) is not None)
        if begin is None or found is None:
            raise FoldingError(self._never_fits())
        return begin + found

    def _room(self, others: int) -> Capacity:
        """What the part has for matrices beside so many multipliers of others."""
        assert self.part is not None
        return Capacity(max(self.part.dsp - others, 0), self.part.lut,
                        self.part.bram * _BLOCK_KILOBITS[self.part.family] * 1024)

    def _placed(self, at: int) -> frozenset[str] | None:
        """Matrices that get no blocks; None where the part holds too little."""
        if at not in self.outside:
            room = self._room(self._others(at))
            self.outside[at] = placed(self._needed(at), room)
        return self.outside[at]

    def _others(self, at: int) -> int:
        """Blocks that products outside the matrices take: scales of channels, normalization."""
        self.progress(f"counting the products at an interval of {self.choices[at]} cycles")
        return other_blocks(self.graph, self._folded(at))

    def _never_fits(self) -> str:
        assert self.part is not None
        least, room = self._needed(len(self.choices) - 1), self._room(0)
        count = self._others(len(self.choices) - 1)
        others = f", other layers {count}," if count else ""
        return (f"{self.graph.name} does not fit {self.part.name} at any reuse factor: its "
                f"matrices need {least.multipliers} multipliers{others} and "
                f"{least.memory_bits:,} bits for weights at least; there are {self.part.dsp} and "
                f"{room.memory_bits:,}")

    def _reuse(self, at: int) -> dict[str, int]:
        return balanced(self.ops, self.choices[at])

    def _needed(self, at: int) -> Need:
        return needed(self.ops, self._reuse(at), self.logic)

    def _folded(self, at: int) -> Config:
        layers = dict(self.config.layers)
        for name, reuse in self._reuse(at).items():
            layers[name] = replace(layers.get(name, LayerConfig()), reuse=reuse)
        return replace(self.config, layers=layers)

    def _config(self, at: int) -> Config:
        """With multipliers in logic where the part has no blocks for them."""
        config = self._folded(at)
        layers, reuse = dict(config.layers), self._reuse(at)
        outside = self._placed(at) if self.part is not None else None
        for name in sorted((outside or frozenset()) - self.logic):
            if layers[name].multiplier is None and reuse[name] > 1:
                layers[name] = replace(layers[name], multiplier="logic")
        return replace(config, layers=layers)

    def _timing(self, at: int) -> dict[str, int]:
        """Latency and interval of the whole design, in cycles."""
        if at not in self.tried:
            self.progress(f"trying an interval of {self.choices[at]} cycles")
            interface = build_design(self.graph, self._config(at)).interface
            self.tried[at] = {"latency": interface.latency, "interval": interface.interval}
        return self.tried[at]

    def _noted(self, at: int) -> Config:
        wishes = []
        if self.goal.target_fps is not None:
            wishes.append(f"{self.goal.target_fps:,.0f} inferences/s")
        if self.goal.max_latency is not None:
            cycles = latency_cycles(self.goal.max_latency, self.config.clock_mhz)
            wishes.append(f"a latency of at most {cycles} cycles")
        if self.part is not None:
            wishes.append(f"the multipliers and weight memory of {self.part.name}, nothing else "
                          "being counted")
        note = f"reuse factors were chosen for {' and '.join(wishes)}"
        config = self._config(at)
        return replace(config, notes=(*config.notes, note))

    def _unreachable(self, what: str, cycles: int, best: int) -> str:
        clock = self.config.clock_mhz
        if what == "latency":
            few = "1 cycle" if cycles == 1 else f"{cycles} cycles"
            return (f"{self.graph.name}: a latency of {few} cannot be reached at "
                    f"{clock:g} MHz; {best} cycles ({best * 1000 / clock:,.1f} ns) can")
        return (f"{self.graph.name}: {clock * 1e6 / cycles:,.0f} inferences/s cannot be reached "
                f"with io {self.config.io} at {clock:g} MHz; {clock * 1e6 / best:,.0f} can, an "
                f"interval of {best} cycles")

    def _too_large(self, wanted: int, least: int) -> str:
        assert self.part is not None
        need = self._needed(wanted)
        best, clock = self._timing(least), self.config.clock_mhz
        return (f"{self.graph.name}: the goal needs {need.multipliers} multipliers and "
                f"{need.memory_bits:,} bits for weights, which {self.part.name} does not hold; it "
                f"holds a circuit of {clock * 1e6 / best['interval']:,.0f} inferences/s and "
                f"{best['latency'] * 1000 / clock:,.1f} ns latency")
