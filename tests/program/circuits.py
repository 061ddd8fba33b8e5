# SPDX-License-Identifier: Apache-2.0
"""Programs made for tests, and three ways to run one: arrays, Amaranth, Verilog."""

import random
from typing import Any

import numpy as np
from amaranth.hdl import Module
from amaranth.lib import stream
from amaranth.lib.data import ArrayLayout, StructLayout
from amaranth.lib.wiring import Component, In, Out

from nnhw.numeric.types import FixedType
from nnhw.program import golden
from nnhw.program.builder import Program
from nnhw.program.memories import memory
from nnhw.program.rtl import Pipeline, shape
from nnhw.sim import pysim

__all__ = ["Streamed", "every_kind", "expected", "matrix_vector", "one_port", "random_beats",
           "random_program", "simulated"]


def one_port(name: str, elements: list[tuple[int, int]]):
    """A program with one input bundle ``x``, and the bundle's values."""
    p = Program(name)
    low, high = min(low for low, _ in elements), max(high for _, high in elements)
    return p, p.port("x", FixedType.containing(low, high), elements)


class Streamed(Component):
    """A pipeline as a stream component, as ``nnhw.sim.pysim`` wants it; bundles side by side."""

    def __init__(self, program: Program, **options: Any):
        self.pipeline = Pipeline(program, **options)
        self.latency = self.pipeline.latency
        ports = {port.name: ArrayLayout(shape(port.element), port.lanes) for port in program.ports}
        output = ArrayLayout(shape(program.element), len(program.outputs))
        super().__init__({"i": In(stream.Signature(StructLayout(ports))),
                          "o": Out(stream.Signature(output))})

    def elaborate(self, platform):
        m = Module()
        m.submodules.pipeline = pipeline = self.pipeline
        for port in pipeline.program.ports:
            m.d.comb += getattr(pipeline, f"i_{port.name}").eq(
                getattr(self.i.payload, port.name).as_value())
        m.d.comb += [pipeline.i_valid.eq(self.i.valid), self.i.ready.eq(pipeline.i_ready),
                     self.o.payload.as_value().eq(pipeline.o_payload),
                     self.o.valid.eq(pipeline.o_valid), pipeline.o_ready.eq(self.o.ready)]
        return m


