# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

import nnhw
from nnhw.frontends.hgq2 import lower
from nnhw.frontends.hgq2_calls import Call
from nnhw.frontends.hgq2_layer import Hgq2Layer
from nnhw.passes.unroll_frames import unroll_frames
from tests.frontends.hgq2_networks import Quantizers, entered, layer
from tests.frontends.test_hgq2_tables import softmax


def dense(name, source, seed, shape, units):
    q = Quantizers(seed).add("iq", shape, k=1, i=2).add("kq", (shape[-1], units))
    kernel = q.rng.normal(0, 1, (shape[-1], units)).astype(np.float32)
    return Call(layer("QDense", q, [kernel], name=name, use_bias=False), (source,), name)


def merge(kind, name, sources, seed, *shapes, **config):
    q = Quantizers(seed)
    for number, shape in enumerate(shapes):
        q.add(f"iq{number}", shape, k=1, i=2)
    return Call(layer(kind, q, name=name, **config), sources, name)


@pytest.fixture
def graph():
    """A network with attention in it, as HGQ2 has it, and two outputs."""
    table = Quantizers(5, overflow="SAT").add("iq", (4, 3)).add("oq", (4, 3), i=1, f=4)
    scores = softmax(8, (2,), True, (4, 4))[0]
    mean = Quantizers(6).add("iq", (4, 3), k=1, i=2)
    calls = [
        Call(entered("a", (4, 3)), (), "a"), Call(entered("b", (1, 3)), (), "b"),
        dense("left", "a", 1, (4, 3), 3), dense("right", "b", 2, (1, 3), 3),
        merge("QSubtract", "difference", ("left", "right"), 3, (4, 3), (1, 3)),
        Call(layer("QUnaryFunctionLUT", table, name="table", activation="tanh", enable_oq=True),
             ("difference",), "table"),
        merge("QEinsum", "products", ("table", "left"), 4, (4, 3), (4, 3),
              equation="bnc,bmc->bnm"),
        Call(scores, ("products",), "scores"),
        merge("QEinsum", "mixed", ("scores", "left"), 7, (4, 4), (4, 3), equation="bnm,bmc->bnc"),
        merge("QMultiply", "gated", ("mixed", "table"), 9, (4, 3), (4, 3)),
        Call(layer("QMeanPow2", mean, name="mean", axes=[1]), ("gated",), "mean"),
        Call(Hgq2Layer("Permute", {"name": "turned", "dims": [2, 1]}, {}), ("gated",), "turned")]
    return lower("net", calls, {"mean": "mean", "turned": "turned"})


def test_an_unrolled_graph_takes_a_frame_each_cycle(graph):
    assert nnhw.compile(graph).report()["interval_cycles"] > 10
    assert nnhw.compile(unroll_frames(graph)).report()["interval_cycles"] == 1


@pytest.mark.slow
@pytest.mark.parametrize("unroll", [False, True])
def test_golden_rtl_and_hls_agree_on_a_graph(graph, unroll):
    whole = unroll_frames(graph) if unroll else graph
    result = nnhw.compile(whole).verify(samples=60, stall=1, engines=["golden", "rtl", "hls"])
    assert result.passed
