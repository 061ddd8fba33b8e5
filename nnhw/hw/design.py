# SPDX-License-Identifier: Apache-2.0
"""A whole network in hardware: stages, converters, forks and queues between its ports."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from nnhw.config.config import Config
from nnhw.hw.design_timing import measure, size_queues
from nnhw.hw.fork import Fork, Queue
from nnhw.hw.layout import DesignInterface, LayerFigures, MemoryLayout, PortLayout
from nnhw.hw.netlist import lay_out
from nnhw.hw.plan import Plan, make_plan, port_lanes
from nnhw.hw.stage import Stage
from nnhw.hw.stage_plan import Matrix, StagePlan, UnitPlan
from nnhw.ir.graph import Graph
from nnhw.ir.op import required
from nnhw.numeric.types import FixedType

__all__ = ["Design", "build"]


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
        self.netlist = lay_out(self)
        ports = [[(port.name, port.beats) for port in side]
                 for side in (self.inputs, self.outputs)]
        size_queues(self.netlist, *ports, self.busiest)
        latency, interval = measure(self.netlist, *ports, self.busiest)
        self.memories = self._memories()
        self.interface = DesignInterface(
            graph.name, self.inputs, self.outputs, latency, interval,
            memories=tuple(memory for _, memory in self.memories))
        self.layers = tuple(self._figures())
        self.notes = tuple(self.plan.notes)

    def _memories(self) -> list[tuple[Stage, MemoryLayout]]:
        """Memories that can be written, each at an address of its own, and whose they are."""
        found, free = [], 0
        for _, unit in self.netlist.units:
            for memory in getattr(unit, "memories", ()):
                base = -(-free // memory.span) * memory.span
                found.append((unit, replace(memory, base=base)))
                free = base + memory.span
        return found

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
    def busiest(self) -> int:
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
        busiest = self.busiest
        for node in self.graph:
            plan, op = plans.get(node.name), node.op
            matrix = isinstance(op, Matrix)
            folded = plan is not None and getattr(plan, "matrix", None) is op
            interval = self.stages[plan.name].interval if plan else 0
            yield LayerFigures(
                name=node.name, op=op.kind, input_shape=op.inputs[0].shape,
                output_shape=op.y.shape, type=str(op.y.element),
                reuse=(plan.steps if folded else 1) if matrix else None,
                interval=interval,
                latency=latencies.get(node.name, 0),
                multipliers=plan.multipliers if folded else 0,
                weight_bits=_weight_bits(op) if matrix else 0,
                utilisation=round(interval / self.interface.interval, 4) if folded else None,
                limits=plan is not None and plan.ops[0] is op and interval >= busiest)

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
