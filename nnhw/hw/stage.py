# SPDX-License-Identifier: Apache-2.0
"""A stage: layers that share one pipeline, and the counters that lead beats through it."""

from collections.abc import Sequence

import numpy as np
from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import stream
from amaranth.lib.data import ArrayLayout
from amaranth.lib.wiring import Component, In, Out, connect, flipped

from nnhw.hw.layout import MemoryLayout
from nnhw.hw.loader import Loader, LoadPort
from nnhw.hw.replay import Replay
from nnhw.hw.stage_plan import StagePlan
from nnhw.ir.op import Op, required
from nnhw.layers.dense.rtl import arranged
from nnhw.layers.grouped.op import Grouped
from nnhw.numeric.types import FixedType
from nnhw.program.beat import Beat, lane_bounds
from nnhw.program.builder import Program, Value
from nnhw.program.delays import delay_model
from nnhw.program.rtl import Pipeline, shape

__all__ = ["Stage"]

#: Words of a vector above which its double buffer is asked to lie in a memory block.
_LUT_WORDS = 16


class Stage(Component):
    """Layers in one pipeline.

    Parameters
    ----------
    plan : StagePlan
        What to build.
    target, clock_mhz
        For the pipeline's delay model.

    Members
    -------
    i, or i0, i1, ... : ``In(stream.Signature(ArrayLayout(element, lanes)))``
        One for each operand of the first operation.
    o : ``Out(stream.Signature(ArrayLayout(element, lanes_out)))``
        Results.
    load_weight, load_bias : ``In(LoadPort(memory.address_width))``
        Where weights are writable: ways into ``memories``, to be used while no frame is inside.
    """

    def __init__(self, plan: StagePlan, target: str = "xcup", clock_mhz: float = 200.0):
        self.plan = plan
        self.marks: dict[str, list[Value]] = {}
        self.pipeline = Pipeline(self._program(), target, clock_mhz)
        self._blocks = delay_model(target).block_bits is not None
        operands = plan.head.inputs
        self.inputs = ["i"] if len(operands) == 1 else [f"i{k}" for k in range(len(operands))]
        self.memories = _memories(plan)
        super().__init__({name: In(_stream(x.element, plan.operand_lanes(k)))
                          for k, (name, x) in enumerate(zip(self.inputs, operands, strict=True))}
                         | {f"load_{memory.what}": In(LoadPort(memory.address_width))
                            for memory in self.memories}
                         | {"o": Out(_stream(plan.ops[-1].y.element, plan.lanes_out))})

    def _program(self) -> Program:
        plan, p = self.plan, Program(self.plan.name)
        p.multiplies_in_logic, p.pairs_within = plan.logic, plan.pairs_within
        operands = [p.port(f"x{k}", x.element,
                           lane_bounds(x, plan.operand_lanes(k), plan.beats_in))
                    for k, x in enumerate(plan.head.inputs)]
        group = _counter(p, "group", plan.every)
        beat = Beat(p, plan.lanes, group, plan.every)
        ops: Sequence[Op] = plan.ops
        if plan.blocks:
            controls = self._controls(p, group)
            bounds = lane_bounds(plan.head.y, plan.head_lanes, plan.beats_out)
            with p.scope(plan.head.name):
                lanes = required(plan.head, "rtl").folded(
                    plan.head, p, operands[0], plan.blocks, controls, bounds)
            p.gate = controls.get("last")
            self.marks[plan.head.name] = lanes
            ops = plan.ops[1:]
        for op in ops:
            beat.lanes = len(lanes) if op is not plan.head else plan.lanes
            with p.scope(op.name):
                lanes = required(op, "rtl").kernel(op, beat, *(
                    operands if op is plan.head else [lanes]))
            self.marks[op.name] = lanes
        p.output(lanes, plan.ops[-1].y.element)
        return p

    def _controls(self, p: Program, group: Value | None) -> dict[str, Value]:
        a, b = self.plan.blocks
        assert self.plan.every == self.plan.turns * b, self.plan.name
        controls = {}
        if self.plan.matrix:
            controls["step"] = _counter(p, "step", self.plan.steps) or p.const(0)
        if a > 1:
            controls |= {name: p.port(name, FixedType(1, 0, False), [(0, 1)])[0]
                         for name in ("first", "last")}
        if group is not None:
            controls["group"] = group
        return controls

    @property
    def replays(self) -> bool:
        """Whether input vectors are kept in memory to be gone through several times."""
        return bool(self.plan.matrix and self.plan.blocks and min(self.plan.blocks) > 1)

    @property
    def latency(self) -> int:
        """Cycles from the first input beat to the first result, beats arriving without a gap."""
        if not self.plan.blocks:
            return self.pipeline.latency
        a, _ = self.plan.blocks
        wait = a - 1 + Replay.LATENCY if self.replays else 0
        return wait + a - 1 + self.pipeline.latency

    @property
    def interval(self) -> int:
        """Cycles between frames."""
        return self.plan.interval

    def layer_latencies(self) -> dict[str, int]:
        """Cycles that each layer adds to the way of the first beat."""
        rank, done, result = self.pipeline.rank, 0, {}
        for name, values in self.marks.items():
            reach = max([done] + [rank(v) for v in values])
            if name == self.plan.ops[-1].name:
                reach = self.pipeline.latency
            result[name], done = reach - done, reach
        result[self.plan.head.name] += self.latency - self.pipeline.latency
        return result

    def elaborate(self, platform):
        m = Module()
        m.submodules.pipeline = pipeline = self.pipeline
        sources = [getattr(self, name) for name in self.inputs]
        if self.replays:
            a, b = self.plan.blocks
            m.submodules.replay = replay = Replay(
                self.plan.head.x.element, self.plan.lanes, words=a, times=b,
                block=self._blocks and a > _LUT_WORDS)
            connect(m, flipped(self.i), replay.i)
            sources = [replay.o]
        for memory, table in zip(self.memories, pipeline.program.written, strict=True):
            m.submodules[f"loader_{memory.what}"] = loader = Loader(memory)
            connect(m, flipped(getattr(self, f"load_{memory.what}")), loader.load)
            m.d.comb += [getattr(pipeline, f"w_{table.port}_{name}").eq(getattr(loader, name))
                         for name in ("en", "addr", "data")]
        for k, source in enumerate(sources):
            m.d.comb += getattr(pipeline, f"i_x{k}").eq(source.payload.as_value())
        self._sequence(m, pipeline, sources)
        m.d.comb += [self.o.payload.as_value().eq(pipeline.o_payload),
                     self.o.valid.eq(pipeline.o_valid), pipeline.o_ready.eq(self.o.ready)]
        return m

    def _sequence(self, m, pipeline, sources):
        """Lead beats into the pipeline: all operands together, one step a cycle."""
        a, b = self.plan.blocks or (1, 1)
        present = Signal()
        m.d.comb += present.eq(Cat(source.valid for source in sources).all())
        m.d.comb += pipeline.i_valid.eq(present)
        fire = Signal()
        m.d.comb += fire.eq(present & pipeline.i_ready)
        release = fire
        if self.plan.blocks:
            release = self._step(m, pipeline, fire, a, b)
        else:
            _count(m, pipeline, "group", self.plan.every, fire)
        for source in sources:
            m.d.comb += source.ready.eq(release)

    def _step(self, m, pipeline, fire, a, b):
        turns = self.plan.turns
        column, row, group, step = (
            Signal(range(max(n, 2)), name=name) for name, n in (
                ("column", a), ("row", b), ("group", turns * b), ("step", turns * a * b)))
        first, last = column == 0, column == a - 1
        with m.If(fire):
            m.d.sync += [column.eq(column + 1), step.eq(step + 1)]
            with m.If(step == turns * a * b - 1):
                m.d.sync += step.eq(0)
            with m.If(last):
                m.d.sync += [column.eq(0), row.eq(row + 1), group.eq(group + 1)]
                with m.If(row == b - 1):
                    m.d.sync += row.eq(0)
                with m.If(group == turns * b - 1):
                    m.d.sync += group.eq(0)
        for name, value in (("first", first), ("last", last), ("step", step), ("group", group)):
            if hasattr(pipeline, f"i_{name}"):
                m.d.comb += getattr(pipeline, f"i_{name}").eq(value)
        holds = b > 1 and not self.replays
        return fire & (row == b - 1) if holds else fire