def random_beats(program: Program, count: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Inputs within every lane's interval, its ends among them."""
    rng = random.Random(seed)
    lanes = {(step.param[0], step.param[1]): (step.low, step.high) for step in program.steps
             if step.kind.name == "INPUT"}
    def draw(low, high):
        return rng.choice((low, high)) if rng.random() < 0.3 else rng.randint(low, high)
    return {port.name: np.array([[draw(*lanes[port.name, lane]) for lane in range(port.lanes)]
                                 for _ in range(count)], dtype=object)
            for port in program.ports}


def expected(program: Program, inputs: dict[str, np.ndarray]) -> list[list[int]]:
    """Output bundles by ``nnhw.program.golden``."""
    return golden.run(program, inputs).tolist()


def simulated(program: Program, inputs: dict[str, np.ndarray], valid=pysim.steady,
              ready=pysim.steady, **options: Any) -> list[list[int]]:
    """Output bundles by Amaranth's simulator."""
    count = len(next(iter(inputs.values())))
    beats = [{name: bundle[k].tolist() for name, bundle in inputs.items()} for k in range(count)]
    return pysim.run(Streamed(program, **options), beats, valid=valid, ready=ready, expect=count)


def matrix_vector(p: Program, x, weight, bias, names):
    """``weight @ x + bias``, row by row."""
    return [p.dot(x, row, start, name)
            for row, start, name in zip(weight.tolist(), bias.tolist(), names, strict=True)]


def random_program(seed: int, steps: int = 30, lanes: int = 4) -> Program:
    """Steps of every kind but accumulators, on operands of every width and sign."""
    rng = random.Random(seed)
    bounds = []
    for _ in range(lanes):
        low = rng.choice((0, 0, 1, -1, -rng.randint(1, 200)))
        bounds.append((low, low + rng.choice((1, 2, rng.randint(1, 300)))))
    p, values = one_port(f"random_{seed}", bounds)
    values += [p.const(rng.randint(-20, 20)) for _ in range(2)]
    for _ in range(steps):
        values.append(_step(p, rng, values))
    outputs = [v for v in values[-8:] if v.type.width < 60]
    p.output(outputs or values[:1])
    return p


def _step(p: Program, rng: random.Random, values):
    a, b = rng.choice(values), rng.choice(values)
    name = rng.choice(("", "x", "sum", "a b"))
    kind = rng.randrange(15)
    if kind == 0 and a.type.width + b.type.width < 50:
        return p.mul(a, b, name)
    if kind == 1 and a.type.width < 40:
        return p.shift(a, rng.randint(-6, 4))
    if kind == 2:
        return p.bit(a, rng.randint(0, a.type.width + 2))
    if kind == 3:
        return p.less(a, b, name)
    if kind == 4:
        return p.equal(a, b, name)
    if kind == 5:
        return p.mux(p.bit(a, 0), b, rng.choice(values), name)
    if kind == 6:
        low = rng.randint(-100, 100)
        return p.clip(a, low, low + rng.randint(0, 100), name)
    if kind == 7:
        return p.wrap(a, FixedType(rng.randint(1, 8), 0, rng.random() < 0.5))
    if kind == 8:
        index = p.clip(a, rng.randint(0, 3), rng.randint(3, 20))
        table = [rng.randint(-50, 50) for _ in range(index.high + 1 + rng.randint(0, 3))]
        return p.table(index, table, registered=rng.random() < 0.5, name=name)
    if kind == 9:
        index = p.clip(a, 0, rng.randint(1, 9))
        columns = [[rng.randint(-9, 9) for _ in range(index.high + 1)] for _ in range(3)]
        return rng.choice(memory(p, index, columns, name))
    if kind == 10:
        return p.maximum(a, b, name)
    if kind == 11:
        return p.subtract(a, b, name)
    if kind == 14:
        return p.bitwise(rng.choice("&|^"), a, b, name)
    if a.type.width > 45 or b.type.width > 45:
        return p.negative(a)
    if kind == 12:
        terms = [(v, rng.randint(0, 3), sign) for v, sign in zip(
            (a, b, p.const(rng.randint(-40, 40))), rng.choice(((1, 1, 1), (-1, 1, -1), (1, -1, 1))),
            strict=True)]
        return p.sum_of_three(terms, name)
    return p.add(a, b, rng.randint(0, 3), rng.randint(0, 3), subtract=rng.random() < 0.5,
                 name=name)


def every_kind() -> Program:
    """One program in which every stateless kind of step of a circuit reaches an output."""
    p, (x, y, z, s) = one_port("every_kind", [(-37, 90), (-8, 7), (0, 13), (0, 1)])
    product = p.mul(x, y)
    values = [
        product, p.add(x, y, 2, 1), p.subtract(y, x),
        p.sum_of_three([(x, 0, -1), (y, 2, 1), (z, 1, -1)]), p.shift(x, 3), p.shift(product, -4),
        p.bit(x, 2), p.negative(x), p.less(x, y), p.equal(y, z), p.mux(s, x, z),
        p.clip(x, -5, 20), p.wrap(x, FixedType(4)), p.wrap(x, FixedType(5, 0, False)),
        p.table(z, [k * k - 30 for k in range(14)]),
        p.table(z, [40 - 3 * k for k in range(14)], registered=True),
        *memory(p, z, [[k - 5 for k in range(14)], [k * 9 for k in range(14)], [4] * 14], "word"),
        *(p.bitwise(how, a, b) for how in "&|^" for a, b in ((x, y), (x, z), (y, z))),
        p.maximum(x, y), p.const(-6)]
    p.output(values)
    return p
