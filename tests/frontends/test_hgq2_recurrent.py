# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.errors import UnsupportedError
from tests.frontends.hgq2_networks import Quantizers, layer, results

TIMES, FEATURES, UNITS = 4, 3, 5


def recurrent(gates, bias, state=True, seed=3):
    """Quantizers and weights of a cell with so many gates."""
    wide = gates * UNITS
    q = Quantizers(seed).add("iq", (FEATURES,), k=1, i=2, f=3)
    q.add("kq", (FEATURES, wide)).add("rkq", (UNITS, wide))
    shapes = [(FEATURES, wide), (UNITS, wide)]
    if bias:
        q.add("bq", bias)
        shapes.append(bias)
    if state:
        q.add("sq", (UNITS,), k=1, i=1)
    own = [q.rng.normal(0, 0.6, shape).astype(np.float32) for shape in shapes]
    return q, own


def saturating(q, which, shape, name):
    """A hard tanh or sigmoid as HGQ2 makes it of a quantizer."""
    hard = Quantizers(8, "RND", "SAT").add(which, shape, k=1, i=name == "HardSigmoidConfig", f=5)
    q.variables |= hard.variables
    config = {key: value for key, value in hard.config[f"{which}_conf"]["config"].items()
              if key != "overflow_mode"}
    q.config[f"{which}_conf"] = {"class_name": name, "config": config}
    if name == "HardTanhConfig":
        return lambda v: hard(which, v)
    return lambda v: hard(which, v) * 0.25 + 0.5


def steps(x, step, backwards):
    """Every state, from zeros on."""
    state, found = np.zeros((len(x), UNITS)), []
    for time in reversed(range(TIMES)) if backwards else range(TIMES):
        state = step(x[:, time], state)
        found.append(state)
    return np.stack(found, 1)


@pytest.mark.parametrize(("bias", "state", "backwards", "activation"), [
    (True, False, False, "linear"), (False, True, True, "linear"), (True, True, False, "relu")])
@pytest.mark.parametrize("sequences", [True, False])
def test_simple(sequences, bias, state, backwards, activation):
    q, own = recurrent(1, (UNITS,) if bias else None, state)
    tanh = saturating(q, "paq", (UNITS,), "HardTanhConfig")
    if not state:
        q.config["sq_conf"] = None
    x, y = results((TIMES, FEATURES), layer(
        "QSimpleRNN", q, own, units=UNITS, use_bias=bias, go_backwards=backwards,
        return_sequences=sequences, activation=activation))
    kernel, past, *rest = (q(n, w.astype(np.float64))
                           for n, w in zip(("kq", "rkq", "bq"), own, strict=False))

    def step(v, before):
        before = q("sq", before) if state else before
        new = tanh(v @ kernel + (rest[0] if rest else 0) + before @ past)
        return np.maximum(new, 0) if activation == "relu" else new
    expected = steps(q("iq", x), step, backwards)
    assert np.array_equal(y, expected if sequences else expected[:, -1])
    assert len(np.unique(y)) > 10


@pytest.mark.parametrize(("after", "bias"), [(True, True), (True, False), (False, True)])
@pytest.mark.parametrize("activation", ["linear", "relu"])
def test_gru(activation, after, bias):
    shape = (2, 3 * UNITS) if after else (3 * UNITS,)
    q, own = recurrent(3, shape if bias else None)
    tanh = saturating(q, "paq", (UNITS,), "HardTanhConfig")
    sigmoid = saturating(q, "praq", (2 * UNITS,), "HardSigmoidConfig")
    q.add("rhq", (UNITS,), k=1, i=1)
    x, y = results((TIMES, FEATURES), layer(
        "QGRU", q, own, units=UNITS, use_bias=bias, reset_after=after, return_sequences=True,
        activation=activation, recurrent_activation="linear"))
    kernel, past, *rest = (q(n, w.astype(np.float64))
                           for n, w in zip(("kq", "rkq", "bq"), own, strict=False))
    rows = rest[0].reshape(-1, 3 * UNITS) if bias else np.zeros((1, 3 * UNITS))

    def step(v, before):
        before = q("sq", before)
        gates = v @ kernel + rows[0]
        inner = before @ past + (rows[1] if after and bias else 0)
        share = sigmoid(gates[:, :2 * UNITS] + inner[:, :2 * UNITS])
        update, reset = share[:, :UNITS], share[:, UNITS:]
        kept = reset * q("rhq", inner[:, 2 * UNITS:]) if after else (
            q("rhq", reset * before) @ past[:, 2 * UNITS:])
        new = gates[:, 2 * UNITS:] + kept
        new = tanh(np.maximum(new, 0) if activation == "relu" else new)
        return update * before + (1 - update) * new
    assert np.array_equal(y, steps(q("iq", x), step, False))
    assert len(np.unique(y)) > 10


@pytest.mark.parametrize(("config", "message"), [
    ({"return_state": True}, "one: return_state is not supported in QSimpleRNN; return_state = F"),
    ({"stateful": True}, "one: stateful is not supported in QSimpleRNN"),
    ({"activation": "tanh"}, "one: activation tanh is not supported in an HGQ2 model"),
])
def test_what_is_not_known_is_refused(config, message):
    q, own = recurrent(1, (UNITS,))
    saturating(q, "paq", (UNITS,), "HardTanhConfig")
    with pytest.raises(UnsupportedError, match=message):
        results((TIMES, FEATURES), layer("QSimpleRNN", q, own, units=UNITS, **config))
