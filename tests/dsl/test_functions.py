# SPDX-License-Identifier: Apache-2.0
import re

import numpy as np
import pytest

import nnhw
from nnhw import golden
from nnhw.errors import ConfigError, ModelError

RNG = np.random.default_rng(0)


def values(network, x):
    """Exact float64 results of the first output."""
    graph = network.graph()
    inputs = {port.name: port.encode(a) for port, a in zip(graph.inputs, x, strict=True)}
    port = graph.outputs[0]
    return golden.run(graph, inputs)[port.name] * 2.0**-port.type.frac


@pytest.fixture
def x():
    return RNG.integers(-32, 32, (50, 5)) / 8


@pytest.fixture
def i():
    return nnhw.Input(5, "fixed<6,3>")


def test_dense_of_floats_is_exact_on_the_grid(i, x):
    weight, bias = RNG.integers(-16, 16, (4, 5)) / 8, RNG.integers(-99, 99, 4) / 64
    got = values(nnhw.Network(i, nnhw.dense(i, weight, bias, precision="fixed<5,2>")), [x])
    assert np.array_equal(got, x @ weight.T + bias)


def test_dense_rounds_coefficients_once(i, x):
    weight, bias = RNG.normal(size=(4, 5)), RNG.normal(size=4)
    got = values(nnhw.Network(i, nnhw.dense(i, weight, bias, precision="fixed<8,3>",
                                            bias_precision="fixed<6,3>")), [x])
    assert np.array_equal(got, x @ np.rint(weight * 32).T / 32 + np.rint(bias * 8) / 8)


def test_bias_finer_than_the_products_widens_them(i, x):
    got = values(nnhw.Network(i, nnhw.dense(i, np.eye(5, dtype=int), nnhw.Fixed([1] * 5, 9))), [x])
    assert np.array_equal(got, x + 2.0**-9)


def test_whole_numbers_and_mantissas(i, x):
    weight = RNG.integers(-9, 9, (3, 5))
    whole = values(nnhw.Network(i, nnhw.dense(i, weight)), [x])
    fixed = values(nnhw.Network(i, nnhw.dense(i, nnhw.Fixed(weight, 4))), [x])
    assert np.array_equal(whole, x @ weight.T)
    assert np.array_equal(fixed, whole / 16)


def test_activations(i, x):
    assert np.array_equal(values(nnhw.Network(i, nnhw.relu(i)), [x]), np.maximum(x, 0))
    assert np.array_equal(values(nnhw.Network(i, nnhw.leaky_relu(i, 0.25)), [x]),
                          np.where(x < 0, x / 4, x))
    assert np.array_equal(values(nnhw.Network(i, nnhw.quantize(i, "fixed<3,3,TRN,SAT>")), [x]),
                          np.clip(np.floor(x), -4, 3))


@pytest.mark.parametrize(("make", "function"), [
    (nnhw.sigmoid, lambda v: 1 / (1 + np.exp(-v))),
    (nnhw.tanh, np.tanh),
    (lambda i: nnhw.table(i, np.square, "ufixed<12,5>"), np.square),
])
def test_tables(i, x, make, function):
    y = make(i)
    error = np.abs(values(nnhw.Network(i, y), [x]) - function(x)).max()
    # Sigmoid and tanh end at 1, which their default types miss by one unit.
    assert error <= 2.0**-y.frac


def test_softmax_and_argmax(i, x):
    exponential = np.exp(x)
    got = values(nnhw.Network(i, nnhw.softmax(i)), [x])
    assert np.abs(got - exponential / exponential.sum(axis=1, keepdims=True)).max() < 1e-3
    assert np.array_equal(values(nnhw.Network(i, nnhw.argmax(i)), [x])[:, 0], x.argmax(axis=1))


def test_a_graph_with_two_inputs_and_two_outputs(i, x):
    other = nnhw.Input(5, "ufixed<4,4>", name="other")
    total = nnhw.add(i, other, name="total")
    network = nnhw.Network([i, other], [total, nnhw.reshape(total, (5, 1))])
    y = RNG.integers(0, 16, (50, 5))
    assert np.array_equal(values(network, [x, y]), x + y)
    assert [port.name for port in network.graph().outputs] == ["total", "reshape_0"]


def test_sequential_is_the_functional_form(x):
    weight = RNG.integers(-9, 9, (3, 5))
    first = nnhw.Sequential(nnhw.Input(5, "fixed<6,3>"), nnhw.Dense(weight), nnhw.ReLU())
    i = nnhw.Input(5, "fixed<6,3>")
    second = nnhw.Network(i, nnhw.relu(nnhw.dense(i, weight)))
    assert np.array_equal(values(first, [x]), values(second, [x]))
    assert [node.name for node in first.graph()] == ["dense_0", "relu_0"]


def test_deep_chains_need_no_recursion():
    i = y = nnhw.Input(1, "fixed<6,3>")
    for _ in range(3000):
        y = nnhw.relu(y)
    assert len(nnhw.Network(i, y).graph().nodes) == 3000


@pytest.mark.parametrize(("make", "message"), [
    (lambda i: nnhw.dense(i, np.zeros((5, 4))), "float weight needs a precision"),
    (lambda i: nnhw.dense(i, np.zeros((5, 4), int), name="fc"),
     "fc: weight must have shape (fan_out, fan_in) for an operand of shape (5,), not (5, 4)"),
    (lambda i: nnhw.dense(i, np.zeros((4, 5), int), np.zeros(5, int)),
     "bias must have shape (4,), not (5,)"),
    (lambda i: nnhw.dense(i, [[np.nan] * 5], precision="fixed<8,2>"), "weight must be finite"),
    (lambda i: nnhw.dense(i, [["a"] * 5]), "weight must hold numbers"),
    (lambda i: nnhw.add(i, nnhw.Input(4, "int<3>")), "operands must have one shape"),
    (lambda i: nnhw.reshape(i, (2, 2)), "reshape: shape (2, 2) must have 5 elements"),
    (lambda i: nnhw.Fixed([0.5]), "mantissas must be whole numbers, not float64"),
    (lambda i: nnhw.Input((0,), "int<3>"), "every size of a shape must be at least 1"),
    (lambda i: nnhw.Sequential(nnhw.ReLU()), "the first argument of Sequential must be nnhw.Input"),
    (lambda i: nnhw.Network(i, nnhw.add(nnhw.relu(i, name="a"), nnhw.relu(i, name="a"))),
     "network: two tensors are named 'a'"),
    (lambda i: nnhw.Network([], nnhw.relu(i)), "network: input x is used but not listed"),
    (lambda i: nnhw.Network(nnhw.relu(i), nnhw.relu(i)), "inputs must be made by nnhw.Input"),
])
def test_mistakes_are_named(i, make, message):
    with pytest.raises(ModelError, match=re.escape(message)):
        make(i)


def test_a_misspelt_precision_is_named():
    with pytest.raises(ConfigError, match="'fixd<8,2>' is not understood"):
        nnhw.Input(5, "fixd<8,2>")
