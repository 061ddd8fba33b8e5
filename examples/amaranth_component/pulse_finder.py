# SPDX-License-Identifier: Apache-2.0
"""A neural layer inside somebody else's gateware.

``PulseFinder`` takes samples of an ADC, keeps the last eight in a shift register of its own, asks
a folded dense layer of nnhw for the score of each block of eight, and raises ``found`` for every
score above a threshold. The layer is an Amaranth component like any other: a stream in, a stream
out, back pressure honoured. Run it with

    python examples/amaranth_component/pulse_finder.py
"""

import numpy as np
from amaranth.hdl import Cat, Module, Signal, signed
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.sim import Simulator

from nnhw.hw.component import component
from nnhw.ir.types import TensorType
from nnhw.layers import Dense
from nnhw.numeric.types import FixedType

SAMPLE = FixedType(8)
SHAPE = np.array([[-2, -1, 3, 9, 9, 3, -1, -2]])  # what a pulse looks like
LAYER = Dense("matched_filter", TensorType.of((8,), SAMPLE), SHAPE, np.array([-40]))


class PulseFinder(wiring.Component):
    """Finds pulses in blocks of eight samples.

    Members
    -------
    i : ``In(stream.Signature(signed(8)))``
        Samples.
    o : ``Out(stream.Signature(1))``
        For each block of eight, whether it holds a pulse.
    """

    def __init__(self, threshold=1000, reuse=4):
        self.threshold = threshold
        self.layer = component(LAYER, reuse=reuse, lanes=8 // reuse)
        super().__init__({"i": In(stream.Signature(signed(8))), "o": Out(stream.Signature(1))})

    def elaborate(self, platform):
        m = Module()
        m.submodules.layer = layer = self.layer

        # Ours: collect samples until a beat of the layer is full.
        lanes = self.layer.lanes
        samples = Signal(8 * lanes)
        count = Signal(range(lanes + 1))
        full = count == lanes
        m.d.comb += [
            layer.i.payload.as_value().eq(samples),
            layer.i.valid.eq(full),
            self.i.ready.eq(~full | layer.i.ready),
        ]
        with m.If(full & layer.i.ready):
            m.d.sync += count.eq(0)
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += [samples.eq(Cat(samples[8:], self.i.payload)),
                         count.eq(1 + (count & ~full.replicate(len(count))))]

        # Ours again: compare the score.
        m.d.comb += [
            self.o.payload.eq(layer.o.payload[0] > self.threshold),
            self.o.valid.eq(layer.o.valid),
            layer.o.ready.eq(self.o.ready),
        ]
        return m


def simulate(samples):
    """What the gateware says of each block of eight samples, and what the formula says."""
    dut, found = PulseFinder(), []

    async def produce(ctx):
        for sample in samples:
            ctx.set(dut.i.payload, int(sample))
            ctx.set(dut.i.valid, 1)
            await ctx.tick().until(dut.i.ready)
        ctx.set(dut.i.valid, 0)

    async def consume(ctx):
        ctx.set(dut.o.ready, 1)
        while len(found) < len(samples) // 8:
            found.append((await ctx.tick().sample(dut.o.payload).until(dut.o.valid))[0])

    simulator = Simulator(dut)
    simulator.add_clock(1e-8)
    simulator.add_testbench(produce)
    simulator.add_testbench(consume)
    simulator.run()
    scores = samples.reshape(-1, 8) @ SHAPE[0] - 40
    return [bool(f) for f in found], (scores > 1000).tolist()


def main():
    """Noise with two pulses in it."""
    rng = np.random.default_rng(0)
    samples = rng.integers(-20, 21, 10 * 8)
    for block in (3, 7):
        samples[8 * block:8 * block + 8] += [0, 5, 40, 90, 85, 40, 5, 0]
    found, expected = simulate(samples)
    assert found == expected, (found, expected)
    print("pulses in blocks", [block for block, hit in enumerate(found) if hit])


if __name__ == "__main__":
    main()
