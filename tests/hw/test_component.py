# SPDX-License-Identifier: Apache-2.0
import re

import numpy as np
import pytest
from amaranth.lib import wiring

from nnhw.errors import FoldingError
from nnhw.folding.blocks import folds, legal_reuse
from nnhw.hw.component import component
from nnhw.ir.op import facet, layer_names
from nnhw.layers import (
    Add,
    Argmax,
    Concat,
    Dense,
    Gather,
    Grouped,
    Lookup,
    Merge,
    Reduce,
    Relu,
    Requantize,
    Reshape,
    Softmax,
    Threshold,
    Total,
    Window,
)
from nnhw.numeric.types import FixedType, Quantizer
from nnhw.sim import pysim
from nnhw.sim.pysim import gaps, steady
from tests.layers.program.programs import random_program
from tests.layers.support import Joined, beats_of, draw, frames_of, golden_of, tensor

VECTOR, IMAGE = tensor((6,), -8, 7), tensor((4, 4, 2), -8, 7)
RNG = np.random.default_rng(0)
DENSE = Dense("dense", VECTOR, RNG.integers(-9, 9, (4, 6)), RNG.integers(-9, 9, 4))
GROUPED = Grouped("grouped", tensor((3, 2, 4), -8, 7), RNG.integers(-9, 9, (2, 3, 4)),
                  RNG.integers(-9, 9, (2, 3)))
#: One of every layer.
OPS = [
    Add("add", VECTOR, VECTOR, 1, 0),
    Argmax("argmax", VECTOR),
    Concat("concat", tensor((3, 2), -8, 7), tensor((3, 4), -8, 7)),
    DENSE,
    Gather("gather", IMAGE, np.arange(32).reshape(4, 4, 2).transpose(1, 0, 2)),
    GROUPED,
    Lookup("lookup", VECTOR, RNG.integers(-9, 9, 16), -8),
    Merge("merge", VECTOR, VECTOR, "max"),
    random_program(3),
    Reduce("reduce", tensor((3, 4), -8, 7), "max"),
    Relu("relu", VECTOR),
    Requantize("requantize", VECTOR, Quantizer(FixedType(3)), 1, np.arange(1, 7)),
    Reshape("reshape", VECTOR, (2, 3)),
    Softmax.design("softmax", tensor((4,), -8, 7, 1), 8),
    Threshold("threshold", VECTOR, np.array([[-5, 0, 2]])),
    Total("total", IMAGE),
    Window("window", IMAGE, (3, 3), before=(1, 1), after=(1, 1)),
]


def named(name):
    return next(op for op in OPS if op.name == name)


def frames(layer, op):
    beats_in = op.inputs[0].size // layer.lanes
    lanes_out = layer.o.payload.shape().length
    return beats_in, -(-op.y.size // lanes_out), lanes_out


def check(op, *, stalls=((steady, steady), (gaps, gaps)), **options):
    """The component equals golden; its latency and interval are measured as promised."""
    inputs = [draw(x, 5, seed) for seed, x in enumerate(op.inputs)]
    expected = golden_of(op, *inputs)
    for valid, ready in stalls:
        layer = component(op, **options)
        assert isinstance(layer, wiring.Component)
        beats_in, beats_out, lanes_out = frames(layer, op)
        beats = [beats_of(x, x[0].size // beats_in).tolist() for x in inputs]
        sent, dut = beats[0], layer
        if len(beats) > 1:
            sent = [dict(zip(layer.inputs, each, strict=True)) for each in zip(*beats, strict=True)]
            dut = Joined(layer)
        got = pysim.run(dut, sent, valid=valid, ready=ready, expect=5 * beats_out)
        assert np.array_equal(frames_of(got, lanes_out, op.y.shape, 5), expected)
    if len(op.inputs) == 1:
        layer = component(op, **options)
        assert pysim.measure(layer, frame=beats_in, frame_out=beats_out, count=8) == (
            layer.latency, layer.interval)


def test_every_layer_is_here():
    assert [op.kind for op in OPS] == [n for n in layer_names() if facet(n, "rtl")]


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)
def test_as_it_is(op):
    check(op)


@pytest.mark.parametrize("op", [DENSE, GROUPED], ids=lambda op: op.name)
def test_every_reuse_factor(op):
    for reuse in legal_reuse(op)[1:]:
        check(op, reuse=reuse, stalls=[(gaps, gaps)])
        for lanes in {fold[0] for fold in folds(op, reuse)}:
            layer = component(op, reuse=reuse, lanes=lanes)
            assert layer.lanes == lanes and layer.interval == reuse * op.vectors


def test_a_window_waits_for_its_last_tap_and_a_reordering_for_its_first_beat():
    check(Window("window", IMAGE, (2, 3), stride=(2, 1), before=(0, 1), after=(0, 1)))
    check(Window("window", IMAGE, (1, 1)))
    check(Gather("gather", IMAGE, np.arange(32).reshape(4, 4, 2)[1:, 2:]), lanes=2)
    check(Gather("gather", IMAGE, np.arange(32).reshape(4, 4, 2)[::-1]), lanes=2)
    padded = np.pad(np.arange(32).reshape(4, 4, 2), ((1, 1), (1, 1), (0, 0)), constant_values=-1)
    check(Gather("gather", IMAGE, padded), lanes=2)


def test_several_layers_share_a_pipeline():
    relu = Relu("relu", DENSE.y)
    layer = component(DENSE, relu, Argmax("best", relu.y), lanes=6)
    x = draw(VECTOR, 9)
    expected = golden_of(relu, golden_of(DENSE, x)).argmax(axis=1)
    assert pysim.run(layer, x.tolist(), ready=gaps) == [[k] for k in expected]
    assert (layer.beats_in, layer.beats_out, layer.lanes_out) == (1, 1, 1)
    assert pysim.measure(component(DENSE, relu)) == (component(DENSE, relu).latency, 1)


@pytest.mark.parametrize(("call", "message"), [
    (lambda: component(DENSE, reuse=5), "dense: reuse factor 5 does not divide its 24 products "
                                        "evenly; the nearest that do are 4 and 6"),
    (lambda: component(DENSE, reuse=2, lanes=4), "dense: beats of 4 elements do not suit reuse 2; "
                                                 "3 or 6 do"),
    (lambda: component(named("relu"), reuse=2),
     "relu: a relu has no products to fold; reuse 1 works"),
    (lambda: component(named("argmax"), lanes=4),
     "argmax: beats of 4 elements do not suit it; 6 do"),
    (lambda: component(DENSE, Argmax("best", DENSE.y), reuse=4),
     "best: wants beats of 4 elements or multiples, and dense gives"),
    (lambda: component(named("window"), DENSE), "dense: cannot share a pipeline with window"),
    (lambda: component(named("gather"), lanes=3),
     "gather: beats of 3 elements do not suit it; 1 do"),
])
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(FoldingError, match=re.escape(message)):
        call()
