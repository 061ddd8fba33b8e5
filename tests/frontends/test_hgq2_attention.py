# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest

from nnhw.errors import UnsupportedError
from nnhw.frontends.hgq2_calls import Call
from tests.frontends.hgq2_networks import Quantizers, applied, entered, layer

QUERIES, KEYS, HEADS, SIZE, WIDTH = 4, 5, 2, 3, 6
DENSE = {"query_dense": "btc,cnh->btnh", "key_dense": "btc,cnh->btnh",
         "value_dense": "btc,cnh->btnh", "output_dense": "btnh,nhc->btc"}


class Attention:
    """The layer with random weights and quantizers, and what it does to numbers."""

    def __init__(self, shapes, bias=True, fuse="none", linformer=0, seed=0):
        self.parts, self.weights, self.variables = {}, {}, {}
        self.config = {"fuse": fuse, "key_dim": SIZE, "stable_softmax": True}
        self.equations = dict(DENSE)
        self.seed, self.fuse = seed, fuse
        keys = linformer or shapes[1][0]
        if linformer:
            self.equations |= {"_lin_k_proj": "btc,ts->bsc", "_lin_v_proj": "btc,ts->bsc"}
            self.dense("_lin_k_proj", shapes[1], (shapes[1][0], linformer), None)
            self.dense("_lin_v_proj", shapes[1], (shapes[1][0], linformer), None)
        for place, count in (("query_dense", shapes[0][0]), ("key_dense", keys),
                             ("value_dense", keys)):
            self.dense(place, (count, shapes[0][1]), (shapes[0][1], HEADS, SIZE),
                       (HEADS, SIZE) if bias and place != "key_dense" else None,
                       (count, HEADS, SIZE))
        self.dense("output_dense", (shapes[0][0], HEADS, SIZE), (HEADS, SIZE, WIDTH),
                   (WIDTH,) if bias else None)
        scores = (HEADS, shapes[0][0], keys)
        for which in ("exp", "inv"):
            self.add(f"_softmax/{which}_table", f"softmax_{which}_", Quantizers(
                seed, "RND", "SAT").add("iq", (1, 1, 1), k=int(which == "inv"), i=3, f=4))
            self.add(f"_softmax/{which}_table", f"softmax_{which}_", Quantizers(
                seed, "RND_CONV", "SAT").add("oq", (1, 1, 1), k=0, i=0, f=7))
        self.add("_softmax", "softmax_", Quantizers(seed).add("oq", scores, k=0, i=1))

    def add(self, place, prefix, q):
        """Quantizers of a part: how HGQ2 stores them, for the layer and for its results."""
        self.parts.setdefault(place, {}).update(dict.fromkeys(q.bits, q))
        self.variables |= {f"{place}/{key}": value for key, value in q.variables.items()}
        self.config |= {f"{prefix}{key}": value for key, value in q.config.items()}

    def dense(self, place, shape, kernel, bias, made=None):
        """A dense layer inside; a shared input quantizer lies with the keys alone."""
        self.seed += 1
        q = Quantizers(self.seed).add("kq", kernel).add("bq", bias or (1,))
        if made:
            q.add("oq", made)
        else:
            q.config["oq_conf"] = None
        shared = {"none": (), "kv": ("value_dense",), "qkv": ("query_dense", "value_dense")}
        if place in shared[self.fuse]:
            q.bits["iq"] = None
        else:
            q.add("iq", shape)
        if not bias:
            q.variables = {key: v for key, v in q.variables.items() if not key.startswith("bq")}
        config = {key: value for key, value in q.config.items() if value}
        self.weights[place] = [q.rng.normal(0, 1, s).astype(np.float32)
                               for s in (kernel, bias) if s]
        q.variables |= {str(n): value for n, value in enumerate(self.weights[place])}
        q.config = config
        self.add(place, "qkvo_", q)

    def applied(self, place, x):
        """What a dense layer inside does."""
        parts = self.parts[place]
        entry = parts["iq"] if parts["iq"].bits["iq"] is not None else self.parts["key_dense"]["iq"]
        kernel, *bias = (w.astype(np.float64) for w in self.weights[place])
        y = np.einsum(self.equations[place], entry("iq", x), parts["kq"]("kq", kernel))
        y = y + (parts["bq"]("bq", bias[0]) if bias else 0)
        return parts["oq"]("oq", y) if "oq" in parts else y

    def __call__(self, query, value, key):
        if "_lin_k_proj" in self.parts:
            key, value = self.applied("_lin_k_proj", key), self.applied("_lin_v_proj", value)
        query, key, value = (self.applied(f"{name}_dense", x) for name, x in (
            ("query", query), ("key", key), ("value", value)))
        scores = np.einsum("bsnh,btnh->bnts", key, query)
        exp, inv = (self.parts[f"_softmax/{which}_table"] for which in ("exp", "inv"))
        distance = exp["iq"]("iq", scores.max(axis=-1, keepdims=True) - scores)
        e = exp["oq"]("oq", np.exp(-distance * np.float32(1 / math.sqrt(SIZE))))
        total = inv["iq"]("iq", e.sum(axis=-1, keepdims=True))
        weights = self.parts["_softmax"]["oq"]("oq", e * inv["oq"](
            "oq", (1 / (total + 1e-7)).astype(np.float32).astype(np.float64)))
        assert len(np.unique(weights)) > 10
        return self.applied("output_dense", np.einsum("bnts,bsnh->btnh", weights, value))


