# SPDX-License-Identifier: Apache-2.0
"""From a graph to stages: which layers share a pipeline, and how wide each is."""

from dataclasses import dataclass, field, replace

from nnhw.config.config import Config
from nnhw.errors import UnsupportedError
from nnhw.folding.blocks import nearest_reuse
from nnhw.folding.cost import choose_blocks
from nnhw.hw.stage import StagePlan
from nnhw.ir.graph import Graph, Node
from nnhw.ir.op import facet
from nnhw.layers.dense.op import Dense
from nnhw.layers.reshape.op import Reshape

__all__ = ["Plan", "make_plan", "port_lanes"]


@dataclass
class Plan:
    """Stages in topological order and what each reads.

    Parameters
    ----------
    stages : list of StagePlan
        In topological order.
    sources : list of tuple of str
        For each stage, the tensors it reads: names of stages (their results) or of inputs.
    made : dict of str to str
        For every tensor that crosses a stream, the stage or input that makes it.
    notes : list of str
        What was decided differently from what was asked.
    """

    stages: list[StagePlan] = field(default_factory=list)
    sources: list[tuple[str, ...]] = field(default_factory=list)
    made: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def port_lanes(config: Config, shape: tuple[int, ...]) -> int:
    """Elements in a beat of one of the network's own ports."""
    size = 1
    for extent in shape:
        size *= extent
    if config.io == "parallel":
        return size
    if config.lanes is not None:
        return min(config.lanes, size)
    return shape[-1] if len(shape) > 1 else 1


def make_plan(graph: Graph, config: Config) -> Plan:
    """Group the nodes of ``graph`` into stages and fold them as ``config`` asks."""
    planner = _Planner(graph, config)
    for node in graph:
        planner.place(node)
    return planner.plan


class _Planner:
    def __init__(self, graph: Graph, config: Config) -> None:
        self.graph, self.config, self.plan = graph, config, Plan()
        self.lanes = {port.name: port_lanes(config, port.type.shape) for port in graph.inputs}
        self.plan.made = {port.name: port.name for port in graph.inputs}
        self.at: dict[str, int] = {}

    def place(self, node: Node) -> None:
        """Put a node into its predecessor's stage, or begin one with it."""
        op = node.op
        if isinstance(op, Reshape):
            self.plan.made[node.name] = self.plan.made[node.inputs[0]]
            return
        if facet(op, "rtl") is None:
            raise UnsupportedError(f"{node.name}: layer {op.kind} has no RTL yet; "
                                   "predict with the golden engine works")
        source = self.plan.made[node.inputs[0]]
        if self._joins(node, source):
            self._append(node, source)
        else:
            self._begin(node)

    def _joins(self, node: Node, source: str) -> bool:
        op = node.op
        if len(node.inputs) > 1 or source not in self.at:
            return False
        if sum(self._readers(name) for name, made in self.plan.made.items()
               if made == source) > 1:
            return False
        stage = self.plan.stages[self.at[source]]
        lanes, axis = stage.lanes_out, op.inputs[0].shape[-1]
        if isinstance(op, Dense) and self._reuse(op) > 1:
            return False
        if getattr(facet(op, "rtl"), "WHOLE_AXIS", False) and lanes % axis:
            return False
        if not stage.blocks:
            return True
        return replace(stage, ops=(*stage.ops, op)).every == stage.blocks[1]

    def _readers(self, name: str) -> int:
        """Readers of a tensor other than reshapes, which are another name for it."""
        count = 0
        for reader in self.graph.readers[name]:
            node = self.graph.producer(reader)
            count += not (node is not None and isinstance(node.op, Reshape))
        return count

    def _append(self, node: Node, source: str) -> None:
        at = self.at[source]
        stage = self.plan.stages[at]
        self.plan.stages[at] = replace(stage, ops=(*stage.ops, node.op))
        self._set(node.name, at)

    def _set(self, name: str, at: int) -> None:
        stage = self.plan.stages[at]
        for tensor, made in self.plan.made.items():
            if made == stage.name:
                self.lanes[tensor] = stage.lanes_out
        self.plan.made[name] = stage.name
        self.lanes[stage.name] = stage.lanes_out
        self.at[stage.name] = at

    def _begin(self, node: Node) -> None:
        op, axis = node.op, node.op.inputs[0].shape[-1]
        sources = tuple(self.plan.made[name] for name in node.inputs)
        lanes, blocks = self.lanes[sources[0]], None
        if isinstance(op, Dense) and (reuse := self._reuse(op)) > 1:
            blocks = choose_blocks(op, reuse, lanes)
            lanes = op.fan_in // blocks[0]
        elif getattr(facet(op, "rtl"), "WHOLE_AXIS", False):
            lanes = max(axis, lanes - lanes % axis)
        self.plan.stages.append(StagePlan(f"{self.graph.name}_{node.name}", (op,), lanes, blocks))
        self.plan.sources.append(sources)
        self._set(node.name, len(self.plan.stages) - 1)

    def _reuse(self, op: Dense) -> int:
        """Reuse factor of a layer: the legal one nearest to what was asked."""
        wanted = self.config.layer(op.name, "dense").reuse or self.config.reuse
        reuse = nearest_reuse(op.fan_in, op.fan_out, wanted)
        note = (f"{op.name}: reuse factor {wanted} does not divide {op.fan_out} x {op.fan_in} "
                f"products evenly; {reuse} is used")
        if reuse != wanted and note not in self.plan.notes:
            self.plan.notes.append(note)
        return reuse