def _stream(element: FixedType, lanes: int):
    return stream.Signature(ArrayLayout(shape(element), lanes))


def _memories(plan: StagePlan) -> tuple[MemoryLayout, ...]:
    """What can be written, in the order in which ``matrix`` makes the memories."""
    op = plan.matrix
    if op is None or op.writable is None:
        return ()
    groups = plan.parallel if isinstance(op, Grouped) else 1
    shape = op.weight.shape if isinstance(op, Grouped) else (1, *op.weight.shape)
    weight, bias = (np.arange(a.size).reshape(s) for a, s in (
        (op.weight, shape), (op.bias, shape[:2])))
    places = arranged(weight, bias, groups, plan.blocks)
    return tuple(MemoryLayout(op.name, what, element, np.ascontiguousarray(at.T))
                 for what, element, at in zip(("weight", "bias"), op.writable, places, strict=True))


def _counter(p: Program, name: str, count: int) -> Value | None:
    """Input port for a counter, where it counts at all."""
    if count == 1:
        return None
    return p.port(name, FixedType.containing(0, count - 1), [(0, count - 1)])[0]


def _count(m, pipeline, name, count, fire):
    if not hasattr(pipeline, f"i_{name}"):
        return
    number = Signal(range(count), name=name)
    with m.If(fire):
        m.d.sync += number.eq(number + 1)
        with m.If(number == count - 1):
            m.d.sync += number.eq(0)
    m.d.comb += getattr(pipeline, f"i_{name}").eq(number)
