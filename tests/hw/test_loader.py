# SPDX-License-Identifier: Apache-2.0
"""Folded layers that are given other weights, in Amaranth's simulator."""

import numpy as np
import pytest
from amaranth.hdl import Module
from amaranth.sim import Simulator

from nnhw.folding.blocks import folds, legal_reuse
from nnhw.hw.layout import MemoryLayout
from nnhw.hw.loader import Loader
from nnhw.hw.stage import Stage
from nnhw.hw.stage_plan import StagePlan
from nnhw.layers.dense.op import Dense
from nnhw.layers.grouped.op import Grouped
from nnhw.numeric.types import FixedType
from tests.layers.support import beats_of, draw, frames_of, golden_of, tensor

WEIGHT, BIAS = FixedType(7), FixedType(12)
DENSE = tensor((2, 6), -8, 7)
GROUPED = tensor((2, 4, 3), -8, 7)


def dense(seed):
    rng = np.random.default_rng(seed)
    return Dense("dense", DENSE, rng.integers(-64, 64, (4, 6)), rng.integers(-2048, 2048, 4),
                 writable=(WEIGHT, BIAS))


def grouped(seed):
    rng = np.random.default_rng(seed)
    return Grouped("grouped", GROUPED, rng.integers(-64, 64, (4, 2, 3)),
                   rng.integers(-2048, 2048, (4, 2)), writable=(WEIGHT, BIAS))


def every_fold(make):
    op = make(0)
    return [fold for reuse in legal_reuse(op)[1:] for fold in folds(op, reuse)]


async def load(ctx, stage, op):
    """Write all coefficients, a word a cycle."""
    for memory in stage.memories:
        port = getattr(stage, f"load_{memory.what}")
        for address, data in memory.writes(getattr(op, memory.what)):
            ctx.set(port.write, 1)
            ctx.set(port.address, address)
            ctx.set(port.data, data)
            await ctx.tick()
        ctx.set(port.write, 0)
    await ctx.tick().repeat(2)


async def exchange(ctx, stage, beats, count):
    """Results of beats, ``count`` of them."""
    results, waiting = [], list(beats)
    ctx.set(stage.o.ready, 1)
    for _ in range(10_000):
        ctx.set(stage.i.valid, bool(waiting))
        if waiting:
            ctx.set(stage.i.payload, waiting[0])
        if ctx.get(stage.o.valid):
            results.append([int(lane) for lane in ctx.get(stage.o.payload)])
        if waiting and ctx.get(stage.i.ready):
            waiting.pop(0)
        if len(results) == count:
            break
        await ctx.tick()
    ctx.set(stage.i.valid, 0)
    await ctx.tick()
    return results


@pytest.mark.parametrize(("make", "fold"), [
    *((dense, fold) for fold in every_fold(dense)),
    *((grouped, fold) for fold in every_fold(grouped)[::3])])
def test_loaded_weights_are_those_that_count(make, fold):
    lanes, *blocks = fold
    built = make(0)
    plan = StagePlan("stage", (built,), lanes, tuple(blocks))
    stage, x = Stage(plan), draw(built.x, 3)
    beats = beats_of(x, lanes).tolist()
    m = Module()
    m.submodules.stage = stage

    async def bench(ctx):
        for seed in (0, 1, 2, 0):  # as it was built, then others, then back
            op = make(seed)
            if seed or ctx.get(stage.o.ready):
                await load(ctx, stage, op)
            seen = await exchange(ctx, stage, beats, 3 * plan.beats_out)
            y = frames_of(seen, plan.lanes_out, op.y.shape, 3)
            assert np.array_equal(y, golden_of(op, x)), seed

    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()


@pytest.mark.parametrize("lanes", [1, 9, 10, 13, 40])
def test_parts_of_a_word_come_in_order(lanes):
    places = np.arange(3 * lanes).reshape(3, lanes)
    memory = MemoryLayout("d", "weight", WEIGHT, places, base=64)
    values = np.random.default_rng(lanes).integers(-64, 64, 3 * lanes)
    loader, stored = Loader(memory), {}

    async def bench(ctx):
        for address, data in [*memory.writes(values), (64, 0)]:
            ctx.set(loader.load.write, 1)
            ctx.set(loader.load.address, address - 64)
            ctx.set(loader.load.data, data)
            if ctx.get(loader.en):
                stored[ctx.get(loader.addr)] = ctx.get(loader.data)
            await ctx.tick()
        ctx.set(loader.load.write, 0)

    simulator = Simulator(loader)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert stored == {index: sum((int(v) & 127) << (7 * k) for k, v in enumerate(values[row]))
                      for index, row in enumerate(places)}
    assert memory.parts == -(-7 * lanes // 32)


def test_fixed_weights_have_no_port():
    stage = Stage(StagePlan("stage", (Dense("d", DENSE, np.ones((4, 6), int), np.zeros(4, int)),),
                            3, (2, 1)))
    assert stage.memories == ()
    assert not hasattr(stage, "load_weight")
