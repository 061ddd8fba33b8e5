# SPDX-License-Identifier: Apache-2.0
"""From a graph to stages: which layers share a pipeline, and how wide each is."""

from dataclasses import dataclass, field, replace

import numpy as np

from nnhw.config.config import Config
from nnhw.errors import ConfigError, FoldingError, UnsupportedError
from nnhw.folding.blocks import legal_reuse, nearest_reuse
from nnhw.folding.cost import choose_fold
from nnhw.folding.products import in_logic, pairs_within
from nnhw.hw.stage_plan import Matrix, StagePlan, UnitPlan
from nnhw.ir.graph import Graph, Node
from nnhw.ir.op import Op, facet
from nnhw.layers.requantize.op import Requantize
from nnhw.layers.reshape.op import Reshape

__all__ = ["Plan", "make_plan", "port_lanes"]


@dataclass
class Plan:
    """Stages in topological order and what each reads.

    Parameters
    ----------
    stages : list of StagePlan or UnitPlan
        In topological order.
    sources : list of tuple of str
        For each stage, what it reads: names of stages (their results) or of inputs.
    made : dict of str to str
        For every tensor that crosses a stream, the stage or input that makes it.
    notes : list of str
        What was decided differently from what was asked.
    """

    stages: list[StagePlan | UnitPlan] = field(default_factory=list)
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


def _axis(op: Op) -> int:
    """Elements that a beat must carry a multiple of."""
    rule = getattr(facet(op, "rtl"), "axis", None)
    return rule(op) if rule else 1


