# SPDX-License-Identifier: Apache-2.0
"""Whole designs as stream components, and the graphs to build them from."""

import numpy as np
from amaranth.hdl import Module
from amaranth.lib import stream
from amaranth.lib.data import ArrayLayout
from amaranth.lib.wiring import Component, In, Out

from nnhw import golden
from nnhw.config.config import Config
from nnhw.hw.design import Design, build
from nnhw.hw.top import Top
from nnhw.ir.graph import Graph, InputPort, Node, OutputPort
from nnhw.ir.types import TensorType
from nnhw.layers import Add, Argmax, Dense, Relu, Requantize, Reshape, Softmax
from nnhw.numeric.types import FixedType, Quantizer
from nnhw.program.rtl import shape
from nnhw.sim import pysim
from nnhw.sim.pysim import gaps, steady

__all__ = ["CODE", "STALLS", "Whole", "check_design", "graph_of", "mlp", "pixels", "residual"]

STALLS = [(steady, steady), (gaps, steady), (steady, gaps), (gaps, gaps)]
CODE = FixedType(5)


def graph_of(name, x, nodes, *outputs):
    """A graph with one input ``x``; ``outputs`` are names of nodes."""
    types = {"x": x} | {node.name: node.op.y for node in nodes}
    return Graph(name, (InputPort("x", x.shape, x, CODE),), tuple(nodes),
                 tuple(OutputPort(f"y{k}" if k else "y", o, types[o].shape, types[o])
                       for k, o in enumerate(outputs)))


def _dense(name, x, fan_out, rng, bits=3):
    return Dense(name, x, rng.integers(-2**bits, 2**bits, (fan_out, x.shape[-1])),
                 rng.integers(-20, 20, fan_out))


def _narrow(name, x, width=5):
    return Requantize(name, x, Quantizer(FixedType(width, 0, False)), 3)


def mlp(sizes=(6, 8, 4), seed=0, best=False, classes=False):
    """Dense, Requantize, Dense, ...; at the end perhaps Argmax or Softmax."""
    rng = np.random.default_rng(seed)
    x = TensorType.of((sizes[0],), CODE)
    nodes, before = [], "x"
    for k, size in enumerate(sizes[1:]):
        dense = _dense(f"dense{k}", nodes[-1].op.y if nodes else x, size, rng)
        nodes.append(Node(dense, (before,)))
        before = dense.name
        if k < len(sizes) - 2:
            nodes.append(Node(_narrow(f"narrow{k}", dense.y), (before,)))
            before = f"narrow{k}"
    if best:
        nodes.append(Node(Argmax("best", nodes[-1].op.y), (before,)))
    if classes:
        nodes.append(Node(Softmax.design("classes", nodes[-1].op.y, 4, 16), (before,)))
    return graph_of("mlp", x, nodes, nodes[-1].name)


def residual(seed=0):
    """A long branch and a short one, added; then one more layer."""
    rng = np.random.default_rng(seed)
    x = TensorType.of((6,), CODE)
    first = _dense("first", x, 6, rng)
    base = _narrow("base", first.y)
    middle = _dense("middle", base.y, 4, rng)
    small = _narrow("small", middle.y)
    back = _dense("back", small.y, 6, rng)
    total = Add("total", base.y, back.y, 2, 0)
    final = _dense("final", total.y, 3, rng)
    nodes = [Node(first, ("x",)), Node(base, ("first",)), Node(middle, ("base",)),
             Node(small, ("middle",)), Node(back, ("small",)), Node(total, ("base", "back")),
             Node(final, ("total",))]
    return graph_of("residual", x, nodes, "final")


def pixels(seed=0):
    """A matrix for each pixel of a 2x3 image, then one over all of them."""
    rng = np.random.default_rng(seed)
    x = TensorType.of((2, 3, 2), CODE)
    each = _dense("each", x, 4, rng)
    relu = Relu("relu", each.y)
    small = Requantize("small", relu.y, Quantizer(FixedType(4, 0, False)), 2,
                       np.array([1, 2, 3, 1]), np.array([0, 5, -5, 1]))
    flat = Reshape("flat", small.y, (24,))
    final = _dense("final", flat.y, 3, rng)
    nodes = [Node(each, ("x",)), Node(relu, ("each",)), Node(small, ("relu",)),
             Node(flat, ("small",)), Node(final, ("flat",))]
    return graph_of("pixels", x, nodes, "final")


class Whole(Component):
    """A design with one input and one output as a stream component."""

    def __init__(self, design: Design):
        self.design = design
        self.latency, self.interval = design.interface.latency, design.interface.interval
        (i,), (o,) = design.inputs, design.outputs
        super().__init__({
            "i": In(stream.Signature(ArrayLayout(shape(i.element), i.lanes))),
            "o": Out(stream.Signature(ArrayLayout(shape(o.element), o.lanes)))})

    def elaborate(self, platform):
        m = Module()
        m.submodules.top = top = Top(self.design)
        (i,), (o,) = self.design.inputs, self.design.outputs
        s = top.signals
        m.d.comb += [
            s[f"{i.name}_payload"].eq(self.i.payload.as_value()),
            s[f"{i.name}_valid"].eq(self.i.valid), self.i.ready.eq(s[f"{i.name}_ready"]),
            self.o.payload.as_value().eq(s[f"{o.name}_payload"]),
            self.o.valid.eq(s[f"{o.name}_valid"]), s[f"{o.name}_ready"].eq(self.o.ready)]
        return m


def check_design(graph, config: Config, *, frames=4, stalls=STALLS, seed=0):
    """A design equals golden under stall patterns; latency and interval are as promised."""
    design = build(graph, config)
    (i,), (o,) = design.inputs, design.outputs
    rng = np.random.default_rng(seed)
    x = rng.integers(i.element.min, i.element.max + 1, (frames, *i.type.shape))
    expected = golden.run(graph, {"x": x})["y"]
    flat = x.reshape(frames, -1)
    sent = np.pad(flat, ((0, 0), (0, i.beats * i.lanes - flat.shape[1])))
    for valid, ready in stalls:
        got = pysim.run(Whole(build(graph, config)), sent.reshape(-1, i.lanes).tolist(),
                        valid=valid, ready=ready, expect=frames * o.beats)
        got = np.array(got).reshape(frames, -1)[:, :o.type.size]
        assert got.reshape(expected.shape).tolist() == expected.tolist()
    measured = pysim.measure(Whole(design), frame=i.beats, frame_out=o.beats, count=12)
    assert measured == (design.interface.latency, design.interface.interval)
    return design
