# SPDX-License-Identifier: Apache-2.0
import random

import pytest
from amaranth.hdl import Module
from amaranth.sim import Simulator

from nnhw.hw.fork import Fork, Queue
from nnhw.numeric.types import FixedType
from nnhw.sim import pysim
from tests.hw.support import STALLS

BEATS = [[(7 * k) % 32 - 16, -k % 16] for k in range(60)]


@pytest.mark.parametrize("block", [False, True])
@pytest.mark.parametrize("depth", [2, 3, 8])
@pytest.mark.parametrize(("valid", "ready"), STALLS)
def test_queue_keeps_the_order(depth, block, valid, ready):
    queue = Queue(FixedType(5), 2, depth, block=block)
    assert pysim.run(queue, BEATS, valid=valid, ready=ready) == BEATS


@pytest.mark.parametrize("block", [False, True])
@pytest.mark.parametrize("depth", [2, 5])
def test_queue_holds_as_much_as_it_says(depth, block):
    trace = pysim._Trace(Queue(FixedType(5), 2, depth, block=block), BEATS, None, 20)
    trace.run(iter(pysim.steady()), iter([False] * 1000))
    assert len(trace.accepted) == depth


@pytest.mark.parametrize("ways", [1, 2, 3])
@pytest.mark.parametrize("stalls", [0.0, 0.5, 0.9])
def test_fork_gives_every_beat_to_every_consumer_once(ways, stalls):
    dut, rng = Fork(FixedType(5), 2, ways), random.Random(ways)
    outputs = [getattr(dut, f"o{k}") for k in range(ways)]
    received, sent = [[] for _ in outputs], 0
    m = Module()
    m.submodules.dut = dut
    sim = Simulator(m)
    sim.add_clock(1e-6)

    async def bench(ctx):
        nonlocal sent
        offering, held = False, [None] * ways
        for _ in range(3000):
            offering = offering or (sent < len(BEATS) and rng.random() >= stalls)
            ctx.set(dut.i.valid, offering)
            ctx.set(dut.i.payload, BEATS[min(sent, len(BEATS) - 1)])
            for k, out in enumerate(outputs):
                take = rng.random() >= stalls
                ctx.set(out.ready, take)
                seen = list(ctx.get(out.payload)) if ctx.get(out.valid) else None
                assert held[k] is None or seen == held[k]
                held[k] = None if take else seen
                if take and seen is not None:
                    received[k].append(seen)
            if offering and ctx.get(dut.i.ready):
                sent, offering = sent + 1, False
            await ctx.tick()

    sim.add_testbench(bench)
    sim.run()
    assert received == [BEATS] * ways
