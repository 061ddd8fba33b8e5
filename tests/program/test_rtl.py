# SPDX-License-Identifier: Apache-2.0
import re

import numpy as np
import pytest

from nnhw.hw.verilog import convert
from nnhw.numeric.types import FixedType, Overflow, Rounding
from nnhw.program.arithmetic import dot, fit, shift_right
from nnhw.program.builder import Kind, Program
from nnhw.program.rtl import collect_leaves
from nnhw.sim import pysim
from nnhw.sim.pysim import gaps, steady
from tests.program.circuits import (
    Streamed,
    every_kind,
    expected,
    one_port,
    random_beats,
    random_program,
    simulated,
)

EIGHT_BITS = {"x": np.arange(-128, 128, dtype=object)[:, None]}


@pytest.mark.parametrize("clock_mhz", [10, 200, 900])
@pytest.mark.parametrize("valid", [steady, gaps])
@pytest.mark.parametrize("ready", [steady, gaps])
def test_every_kind_of_step(clock_mhz, valid, ready):
    program = every_kind()
    assert {step.kind for step in program.steps} == set(Kind) - {Kind.ACC, Kind.DOT}
    inputs = random_beats(program, 60)
    got = simulated(program, inputs, valid, ready, clock_mhz=clock_mhz, target="ecp5")
    assert got == expected(program, inputs)


def test_every_rounding_of_all_eight_bit_inputs():
    p, (x,) = one_port("roundings", [(-128, 127)])
    p.output([shift_right(p, x, shift, rounding) for rounding in Rounding for shift in (1, 3, 8)])
    assert simulated(p, EIGHT_BITS) == expected(p, EIGHT_BITS)


def test_every_overflow_of_all_eight_bit_inputs():
    p, (x,) = one_port("overflows", [(-128, 127)])
    p.output([fit(p, x, FixedType(width, 0, signed), overflow) for overflow in Overflow
              for width in (1, 4, 7) for signed in (True, False)])
    assert simulated(p, EIGHT_BITS) == expected(p, EIGHT_BITS)


def test_dot():
    p, x = one_port("dot", [(-8, 7), (0, 15), (-3, -1), (5, 9)])
    weights = ([3, -5, 7, 11], [-1, -1, -1, -1], [0, 0, 0, 0], [127, -128, 85, -86])
    p.output([dot(p, x, w, 40 - k) for k, w in enumerate(weights)])
    inputs = random_beats(p, 100)
    assert simulated(p, inputs) == expected(p, inputs)


@pytest.mark.parametrize("seed", range(6))
def test_random_programs(seed):
    program = random_program(seed)
    inputs = random_beats(program, 40, seed)
    got = simulated(program, inputs, gaps(seed), gaps(seed + 100), clock_mhz=50 + 150 * seed)
    assert got == expected(program, inputs)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6, 60))
def test_more_random_programs(seed):
    program = random_program(seed, steps=60)
    inputs = random_beats(program, 60, seed)
    got = simulated(program, inputs, gaps(seed), gaps(seed + 100), clock_mhz=20 * seed)
    assert got == expected(program, inputs)


@pytest.mark.parametrize("clock_mhz", [10, 200, 500])
def test_latency_is_the_depth_and_a_beat_enters_every_cycle(clock_mhz):
    p, (x, y) = one_port("timing", [(-128, 127), (-128, 127)])
    p.output([p.mul(p.add(x, y), y)])
    dut = Streamed(p, clock_mhz=clock_mhz)
    assert dut.latency == dut.pipeline.schedule.depth
    count = 20
    trace = pysim._Trace(dut, [{"x": [k, -k]} for k in range(count)], count, 100)
    trace.run(iter(steady()), iter(steady()))
    times = [out - into for into, out in zip(trace.accepted, trace.offered, strict=True)]
    assert times == [dut.latency] * count
    assert trace.accepted == list(range(count))


def accumulator(name="sums"):
    """Sums of products over frames of any length; ``last`` lets the sum out."""
    p = Program(name)
    x = p.port("x", FixedType(6), [(-32, 31)] * 2)
    first, last = (p.port(n, FixedType(1, 0, False), [(0, 1)])[0] for n in ("first", "last"))
    sums = [p.accumulate(p.mul(x[0], x[1]), first, p.const(-7), -9000, 9000),
            p.accumulate(p.subtract(x[0], x[1]), first, p.const(0), -512, 512)]
    p.gate = last
    p.output([p.subtract(sums[0], sums[1]), sums[1]])
    return p


@pytest.mark.parametrize("valid", [steady, gaps])
@pytest.mark.parametrize("ready", [steady, gaps])
@pytest.mark.parametrize("clock_mhz", [50, 400])
def test_accumulators(valid, ready, clock_mhz):
    rng = np.random.default_rng(3)
    beats, sums = [], []
    for length in [1, 1, 2, 5, 1, 8, 3, 1, 4]:
        frame = rng.integers(-32, 32, (length, 2)).tolist()
        beats += [{"x": pair, "first": [int(k == 0)], "last": [int(k == length - 1)]}
                  for k, pair in enumerate(frame)]
        products = sum(a * b for a, b in frame) - 7
        difference = sum(a - b for a, b in frame)
        sums.append([products - difference, difference])
    dut = Streamed(accumulator(), clock_mhz=clock_mhz)
    assert pysim.run(dut, beats, valid=valid, ready=ready, expect=len(sums)) == sums


def text_of(dut):
    i, o = dut.i, dut.o
    return convert(dut, "top", [i.payload.as_value(), i.valid, i.ready, o.payload.as_value(),
                                o.valid, o.ready])


def test_leaves_are_collected_only_inside():
    with collect_leaves() as leaves:
        text = text_of(Streamed(every_kind()))
    (name, body), = leaves.items()
    assert f"module {name} (" in body
    assert re.search(rf"^  {name} \w+ \(", text, re.MULTILINE)
    assert not re.search(rf"^  {name} leaf", text_of(Streamed(every_kind())), re.MULTILINE)
