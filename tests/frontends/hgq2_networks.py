# SPDX-License-Identifier: Apache-2.0
"""Layers of HGQ2 with random precisions, as its files hold them, and what they do to numbers."""

import numpy as np

from nnhw import golden
from nnhw.frontends.hgq2 import lower
from nnhw.frontends.hgq2_calls import Call, model_calls
from nnhw.frontends.hgq2_layer import Hgq2Layer
from nnhw.passes.pipeline import optimize

__all__ = ["ROUND", "Quantizers", "applied", "entered", "layer", "merged", "results"]

ROUND = {"TRN": np.floor, "RND": lambda v: np.floor(v + 0.5), "RND_CONV": np.round}

WEIGHTS = ("kq", "rkq")


class Quantizers:
    """Random precision for each element, as HGQ2 stores it, and what it does to numbers."""

    def __init__(self, seed, rounding="RND", overflow="WRAP", same=False):
        self.rng, self.rounding, self.overflow = np.random.default_rng(seed), rounding, overflow
        self.same, self.bits, self.variables, self.config = same, {}, {}, {}

    def add(self, which, shape, k=None, i=None, f=None):
        """One more: ``iq``, ``kq``, ``bq``, ``oq``; ``iq0``, ``iq1`` ... of many operands.

        Nothing is the name of a Quantizer's own.
        """
        draw = (lambda a, b: np.full(shape, self.rng.integers(a, b))) if self.same else (
            lambda a, b: self.rng.integers(a, b, shape))
        drawn = draw(0, 2), draw(0, 4), draw(-1, 5)
        k, i, f = self.bits[which] = [
            own if given is None else np.full(shape, given)
            for own, given in zip(drawn, (k, i, f), strict=True)]
        order = [f, k, i] if self.overflow == "WRAP" else [i, f, k]
        kinds = [np.float32, np.uint8, np.float32] if self.overflow == "WRAP" else [
            np.float32, np.float32, np.uint8]
        place = f"{which}/quantizer".lstrip("/")
        conf = {"config": {"q_type": "kif", "round_mode": self.rounding,
                           "overflow_mode": self.overflow, "is_weight": which in WEIGHTS}}
        if which.startswith("iq") and which != "iq":
            place = "iq/quantizers/quantizer" + f"_{which[2:]}" * (which != "iq0") + "/quantizer"
            self.config.setdefault("iq_confs", []).append(conf)
        else:
            self.config[f"{which}_conf" if which else "config"] = conf
        self.variables |= {f"{place}/{n}": v.astype(kind)
                           for n, (v, kind) in enumerate(zip(order, kinds, strict=True))}
        return self

    def __call__(self, which, x):
        k, i, f = self.bits[which]
        y = ROUND[self.rounding](x * 2.0**f)
        low, high = -k * 2.0**(i + f), 2.0**(i + f) - 1
        if self.overflow == "WRAP" and which in WEIGHTS:
            return y / 2.0**f
        if self.overflow == "WRAP":
            y = (y - low) % (high - low + 1) + low
        else:
            y = np.clip(y, -high * k if self.overflow == "SAT_SYM" else low, high)
        return np.where(k + i + f > 0, y, 0) / 2.0**f


def layer(kind, quantizers, own=(), **config):
    """A layer with its quantizers and variables of its own."""
    variables = quantizers.variables | {str(n): v.astype(np.float32) for n, v in enumerate(own)}
    return Hgq2Layer(kind, {"name": "one", "padding": "valid"} | quantizers.config | config,
                     variables)


def entered(name, shape):
    """An input of the network."""
    return Hgq2Layer("InputLayer", {"name": name, "batch_shape": [None, *shape]}, {})


def applied(calls, outputs):
    """Floats that go in, and those that come out, by name, before and after all passes."""
    graph = lower("net", calls, {name: name for name in outputs})
    rng = np.random.default_rng(9)
    x = {port.name: rng.normal(0, 3, (60, *port.shape)).astype(np.float32)
         for port in graph.inputs}
    found = []
    for one in (graph, optimize(graph)):
        codes = golden.run(one, {port.name: port.encode(x[port.name]) for port in one.inputs})
        found.append({port.name: port.decode(codes[port.name]) for port in one.outputs})
    assert all(np.array_equal(y, found[1][name]) for name, y in found[0].items())
    return {name: value.astype(np.float64) for name, value in x.items()}, found[0]


def results(shape, *layers):
    """Floats that go in, and those that come out of layers that follow one another."""
    calls, outputs = model_calls("Sequential", {}, [entered("x", shape), *layers])
    x, found = applied(calls, outputs)
    return x["x"], next(iter(found.values()))


def merged(one, *shapes, ahead=()):
    """Floats that go into a layer of several operands, and those that come out.

    Layers ``ahead`` of it get an input each.
    """
    names = "abcdefg"[:len(shapes)]
    calls = [Call(entered(name, shape), (), name)
             for name, shape in zip(names, shapes, strict=True)]
    calls += [Call(part, (name,), f"{name}_{name}")
              for name, part in zip(names, ahead, strict=False)]
    operands = tuple(f"{name}_{name}" if ahead else name for name in names)
    x, found = applied([*calls, Call(one, operands, "y")], ["y"])
    return [x[name] for name in names], found["y"]
