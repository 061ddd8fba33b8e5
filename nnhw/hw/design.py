# SPDX-License-Identifier: Apache-2.0
"""A whole network in hardware: stages, converters, forks and queues between its ports."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from nnhw.config.config import Config
from nnhw.hw.fork import Fork, Queue
from nnhw.hw.layout import DesignInterface, LayerFigures, PortLayout
from nnhw.hw.plan import Plan, make_plan, port_lanes
from nnhw.hw.reorder import Reorder
from nnhw.hw.stage import Stage
from nnhw.hw.stage_plan import Matrix, StagePlan, UnitPlan
from nnhw.hw.timing import (
    ForkModel,
    Link,
    Model,
    NarrowModel,
    PipelineModel,
    QueueModel,
    ReorderModel,
    ReplayModel,
    WidenModel,
    WindowModel,
    simulate,
)
from nnhw.hw.width_converter import Narrow, conversions
from nnhw.hw.window import SlidingWindow
from nnhw.ir.graph import Graph
from nnhw.ir.op import required
from nnhw.numeric.types import FixedType

__all__ = ["Design", "build"]

#: Component cycles to spend on the interval; beyond, it is that of the busiest component.
_BUDGET = 2_000_000

#: Depth of a queue while the depth that is needed is found out.
_UNBOUNDED = 1 << 30


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


class Design:
    """What ``build`` makes of a graph.

    Members
    -------
    interface : DesignInterface
        Top module, ports, promised timing.
    layers : tuple of LayerFigures
        One for each node of the graph.
    notes : tuple of str
        Decisions a reader of the report should know.
    netlist : Netlist
        Components and streams.
    """

    def __init__(self, graph: Graph, config: Config) -> None:
        self.graph, self.config = graph, config
        self.plan: Plan = make_plan(graph, config)
        self.stages = {plan.name: self._unit(plan) for plan in self.plan.stages}
        self.plans = {plan.name: plan for plan in self.plan.stages}
        self.inputs, self.outputs = self._ports()
        self.netlist = _Builder(self).netlist
        _size_queues(self)
        models, sources, sinks = timing_models(self)
        latency, interval = simulate(models, sources, sinks, frames=24,
                                     budget=_BUDGET // max(1, len(models)))
        self.interface = DesignInterface(graph.name, self.inputs, self.outputs, latency,
                                         interval or self.frame_interval)
        self.layers = tuple(self._figures())
        self.notes = tuple(self.plan.notes)

    def _unit(self, plan: StagePlan | UnitPlan):
        if isinstance(plan, UnitPlan):
            return required(plan.op, "rtl").component(plan.op, plan.lanes)
        return Stage(plan, self.config.target, self.config.clock_mhz)

    def _ports(self) -> tuple[tuple[PortLayout, ...], tuple[PortLayout, ...]]:
        axi = self.config.ports == "axi"
        def layout(port, prefix):
            name = f"{prefix}_axis_{port.name}" if axi else port.name
            return PortLayout(name, port.type, port_lanes(self.config, port.type.shape), axi)
        return (tuple(layout(port, "s") for port in self.graph.inputs),
                tuple(layout(port, "m") for port in self.graph.outputs))

    @property
    def frame_interval(self) -> int:
        """Cycles a frame keeps the busiest component or port occupied."""
        return max([unit.interval for _, unit in self.netlist.units
                    if not isinstance(unit, (Fork, Queue))]
                   + [port.beats for port in (*self.inputs, *self.outputs)])

    def _figures(self) -> Iterator[LayerFigures]:
        latencies: dict[str, int] = {}
        plans = {op.name: plan for plan in self.plan.stages for op in plan.ops}
        for plan in self.plan.stages:
            unit = self.stages[plan.name]
            if isinstance(unit, Stage):
                latencies |= unit.layer_latencies()
            else:
                latencies[plan.op.name] = unit.latency
        for node in self.graph:
            plan, op = plans.get(node.name), node.op
            matrix = isinstance(op, Matrix)
            folded = plan is not None and getattr(plan, "matrix", None) is op
            yield LayerFigures(
                name=node.name, op=op.kind, input_shape=op.inputs[0].shape,
                output_shape=op.y.shape, type=str(op.y.element),
                reuse=(plan.steps if folded else 1) if matrix else None,
                interval=self.stages[plan.name].interval if plan else 0,
                latency=latencies.get(node.name, 0),
                multipliers=plan.multipliers if folded else 0,
                weight_bits=_weight_bits(op) if matrix else 0)

    def write(self, folder: Path) -> list[Path]:
        """Write the Verilog into ``folder``; returns the files, the top module's first."""
        from nnhw.hw.verilog import write_design

        return write_design(self, folder)


