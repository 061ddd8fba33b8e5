# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest

from nnhw.errors import UnsupportedError
from nnhw.frontends.hgq2_layer import Hgq2Layer
from tests.frontends.hgq2_networks import Quantizers, layer, results

SHAPE = (4, 3)
FUNCTIONS = {
    "tanh": np.tanh, "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "exponential": np.exp,
    "softplus": lambda x: np.log1p(np.exp(x)), "softsign": lambda x: x / (1 + np.abs(x)),
    "silu": lambda x: x / (1 + np.exp(-x)), "elu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "gelu": lambda x: x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2,
    "relu6": lambda x: np.clip(x, 0, 6), "hard_sigmoid": lambda x: np.clip(x + 3, 0, 6) / 6,
    "hard_tanh": lambda x: np.clip(x, -1, 1), "relu": lambda x: np.maximum(x, 0),
    "linear": lambda x: x, "exp": np.exp, "sin": np.sin, "cos": np.cos, "abs": np.abs,
    "square": np.square}


@pytest.mark.parametrize("shape", [(1, 1), (1, 3), SHAPE], ids=["one", "channels", "elements"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name, shape):
    q = Quantizers(6, overflow="SAT").add("iq", SHAPE).add("oq", shape, i=2, f=5)
    x, y = results(SHAPE, layer("QUnaryFunctionLUT", q, activation=name, enable_oq=True))
    assert np.array_equal(y, q("oq", FUNCTIONS[name](q("iq", x))))


@pytest.mark.parametrize("rounding", ["TRN", "RND", "RND_CONV"])
@pytest.mark.parametrize("overflow", ["WRAP", "SAT", "SAT_SYM"])
def test_roundings_of_entries(rounding, overflow):
    q = Quantizers(6, rounding, overflow, same=True).add("iq", SHAPE, k=1, i=2, f=3)
    q.add("oq", SHAPE, k=1, i=0, f=2)
    x, y = results(SHAPE, layer("QUnaryFunctionLUT", q, activation="linear", enable_oq=True))
    assert np.array_equal(y, q("oq", q("iq", x)))


def test_an_affine_map_ahead_of_the_function():
    q = Quantizers(6).add("iq", SHAPE).add("oq", (1, 1), k=1, i=1, f=5)
    own = (np.array([0.75]), np.array([-0.25]))
    x, y = results(SHAPE, layer("QAffinedUnaryFunctionLUT", q, own, activation="tanh",
                                enable_oq=True))
    assert np.array_equal(y, q("oq", np.tanh(q("iq", x) * 0.75 - 0.25)))


@pytest.mark.parametrize("name", ["relu", "linear"])
def test_what_is_exact_needs_no_output_quantizer(name):
    q = Quantizers(6).add("iq", SHAPE)
    x, y = results(SHAPE, layer("QUnaryFunctionLUT", q, activation=name))
    assert np.array_equal(y, FUNCTIONS[name](q("iq", x)))


def softmax(seed, axes, stable, shape=SHAPE, mode="SAT", iq=True):
    """The layer, and its quantizers: its own, and those of its tables."""
    q = Quantizers(seed)
    if iq:
        q.add("iq", shape)
    sums = tuple(1 if n + 1 in axes else size for n, size in enumerate(shape))
    tables = {which: Quantizers(seed + n, "RND", mode) for n, which in enumerate(("exp", "inv"))}
    exits = {which: Quantizers(seed + n, "RND_CONV", "SAT") for n, which in enumerate(tables)}
    for which, inner in (("exp", shape), ("inv", sums)):
        tables[which].add("iq", inner, k=int(which == "inv"), i=4, f=3)
        exits[which].add("oq", inner, k=0, i=0, f=7)
        for side, part in (("iq", tables[which]), ("oq", exits[which])):
            q.config[f"{which}_{side}_conf"] = part.config[f"{side}_conf"]
            q.variables |= {f"{which}_table/{key}": v for key, v in part.variables.items()}
    if not stable:
        q.config["exp_iq_conf"] = None
    return layer("QSoftmax", q, axes=list(axes), stable=stable, input_scaler=0.5,
                 enable_iq=iq), q, tables, exits


@pytest.mark.parametrize("mode", ["SAT", "WRAP"])
@pytest.mark.parametrize("axes", [(2,), (1,), (1, 2)])
@pytest.mark.parametrize("stable", [True, False])
def test_softmax(axes, stable, mode):
    one, q, tables, exits = softmax(8, axes, stable, mode=mode)
    x, y = results(SHAPE, one)
    taken = q("iq", x)
    if stable:
        taken = tables["exp"]("iq", taken.max(axis=axes, keepdims=True) - taken)
    e = exits["exp"]("oq", np.exp(taken * (-0.5 if stable else 0.5)))
    total = tables["inv"]("iq", e.sum(axis=axes, keepdims=True))
    reciprocal = exits["inv"]("oq", (1 / (total + 1e-7)).astype(np.float32).astype(np.float64))
    assert np.array_equal(y, e * reciprocal)
    assert len(np.unique(y)) > 20


@pytest.mark.parametrize(("one", "message"), [
    (layer("QUnaryFunctionLUT", Quantizers(1).add("iq", SHAPE), activation="tanh"),
     "one: a table without output quantizer is not supported in QUnaryFunctionLUT; one with it"),
    (layer("QUnaryFunctionLUT", Quantizers(1).add("iq", SHAPE), activation={
        "class_name": "function", "config": "mine>tanh"}),
     "one: activation mine>tanh is not supported in QUnaryFunctionLUT; tanh, sigmoid"),
    (layer("QUnaryFunctionLUT", Quantizers(1).add("iq", SHAPE, k=1, i=3, f=14).add("oq", (1, 1)),
           activation="tanh", enable_oq=True),
     "one: a table of 262144 entries is not supported in QUnaryFunctionLUT; an input quantizer of "
     "at most 16 bits"),
])
def test_what_is_not_known_is_refused(one, message):
    with pytest.raises(UnsupportedError, match=message):
        results(SHAPE, one)


def test_a_table_of_an_input_that_is_not_quantized_is_refused():
    one = Hgq2Layer("QUnaryFunctionLUT", {"name": "one", "enable_iq": False, "iq_conf": None}, {})
    with pytest.raises(UnsupportedError, match="one: the network's input is not quantized"):
        results(SHAPE, one)