def attended(one, kind, shapes, **config):
    """Quantized operands of an attention layer, and its result."""
    quantizers = [Quantizers(n + 20).add("", shape, k=1, i=2, f=3)
                  for n, shape in enumerate(shapes)]
    names = ["query", "value", "key"][:len(shapes)]
    calls = [Call(entered(name, shape), (), name)
             for name, shape in zip(names, shapes, strict=True)]
    calls += [Call(layer("Quantizer", q, name=f"{name}_q"), (name,), f"{name}_q")
              for name, q in zip(names, quantizers, strict=True)]
    attention = layer(kind, one, **(one.config | config))
    calls.append(Call(attention, tuple(f"{name}_q" for name in names), "y"))
    x, y = applied(calls, ["y"])
    return [q("", x[name]) for name, q in zip(names, quantizers, strict=True)], y["y"]


@pytest.mark.parametrize("bias", [True, False])
def test_attention(bias):
    shapes = [(QUERIES, WIDTH), (KEYS, WIDTH), (KEYS, WIDTH)]
    one = Attention(shapes, bias)
    operands, y = attended(one, "QMultiHeadAttention", shapes)
    assert np.array_equal(y, one(*operands))


@pytest.mark.parametrize("fuse", ["none", "kv", "qkv"])
def test_attention_to_itself_with_shared_quantizers(fuse):
    shapes = [(QUERIES, WIDTH)]
    one = Attention(shapes * 2, fuse=fuse, seed=5)
    (x,), y = attended(one, "QMultiHeadAttention", shapes)
    assert np.array_equal(y, one(x, x, x))


def test_attention_to_fewer_keys():
    shapes = [(QUERIES, WIDTH), (KEYS, WIDTH)]
    one = Attention(shapes, linformer=2, seed=8)
    (x, z), y = attended(one, "QLinformerAttention", shapes)
    assert np.array_equal(y, one(x, z, z))


@pytest.mark.parametrize(("kind", "config", "message"), [
    ("QMultiHeadAttention", {"use_gate": True}, "one: use_gate is not supported in QMultiHeadAtt"),
    ("QMultiHeadAttention", {"sliding_window": 2}, "one: sliding_window is not supported"),
])
def test_what_is_not_known_is_refused(kind, config, message):
    shapes = [(QUERIES, WIDTH), (KEYS, WIDTH)]
    with pytest.raises(UnsupportedError, match=message):
        attended(Attention(shapes), kind, shapes, **config)


def test_a_mask_is_refused():
    shapes = [(QUERIES, WIDTH), (KEYS, WIDTH), (KEYS, WIDTH)]
    one, q = Attention(shapes), Quantizers(0).add("", (QUERIES, WIDTH))
    calls = [Call(entered("x", shapes[0]), (), "x"), Call(layer("Quantizer", q), ("x",), "q"),
             Call(layer("QMultiHeadAttention", one), ("q",) * 4, "y")]
    with pytest.raises(UnsupportedError, match="one: a mask is not supported"):
        applied(calls, ["y"])
