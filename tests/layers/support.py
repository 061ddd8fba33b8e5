# SPDX-License-Identifier: Apache-2.0
"""What the tests of all layers do alike: draw operands, run kernels, run stages."""

from itertools import product

import numpy as np
from amaranth.hdl import Module
from amaranth.lib import stream
from amaranth.lib.data import StructLayout
from amaranth.lib.wiring import Component, In, Out

from nnhw.hw.stage import Stage
from nnhw.hw.stage_plan import StagePlan
from nnhw.ir.op import required
from nnhw.ir.types import TensorType
from nnhw.program import golden
from nnhw.sim import pysim
from nnhw.sim.pysim import gaps, steady

__all__ = ["STALLS", "Joined", "assert_interval", "beats_of", "check_kernel", "check_stage",
           "check_timing", "draw", "every_input", "golden_of", "tensor"]

#: Patterns of valid and ready, each with each.
STALLS = [(steady, steady), (gaps, steady), (steady, gaps), (gaps, gaps)]


def tensor(shape, low, high, frac=0):
    """A type whose bounds may differ by element."""
    return TensorType(shape, np.asarray(low), np.asarray(high), frac)


def draw(x: TensorType, count: int, seed: int = 0) -> np.ndarray:
    """Random tensors within the bounds of each element, the ends more often than others."""
    rng = np.random.default_rng(seed)
    low, high = (b.reshape(x.shape) for b in x.flat_bounds())
    inside = rng.integers(low, high + 1, (count, *x.shape))
    pick = rng.integers(0, 6, (count, *x.shape))
    return np.where(pick == 0, low, np.where(pick == 1, high, inside))


def every_input(x: TensorType) -> np.ndarray:
    """All tensors of a small type."""
    low, high = x.flat_bounds()
    ranges = [range(int(a), int(b) + 1) for a, b in zip(low, high, strict=True)]
    return np.array(list(product(*ranges)), dtype=np.int64).reshape(-1, *x.shape)


def golden_of(op, *inputs):
    """The golden facet's result."""
    return required(op, "golden").run(op, *inputs)


def assert_interval(op, *inputs, tight=True):
    """Results of all inputs lie within ``op.y`` and, if ``tight``, reach both its ends."""
    y = golden_of(op, *inputs)
    assert y.shape[1:] == op.y.shape
    low, high = (b.reshape(op.y.shape) for b in op.y.flat_bounds())
    assert (y.min(axis=0) >= low).all() and (y.max(axis=0) <= high).all()
    if tight:
        assert (y.min(axis=0) == low).all() and (y.max(axis=0) == high).all()


def beats_of(x: np.ndarray, lanes: int) -> np.ndarray:
    """A batch as beats of ``lanes`` elements, the last of a frame filled up with zeros."""
    flat = x.reshape(len(x), -1)
    pad = -flat.shape[1] % lanes
    return np.pad(flat, ((0, 0), (0, pad))).reshape(-1, lanes)


def frames_of(beats, lanes: int, shape, count: int) -> np.ndarray:
    """The inverse of ``beats_of``."""
    size = int(np.prod(shape, dtype=np.int64))
    flat = np.array(beats).reshape(count, -1)[:, :size]
    return flat.reshape(count, *shape)


def check_kernel(op, inputs, lanes: int):
    """The program of a stage, run on arrays, equals golden."""
    plan = StagePlan("kernel", (op,), lanes)
    program = Stage(plan).pipeline.program
    bundles = {f"x{k}": beats_of(x, lanes) for k, x in enumerate(inputs)}
    count = len(inputs[0])
    if any(port.name == "group" for port in program.ports):
        beats = np.arange(count * plan.beats_in) % plan.beats_in % plan.every
        bundles["group"] = beats[:, None]
    got = golden.run(program, bundles)
    expected = golden_of(op, *inputs)
    assert np.array_equal(frames_of(got, plan.lanes_out, op.y.shape, count), expected)


class Joined(Component):
    """Several operands as one stream."""

    def __init__(self, stage):
        self.stage, self.latency, self.interval = stage, stage.latency, stage.interval
        layouts = {name: getattr(stage, name).payload.shape() for name in stage.inputs}
        super().__init__({"i": In(stream.Signature(StructLayout(layouts))),
                          "o": Out(stream.Signature(stage.o.payload.shape()))})

    def elaborate(self, platform):
        m = Module()
        m.submodules.stage = stage = self.stage
        ends = [getattr(stage, name) for name in stage.inputs]
        m.d.comb += [self.o.payload.eq(stage.o.payload), self.o.valid.eq(stage.o.valid),
                     stage.o.ready.eq(self.o.ready), self.i.ready.eq(ends[0].ready)]
        for name, end in zip(stage.inputs, ends, strict=True):
            m.d.comb += [end.payload.eq(getattr(self.i.payload, name)),
                         end.valid.eq(self.i.valid)]
        return m


def check_stage(op, inputs, lanes: int, *, ops=(), blocks=None, stalls=STALLS, **options):
    """A stage in Amaranth's simulator equals golden under all patterns of valid and ready."""
    plan = StagePlan("stage", (op, *ops), lanes, blocks)
    count = len(inputs[0])
    expected = golden_of(op, *inputs)
    for later in ops:
        expected = golden_of(later, expected)
    for valid, ready in stalls:
        stage = Stage(plan, **options)
        beats = [beats_of(x, lanes).tolist() for x in inputs]
        if len(inputs) > 1:
            sent = [dict(zip(stage.inputs, each, strict=True))
                    for each in zip(*beats, strict=True)]
            stage = Joined(stage)
        else:
            sent = beats[0]
        got = pysim.run(stage, sent, valid=valid, ready=ready, expect=count * plan.beats_out)
        assert np.array_equal(frames_of(got, plan.lanes_out, expected.shape[1:], count), expected)


def check_timing(op, lanes: int, *, ops=(), blocks=None, count=8, **options):
    """Latency and interval as promised."""
    stage = Stage(StagePlan("stage", (op, *ops), lanes, blocks), **options)
    measured = pysim.measure(stage, frame=stage.plan.beats_in, frame_out=stage.plan.beats_out,
                             count=count)
    assert measured == (stage.latency, stage.interval)
