# SPDX-License-Identifier: Apache-2.0
"""Components of a design and the streams between them."""

from dataclasses import dataclass, field

from nnhw.hw.fork import Fork, Queue
from nnhw.hw.stage import Stage
from nnhw.hw.width_converter import Narrow, conversions
from nnhw.hw.window import SlidingWindow

__all__ = ["UNBOUNDED", "Netlist", "Wire", "lay_out"]

#: Depth of a queue while the depth that is needed is found out.
UNBOUNDED = 1 << 30

#: Windows held ready at the most, which still fit the memory in LUTs.
_RESERVE = 64


@dataclass(frozen=True)
class Wire:
    """An end of a stream: component ``unit``'s port, or a port of the network (unit None)."""

    unit: int | None
    port: str


@dataclass
class Netlist:
    """Components in topological order, and which output feeds which input."""

    units: list[tuple[str, object]] = field(default_factory=list)
    links: list[tuple[Wire, Wire]] = field(default_factory=list)

    def add(self, name: str, unit: object) -> int:
        """Append a component; returns its number."""
        self.units.append((name, unit))
        return len(self.units) - 1


def lay_out(design) -> Netlist:
    """Put stages, converters, forks and queues between the ports of a design."""
    return _Builder(design).netlist


class _Builder:
    """Lays components between the ports."""

    def __init__(self, design) -> None:
        self.design, self.netlist = design, Netlist()
        self.waiting: dict[str, list[Wire]] = {}
        self._fork_inputs()
        for plan, sources in zip(design.plan.stages, design.plan.sources, strict=True):
            stage = design.stages[plan.name]
            ends = [self._convert(source, plan.operand_lanes(k), plan.name,
                                  UNBOUNDED if len(sources) > 1 else max(
                                      self._reserve(source, plan), self._pixel(source, stage)))
                    for k, source in enumerate(sources)]
            at = self.netlist.add(plan.name.removeprefix(f"{design.graph.name}_"), stage)
            for end, port in zip(ends, getattr(stage, "inputs", ["i"]), strict=True):
                self.netlist.links.append((end, Wire(at, port)))
            self._offer(plan.name, Wire(at, "o"))
        for port, layout in zip(design.graph.outputs, design.outputs, strict=True):
            end = self._convert(design.plan.made[port.tensor], layout.lanes, port.name)
            self.netlist.links.append((end, Wire(None, layout.name)))

    def _fork_inputs(self) -> None:
        for port, layout in zip(self.design.graph.inputs, self.design.inputs, strict=True):
            self._offer(port.name, Wire(None, layout.name))

    def _readers(self, source: str) -> int:
        plan = self.design.plan
        stages = sum(reads.count(source) for reads in plan.sources)
        return stages + sum(plan.made[port.tensor] == source
                            for port in self.design.graph.outputs)

    def _element(self, source: str):
        if source in self.design.stages:
            plan = self.design.plans[source]
            return plan.ops[-1].y, plan.lanes_out
        for port, layout in zip(self.design.graph.inputs, self.design.inputs, strict=True):
            if port.name == source:
                return port.type, layout.lanes
        raise AssertionError(source)

    def _offer(self, source: str, wire: Wire) -> None:
        """Make the result of ``source`` available to each of its readers."""
        ways = self._readers(source)
        tensor, lanes = self._element(source)
        if ways <= 1:
            self.waiting[source] = [wire]
            return
        at = self.netlist.add(f"{source}_fork".removeprefix(f"{self.design.graph.name}_"),
                              Fork(tensor.element, lanes, ways))
        self.netlist.links.append((wire, Wire(at, "i")))
        self.waiting[source] = [Wire(at, f"o{k}") for k in range(ways)]

    def _reserve(self, source: str, plan) -> int:
        """Windows to hold ready for a matrix, so that it works on while none comes; 0 for none.

        None comes at a row's end, and in rows that a stride skips. In between they come faster
        than they are used.
        """
        unit = self.design.stages.get(source)
        if not isinstance(unit, SlidingWindow) or getattr(plan, "matrix", None) is None:
            return 0
        due = unit.schedule.due()
        ahead = [b - a for a, b in zip(due, [*due[1:], due[0] + unit.schedule.pushes],
                                       strict=True)]
        use = plan.interval / len(due)
        if use <= 1 or max(ahead) <= use:
            return 0
        return min(_RESERVE, -(-max(ahead) // int(use)) + 1)

    def _pixel(self, source: str, unit: object) -> int:
        """Beats of a pixel to keep ahead of a window, where a pixel has several; 0 for none.

        While the windows of a frame's end wait for the matrix that reads them, the next frame
        cannot be pushed in, and the matrix that makes it would lose those cycles.
        """
        if not isinstance(unit, SlidingWindow) or not isinstance(
                self.design.stages.get(source), Stage):
            return 0
        beats = unit.schedule.beats
        return min(_RESERVE, beats) if beats > 1 else 0

    def _is_held_up(self, source: str) -> bool:
        """Whether a matrix cannot begin its next block while its result is not taken at once.

        That is so where the result stays in the accumulators; a ``Narrow`` takes several cycles.
        """
        stage = self.design.stages.get(source)
        if not isinstance(stage, Stage):
            return False
        schedule = stage.pipeline.schedule
        return schedule.gate is not None and schedule.gate == schedule.depth

    def _convert(self, source: str, lanes: int, reader: str, queue: int = 0) -> Wire:
        """Lead a tensor to a reader that wants ``lanes`` elements a beat, by way of a queue."""
        wire = self.waiting[source].pop(0)
        tensor, have = self._element(source)
        chain = [("", unit) for unit in conversions(tensor.element, have, lanes, tensor.size)]
        if chain and isinstance(chain[0][1], Narrow) and self._is_held_up(source):
            chain.insert(0, ("queue", Queue(tensor.element, have, 2)))
        label = reader.removeprefix(f"{self.design.graph.name}_")
        if queue == UNBOUNDED:
            chain.append(("queue", Queue(tensor.element, lanes, queue)))
        elif queue:
            chain.insert(0, ("queue", Queue(tensor.element, have, queue)))
        for kind, unit in chain:
            kind = kind or ("narrow" if isinstance(unit, Narrow) else "widen")
            name, number = f"{label}_{kind}", 1
            while name in dict(self.netlist.units):
                number += 1
                name = f"{label}_{kind}{number}"
            at = self.netlist.add(name, unit)
            self.netlist.links.append((wire, Wire(at, "i")))
            wire = Wire(at, "o")
        return wire
