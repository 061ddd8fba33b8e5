# SPDX-License-Identifier: Apache-2.0
"""A stage: layers that share one pipeline, and the counters that lead beats through it."""

from collections.abc import Sequence
from dataclasses import dataclass

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import stream
from amaranth.lib.data import ArrayLayout
from amaranth.lib.wiring import Component, In, Out, connect, flipped

from nnhw.hw.replay import Replay
from nnhw.ir.op import Op, required
from nnhw.layers.dense.op import Dense
from nnhw.layers.dense.rtl import folded
from nnhw.numeric.types import FixedType
from nnhw.program.beat import Beat, lane_bounds, period
from nnhw.program.builder import Program, Value
from nnhw.program.rtl import Pipeline, shape

__all__ = ["Stage", "StagePlan"]


@dataclass(frozen=True, eq=False)
class StagePlan:
    """What a stage does.

    Parameters
    ----------
    name : str
        Name of its module.
    ops : tuple of Op
        In order; the first takes the inputs of the stage, each later one its predecessor's result.
    lanes : int
        Elements in a beat of every input.
    blocks : (int, int) or None
        Column and row blocks when the first operation is a folded Dense; None for all else.
    """

    name: str
    ops: tuple[Op, ...]
    lanes: int
    blocks: tuple[int, int] | None = None

    @property
    def head(self) -> Op:
        """The first operation."""
        return self.ops[0]

    @property
    def steps(self) -> int:
        """Steps of each vector through the multipliers."""
        return self.blocks[0] * self.blocks[1] if self.blocks else 1

    @property
    def vectors(self) -> int:
        """Times the steps are gone through in a frame."""
        return self.head.inputs[0].size // self.head.inputs[0].shape[-1] if self.blocks else 0

    @property
    def beats_in(self) -> int:
        """Beats of each input in a frame."""
        return -(-self.head.inputs[0].size // self.lanes)

    @property
    def head_lanes(self) -> int:
        """Elements in a beat behind the first operation."""
        if isinstance(self.head, Dense):
            if self.blocks:
                return self.head.fan_out // self.blocks[1]
            return self.lanes // self.head.fan_in * self.head.fan_out
        return self.lanes * self.head.y.size // self.head.inputs[0].size

    @property
    def beats_out(self) -> int:
        """Beats of the output in a frame."""
        return -(-self.head.y.size // self.head_lanes)

    @property
    def lanes_out(self) -> int:
        """Elements in a beat of the output."""
        lanes = self.head_lanes
        for op in self.ops[1:]:
            lanes = max(1, lanes * op.y.size // op.inputs[0].size)
        return lanes

    @property
    def every(self) -> int:
        """Beats after which the constants of every lane repeat."""
        channels = [op.inputs[0].shape[-1] for op in self.ops[bool(self.blocks):]]
        channels += [self.head.y.shape[-1]] if self.blocks else []
        return period(self.beats_out, self.head_lanes, channels)

    @property
    def interval(self) -> int:
        """Cycles a frame keeps the stage busy."""
        return self.steps * self.vectors if self.blocks else self.beats_in

    @property
    def multipliers(self) -> int:
        """Multipliers working in parallel in a folded Dense."""
        if not self.blocks:
            return 0
        assert isinstance(self.head, Dense)
        return self.head.weight.size // self.steps


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
    """

    def __init__(self, plan: StagePlan, target: str = "xcup", clock_mhz: float = 200.0):
        self.plan = plan
        self.marks: dict[str, list[Value]] = {}
        self.pipeline = Pipeline(self._program(), target, clock_mhz)
        operands = plan.head.inputs
        self.inputs = ["i"] if len(operands) == 1 else [f"i{k}" for k in range(len(operands))]
        super().__init__({name: In(_stream(x.element, plan.lanes))
                          for name, x in zip(self.inputs, operands, strict=True)}
                         | {"o": Out(_stream(plan.ops[-1].y.element, plan.lanes_out))})

    def _program(self) -> Program:
        plan, p = self.plan, Program(self.plan.name)
        operands = [p.port(f"x{k}", x.element, lane_bounds(x, plan.lanes, plan.beats_in))
                    for k, x in enumerate(plan.head.inputs)]
        group = _counter(p, "group", plan.every)
        beat = Beat(p, plan.lanes, group, plan.every)
        ops: Sequence[Op] = plan.ops
        if plan.blocks:
            controls = self._controls(p, group)
            with p.scope(plan.head.name):
                lanes = folded(plan.head, p, operands[0], plan.blocks, controls)
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
        assert b == 1 or self.plan.every == b, self.plan.name
        controls = {"step": _counter(p, "step", a * b) or p.const(0)}
        if a > 1:
            controls |= {name: p.port(name, FixedType(1, 0, False), [(0, 1)])[0]
                         for name in ("first", "last")}
        if group is not None:
            controls["group"] = group
        return controls

    @property
    def replays(self) -> bool:
        """Whether input vectors are kept in memory to be gone through several times."""
        return self.plan.blocks is not None and min(self.plan.blocks) > 1

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

    def ranks(self) -> list[tuple[str, int]]:
        """For each layer, the register ranks its own steps take."""
        stage, done, result = self.pipeline.schedule.stage, 0, []
        for name, values in self.marks.items():
            reach = max([done] + [stage[v.index] for v in values])
            if name == self.plan.ops[-1].name:
                reach = self.pipeline.latency
            result.append((name, reach - done))
            done = reach
        return result

    def elaborate(self, platform):
        m = Module()
        m.submodules.pipeline = pipeline = self.pipeline
        sources = [getattr(self, name) for name in self.inputs]
        if self.replays:
            a, b = self.plan.blocks
            m.submodules.replay = replay = Replay(
                self.plan.head.x.element, self.plan.lanes, words=a, times=b)
            connect(m, flipped(self.i), replay.i)
            sources = [replay.o]
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
        if self.plan.blocks and a * b > 1:
            release = self._step(m, pipeline, fire, a, b)
        else:
            _count(m, pipeline, "group", self.plan.every, fire)
        for k, source in enumerate(sources):
            m.d.comb += source.ready.eq(release)

    def _step(self, m, pipeline, fire, a, b):
        column, row, step = (Signal(range(max(n, 2)), name=name)
                             for name, n in (("column", a), ("row", b), ("step", a * b)))
        first, last = column == 0, column == a - 1
        end = last & (row == b - 1)
        with m.If(fire):
            m.d.sync += [column.eq(column + 1), step.eq(step + 1)]
            with m.If(last):
                m.d.sync += [column.eq(0), row.eq(row + 1)]
            with m.If(end):
                m.d.sync += [row.eq(0), step.eq(0)]
        for name, value in (("first", first), ("last", last), ("step", step), ("group", row)):
            if hasattr(pipeline, f"i_{name}"):
                m.d.comb += getattr(pipeline, f"i_{name}").eq(value)
        holds = b > 1 and not self.replays
        return fire & (row == b - 1) if holds else fire


def _stream(element: FixedType, lanes: int):
    return stream.Signature(ArrayLayout(shape(element), lanes))


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