def _weight_bits(op: Matrix) -> int:
    width = op.weight_bits or FixedType.containing(
        int(op.weight.min(initial=0)), int(op.weight.max(initial=0))).width
    return int(op.weight.size * width)


def build(graph: Graph, config: Config) -> Design:
    """Fold and pipeline a graph; ``write`` of the result gives the Verilog."""
    return Design(graph, config)


class _Builder:
    """Lays components between the ports."""

    def __init__(self, design: Design) -> None:
        self.design, self.netlist = design, Netlist()
        self.waiting: dict[str, list[Wire]] = {}
        self._fork_inputs()
        for plan, sources in zip(design.plan.stages, design.plan.sources, strict=True):
            stage = design.stages[plan.name]
            ends = [self._convert(source, plan.operand_lanes(k), plan.name,
                                  branch=len(sources) > 1)
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

    def _convert(self, source: str, lanes: int, reader: str, branch: bool = False) -> Wire:
        """Lead a tensor to a reader that wants ``lanes`` elements a beat."""
        wire = self.waiting[source].pop(0)
        tensor, have = self._element(source)
        chain = [("", unit) for unit in conversions(tensor.element, have, lanes, tensor.size)]
        label = reader.removeprefix(f"{self.design.graph.name}_")
        if branch:
            chain.append(("queue", Queue(tensor.element, lanes, _UNBOUNDED)))
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


def timing_models(design: Design):
    """Token models of all components, and the network's ports as sources and sinks."""
    links: dict[Wire, Link] = {}
    for start, end in design.netlist.links:
        links[start] = links[end] = Link()
    models: list[Model] = []
    for at, (_, unit) in enumerate(design.netlist.units):
        models += _model(unit, lambda port, at=at: links[Wire(at, port)])
    sources = [(links[Wire(None, port.name)], port.beats) for port in design.inputs]
    sinks = [(links[Wire(None, port.name)], port.beats) for port in design.outputs]
    return models, sources, sinks


def _model(unit, link) -> list[Model]:
    match unit:
        case Stage():
            inputs, models = [link(port) for port in unit.inputs], []
            if unit.replays:
                between = Link()
                models.append(ReplayModel(inputs[0], between, *unit.plan.blocks))
                inputs = [between]
            blocks = unit.plan.blocks or (1, 1)
            models.append(PipelineModel(
                inputs, [link("o")], unit.pipeline.schedule.depth, unit.pipeline.schedule.gate,
                blocks, holds=blocks[1] > 1 and not unit.replays))
            return models
        case Narrow():
            return [NarrowModel(link("i"), link("o"), unit.parts, unit.beats_out)]
        case SlidingWindow():
            return [WindowModel(link("i"), link("o"), unit.schedule)]
        case Reorder():
            return [ReorderModel(link("i"), link("o"), unit.schedule)]
        case Fork():
            return [ForkModel(link("i"), [link(f"o{k}") for k in range(unit.ways)])]
        case Queue():
            return [QueueModel(link("i"), link("o"), unit.depth)]
        case _:
            return [WidenModel(link("i"), link("o"), unit.parts, unit.beats_in)]


def _size_queues(design: Design) -> None:
    """Give each queue the depth it needs at the full rate, from the token schedule."""
    queues = [unit for _, unit in design.netlist.units if isinstance(unit, Queue)]
    if not queues:
        return
    models, sources, sinks = timing_models(design)
    simulate(models, sources, sinks, frames=8, interval=design.frame_interval)
    counted = [model for model in models if isinstance(model, QueueModel)]
    for queue, model in zip(queues, counted, strict=True):
        queue.depth = max(2, model.most + 1)
