# SPDX-License-Identifier: Apache-2.0
"""Whole convolutional networks: golden == RTL, and the timing that was promised."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnhw import golden
from nnhw.config.config import Config
from nnhw.hw.design import build
from nnhw.hw.fork import Queue
from nnhw.passes.pad_ahead import pad_ahead
from nnhw.sim.errors import SimulationError
from nnhw.sim.pysim import gaps
from nnhw.sim.verilator import Bulk
from tests.hw.nets import Net, inception, mobile, plain, residual_conv, signal
from tests.hw.support import check_design

#: Network and how it is folded; each is a run of Verilator and of a C++ compiler.
CASES = [
    (plain, Config(reuse=1, io="stream")),
    (plain, Config(reuse=12, io="stream", lanes=1)),
    (mobile, Config(reuse=9, io="stream", lanes=2)),
    (mobile, Config(reuse=36, io="stream", ports="axi")),
    (residual_conv, Config(reuse=4, io="stream", lanes=3)),
    (inception, Config(reuse=6, io="stream")),
    (signal, Config(reuse=20, io="stream", lanes=4)),
]


def codes(graph, frames, seed=0):
    """Random input of a graph."""
    element, shape = graph.inputs[0].type.element, graph.inputs[0].type.shape
    return np.random.default_rng(seed).integers(element.min, element.max + 1, (frames, *shape))


def bulk_of(design, folder):
    return Bulk(design.interface, design.write(folder / "rtl"), folder / "work")


@pytest.mark.slow
@pytest.mark.parametrize(("make", "config"), CASES)
def test_compiled(make, config, tmp_path):
    graph = make()
    design = build(graph, config)
    bulk, x = bulk_of(design, tmp_path), codes(graph, 20)
    (port,), expected = design.inputs, golden.run(graph, {"x": x})["y"]

    def outputs(x, **options):
        result = bulk.run({port.name: x}, **options)
        return result, result.outputs[design.outputs[0].name]

    result, y = outputs(x)
    assert np.array_equal(y, expected)
    assert (result.latency, result.interval) == (
        design.interface.latency, design.interface.interval)
    for seed, probability in ((1, 0.5), (2, 0.9), (3, 0.1)):
        _, y = outputs(x, stall=seed, probability=probability, reset_in_frame=True)
        assert np.array_equal(y, expected)
    _, y = outputs(x[:1])
    assert np.array_equal(y, expected[:1])


@pytest.mark.parametrize("reuse", [1, 8])
@pytest.mark.parametrize("lanes", [None, 1])
def test_a_tiny_one_in_amaranth(reuse, lanes):
    net = Net((3, 3, 2))
    net.branch(lambda net: net.same(2, (2, 2)))
    net.total("max")
    check_design(net.graph(), Config(reuse=reuse, io="stream", lanes=lanes), frames=3,
                 stalls=[(gaps, gaps)])


@st.composite
def networks(draw):
    """A network of a few blocks on a tiny image, and a folding of it."""
    pair = st.tuples(st.integers(1, 2), st.integers(1, 3))
    shape = (draw(st.integers(1, 4)), draw(st.integers(2, 4)), draw(st.integers(1, 3)))
    net = Net(shape, draw(st.integers(0, 99)))
    for _ in range(draw(st.integers(1, 3))):
        channels, joins = net.type.shape[-1], ["add", "max", "mul", "concat"]
        match draw(st.sampled_from(["conv", "same", "depthwise", "pool", "branch", "gather"])):
            case "conv" if net.type.shape[0] > 1 and net.type.shape[1] > 2:
                net.conv(draw(st.integers(1, 4)), draw(pair), stride=draw(pair))
            case "conv" | "same":
                net.same(draw(st.integers(1, 4)), draw(pair))
            case "depthwise":
                net.depthwise(draw(st.integers(1, 2)), (1, 2), after=(0, 1))
            case "pool":
                net.pool(draw(st.sampled_from(["sum", "max"])), (1, 2), (1, draw(
                    st.integers(1, 2))), after=(0, 1))
            case "branch":
                kernel = draw(pair)
                net.branch(lambda net, n=channels, kernel=kernel: net.same(n, kernel),
                           draw(st.sampled_from(joins)))
            case _:
                net.gather(draw(st.sampled_from([
                    lambda at: at.transpose(1, 0, 2), lambda at: at.repeat(2, axis=1)[:, :4],
                    lambda at: np.pad(at, ((0, 0), (1, 0), (0, 0)), constant_values=-1)])))
    if draw(st.booleans()):
        net.total(draw(st.sampled_from(["sum", "max", "min"])))
        net.classes(2)
    config = Config(reuse=draw(st.sampled_from([1, 2, 3, 6, 12])), io="stream",
                    lanes=draw(st.sampled_from([None, 1, 2, 3])))
    return pad_ahead(net.graph()), config


@settings(max_examples=12, derandomize=True, deadline=None, database=None,
          suppress_health_check=list(HealthCheck))
@given(networks())
def test_any_network(made):
    graph, config = made
    check_design(graph, config, frames=3, stalls=[(gaps, gaps)])


@pytest.mark.slow
def test_a_million_beats_through_branches_under_stalls(tmp_path):
    """Stalls on both ends, rarer and more frequent ones; none is lost, and nothing blocks."""
    graph = residual_conv((8, 8, 2))
    design = build(graph, Config(reuse=1, io="stream"))
    frames = 1_000_000 // design.inputs[0].beats + 1
    assert frames * design.inputs[0].beats >= 1_000_000
    bulk, x = bulk_of(design, tmp_path), codes(graph, frames)
    expected = golden.run(graph, {"x": x})["y"]
    for seed, probability in ((1, 0.3), (2, 0.7)):
        result = bulk.run({"x": x}, stall=seed, probability=probability)
        assert np.array_equal(result.outputs["y"], expected)
    result = bulk.run({"x": x[:12]})
    assert (result.latency, result.interval) == (
        design.interface.latency, design.interface.interval)


@pytest.mark.parametrize("reuse", [1, 2, 6, 9, 12, 18, 36, 72, 144])
def test_multipliers_never_wait_at_any_folding(reuse):
    """The limiting convolutions' interval is exactly places times reuse."""
    graph = residual_conv((8, 8, 4))
    design = build(graph, Config(reuse=reuse, io="stream"))
    assert design.interface.interval == design.busiest
    matrices = [layer for layer in design.layers if layer.op == "dense" and layer.limits]
    assert reuse == 1 or matrices
    for layer in matrices:
        assert layer.interval == 64 * layer.reuse and layer.utilisation in (1, None)


def queues_of(design):
    return [unit for _, unit in design.netlist.units if isinstance(unit, Queue)]


@pytest.mark.slow
def test_a_queue_one_less_deep_costs_throughput_or_blocks(tmp_path):
    graph, config = residual_conv(), Config(reuse=1, io="stream")
    design = build(graph, config)
    deep = [k for k, queue in enumerate(queues_of(design)) if queue.depth > 2]
    assert len(deep) == 2
    for k in deep:
        tight = build(graph, config)
        queues_of(tight)[k].depth -= 1
        try:
            result = bulk_of(tight, tmp_path / str(k)).run({"x": codes(graph, 12)}, patience=5000)
        except SimulationError:
            continue
        assert result.interval > design.interface.interval