class _Planner:
    def __init__(self, graph: Graph, config: Config) -> None:
        self.graph, self.config, self.plan = graph, config, Plan()
        self.lanes = {port.name: port_lanes(config, port.type.shape) for port in graph.inputs}
        self.plan.made = {port.name: port.name for port in graph.inputs}
        self.at: dict[str, int] = {}

    def place(self, node: Node) -> None:
        """Put a node into its predecessor's stage, or begin one with it."""
        op = node.op
        self._check_writable(op)
        if isinstance(op, Reshape):
            self.plan.made[node.name] = self.plan.made[node.inputs[0]]
            return
        if facet(op, "rtl") is None:
            raise UnsupportedError(f"{node.name}: layer {op.kind} has no RTL yet; "
                                   "predict with the golden engine works")
        source = self.plan.made[node.inputs[0]]
        if self._joins(node, source):
            at = self.at[source]
            stage = self.plan.stages[at]
            assert isinstance(stage, StagePlan)
            self.plan.stages[at] = replace(stage, ops=(*stage.ops, op))
            self._set(node.name, at)
        else:
            self._begin(node)

    def _check_writable(self, op: Op) -> None:
        """Refuse writable weights where there is no memory to write."""
        asked = self.config.layer(op.name).writable_weights
        if not isinstance(op, Matrix) or not op.writable:
            if asked:
                raise ConfigError(f"{op.name}: its weights cannot be writable; a product of a file "
                                  "that the configuration names can, or nnhw.Dense(writable=True)")
            return
        if self._reuse(op) == 1:
            least = legal_reuse(op)[1:2]
            works = f"reuse {least[0]} would work" if least else "it has only one product"
            raise FoldingError(f"{op.name}: writable weights need a reuse factor above 1; {works}")

    def _joins(self, node: Node, source: str) -> bool:
        """Whether a node can go into the pipeline of the stage that feeds it."""
        op = node.op
        if len(node.inputs) > 1 or source not in self.at:
            return False
        stage = self.plan.stages[self.at[source]]
        if not isinstance(stage, StagePlan) or self._readers(source) > 1:
            return False
        if self._alone(op, stage.lanes_out):
            return False
        if stage.lanes_out % _axis(op):
            return False
        if not stage.blocks:
            return True
        return replace(stage, ops=(*stage.ops, op)).every == stage.turns * stage.blocks[1]

    def _alone(self, op: Op, offered: int) -> bool:
        """Whether an operation always begins a stage: components, folded matrices."""
        if self._is_component(op, offered):
            return True
        return isinstance(op, Matrix) and self._reuse(op) > 1

    def _is_component(self, op: Op, offered: int) -> bool:
        """Whether an operation gets a component of its own; some can also be in a pipeline."""
        rtl = facet(op, "rtl")
        if not hasattr(rtl, "component"):
            return False
        if not hasattr(rtl, "fits"):
            return True
        assert rtl is not None
        spare = max((stage.interval for stage in self.plan.stages
                     if isinstance(stage, StagePlan)), default=0)
        fits: bool = rtl.fits(op, offered, spare)
        return fits

    def _readers(self, source: str) -> int:
        """Readers of all tensors that ``source`` makes, reshapes being another name for one.

        Those of a reshape count before it has its own place.
        """
        tensors = [tensor for tensor, made in self.plan.made.items() if made == source]
        count = 0
        for tensor in tensors:
            for reader in self.graph.readers[tensor]:
                node = self.graph.producer(reader)
                if node is None or not isinstance(node.op, Reshape):
                    count += self.plan.made.get(reader) != source
                elif reader not in tensors:
                    tensors.append(reader)
        return count

    def _set(self, name: str, at: int) -> None:
        stage = self.plan.stages[at]
        self.plan.made[name] = stage.name
        self.lanes[stage.name] = stage.lanes_out
        self.at[stage.name] = at

    def _begin(self, node: Node) -> None:
        op, name = node.op, f"{self.graph.name}_{node.name}"
        sources = tuple(self.plan.made[tensor] for tensor in node.inputs)
        offered = self.lanes[sources[0]]
        self.plan.stages.append(self._stage(node, name, offered))
        self.plan.sources.append(sources)
        self._set(node.name, len(self.plan.stages) - 1)
        assert self.plan.stages[-1].ops == (op,)

    def _stage(self, node: Node, name: str, offered: int) -> StagePlan | UnitPlan:
        op = node.op
        rtl = facet(op, "rtl")
        if self._is_component(op, offered):
            assert rtl is not None
            lanes, lanes_out = rtl.lanes(op, offered, self._reader(node))
            return UnitPlan(name, op, lanes, lanes_out)
        if isinstance(op, Matrix) and (reuse := self._reuse(op)) > 1:
            lanes, *blocks = choose_fold(op, reuse, offered, self._scale(node))
            return StagePlan(name, (op,), lanes, (blocks[0], blocks[1]),
                             in_logic(op, self.config), pairs_within(op, self.config))
        axis, size = _axis(op), op.inputs[0].size
        lanes = offered if offered % axis == 0 else axis
        return StagePlan(name, (op,), min(lanes, size))

    def _follower(self, node: Node) -> Op | None:
        """The operation that alone reads a node, Reshapes left aside; None if there is none."""
        readers = self.graph.readers[node.name]
        while len(readers) == 1 and (follower := self.graph.producer(readers[0])) is not None:
            if not isinstance(follower.op, Reshape):
                return follower.op
            readers = self.graph.readers[follower.name]
        return None

    def _reader(self, node: Node) -> tuple[Matrix, int] | None:
        """The matrix that alone reads a node, and its reuse factor; None if there is none."""
        op = self._follower(node)
        return (op, self._reuse(op)) if isinstance(op, Matrix) else None

    def _scale(self, node: Node) -> int:
        """Width of the factor by which the results of a node are multiplied; 0 is none."""
        op = self._follower(node)
        return int(np.max(op.multiplier)).bit_length() - 1 if isinstance(op, Requantize) else 0

    def _reuse(self, op: Matrix) -> int:
        """Reuse factor of a layer: the legal one nearest to what was asked."""
        wanted = self.config.layer(op.name, "dense").reuse or self.config.reuse
        reuse = nearest_reuse(op, wanted)
        note = (f"{op.name}: reuse factor {wanted} does not divide its {op.weight.size} "
                f"products evenly; {reuse} is used")
        if reuse != wanted and note not in self.plan.notes:
            self.plan.notes.append(note)
        return reuse
