# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

import nnhw
from nnhw import golden


def check(graph, samples):
    """What ``run`` computes, some of it in floats and in parts, is what the integer facets do."""
    rng = np.random.default_rng(0)
    inputs = {p.name: rng.integers(*p.type.bounds, (samples, *p.type.shape), endpoint=True)
              for p in graph.inputs}
    before = {name: x.copy() for name, x in inputs.items()}
    results, tensors = golden.run(graph, inputs), golden.trace(graph, inputs)
    for port in graph.outputs:
        assert results[port.name].dtype == np.int64
        assert np.array_equal(results[port.name], tensors[port.tensor])
    assert all((inputs[name] == before[name]).all() for name in inputs)


def mlp(width, precision):
    rng = np.random.default_rng(width)
    return nnhw.Sequential(
        nnhw.Input(width, "fixed<8,4>"),
        nnhw.Dense(rng.normal(size=(9, width)), rng.normal(size=9), precision=precision),
        nnhw.ReLU(), nnhw.Quantize("ufixed<7,2>"),
        nnhw.Dense(rng.normal(size=(4, 9)), precision=precision), nnhw.LeakyReLU(0.3),
        nnhw.Quantize("fixed<9,3>"), nnhw.Dense(rng.normal(size=(3, 4)), precision=precision))


@pytest.mark.parametrize("precision", ["fixed<6,2>", "fixed<24,4>", "fixed<50,4>"])
def test_floats_of_every_kind_equal_integers(precision):
    check(mlp(5, precision).graph(), 100)


@pytest.mark.parametrize("samples", [1, 7, 40])
def test_parts_are_put_together(monkeypatch, samples):
    monkeypatch.setattr(golden, "_AT_ONCE", 100)
    check(mlp(5, "fixed<6,2>").graph(), samples)


def test_a_tensor_with_several_readers_is_not_written_over():
    rng = np.random.default_rng(0)
    i = nnhw.Input((2, 3), "fixed<6,3>")
    a = nnhw.dense(i, rng.integers(-9, 9, (3, 3)), name="a")
    b, c = nnhw.relu(a, name="b"), nnhw.quantize(a, "fixed<6,5>", name="c")
    flat = nnhw.flatten(a)
    d = nnhw.relu(nnhw.dense(flat, rng.integers(-9, 9, (6, 6))), name="d")
    e = nnhw.add(nnhw.relu(b), nnhw.quantize(c, "fixed<5,5>"))
    check(nnhw.Network(i, [a, b, c, d, e, flat]).graph(), 30)


def test_results_beyond_int64():
    graph = nnhw.Sequential(nnhw.Input(2, "fixed<40,40>"),
                            nnhw.Dense(nnhw.Fixed([[1 << 40, -1]], 0))).graph()
    top = 2**39 - 1
    y = golden.run(graph, {graph.inputs[0].name: np.array([[top, 1], [0, 3]])})
    assert y[graph.outputs[0].name].tolist() == [[(top << 40) - 1], [-3]]
