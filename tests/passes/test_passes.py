# SPDX-License-Identifier: Apache-2.0
"""Every pass leaves every output bit as it was, and does what it is for."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nnhw import golden
from nnhw.ir.graph import Graph, InputPort, Node, OutputPort
from nnhw.ir.types import TensorType
from nnhw.layers import Add, Dense, Lookup, Relu, Requantize, Reshape, Threshold
from nnhw.numeric.types import FixedType, Overflow, Quantizer, Rounding
from nnhw.passes.absorb_relu import absorb_relu
from nnhw.passes.drop_dead_channels import drop_dead_channels
from nnhw.passes.drop_identity import drop_identity
from nnhw.passes.drop_unused import drop_unused
from nnhw.passes.fold_constant_channels import fold_constant_channels
from nnhw.passes.merge_requantize import merge_requantize
from nnhw.passes.narrow_intervals import narrow_intervals
from nnhw.passes.pipeline import PASSES, optimize

X = FixedType(6, 3)


def network(*ops: Any, outputs: tuple[str, ...] = (), shape: tuple[int, ...] = (5,)) -> Graph:
    """A graph of operations made by ``f(operand types)``, each reading the one before."""
    types = {"x": TensorType.of(shape, X)}
    nodes, before = [], "x"
    for make in ops:
        op, names = make(types, before)
        nodes.append(Node(op, names))
        types[op.name] = op.y
        before = op.name
    ports = tuple(OutputPort(f"o_{name}", name, types[name].shape, types[name])
                  for name in (*outputs, before))
    return Graph("net", (InputPort("x", shape, types["x"], X, 2.0**-3),), tuple(nodes), ports)


def op(kind: Any, name: str, **fields: Any) -> Any:
    return lambda types, before: (kind(name, types[before], **fields), (before,))


def dense(name: str, weight: Any, bias: Any) -> Any:
    return op(Dense, name, weight=np.array(weight), bias=np.array(bias))


def same(before: Graph, after: Graph) -> None:
    """Equal outputs for random and extreme operands; types that hold what was computed."""
    rng = np.random.default_rng(0)
    x = rng.integers(X.min, X.max + 1, (300, *before.inputs[0].type.shape))
    x[0], x[1] = X.min, X.max
    expected, got = golden.run(before, {"x": x}), golden.run(after, {"x": x})
    assert expected.keys() == got.keys()
    assert all((expected[name] == got[name]).all() for name in expected)
    for name, values in golden.trace(after, {"x": x}).items():
        kind = after.types[name]
        assert (values >= kind.low).all(), name
        assert (values <= kind.high).all(), name
    for a, b in zip(before.outputs, after.outputs, strict=True):
        assert (a.decode(expected[a.name]) == b.decode(got[b.name])).all()


def to(width: int, frac: int = 0, rounding: Rounding = Rounding.HALF_EVEN,
       overflow: Overflow = Overflow.SATURATE, signed: bool = True) -> Quantizer:
    return Quantizer(FixedType(width, frac, signed), rounding, overflow)


def kinds(graph: Graph) -> list[str]:
    return [node.op.kind for node in graph]


@pytest.mark.parametrize("overflow", Overflow)
@pytest.mark.parametrize("multiplier", [1, 3, -1])
@pytest.mark.parametrize("offset", [0, -9, 20])
def test_absorb_relu(overflow, multiplier, offset):
    graph = network(op(Relu, "r"), op(Requantize, "q", to=to(4, 1, overflow=overflow), shift=2,
                                      multiplier=multiplier, offset=offset))
    after = absorb_relu(graph)
    same(graph, after)
    saturates = overflow in (Overflow.SATURATE, Overflow.SATURATE_SYMMETRIC)
    assert kinds(after) == (["requantize"] if saturates and multiplier > 0
                            else ["relu", "requantize"])


def test_absorb_relu_leaves_other_readers_alone():
    graph = network(op(Relu, "r"), op(Requantize, "q", to=to(4), shift=2), outputs=("r",))
    assert kinds(absorb_relu(graph)) == ["relu", "requantize"]


def test_drop_identity():
    graph = network(op(Requantize, "same", to=to(9, 3)), op(Requantize, "other", to=to(9, 2)),
                    op(Reshape, "flat", shape=(5,)))
    after = drop_identity(graph)
    same(graph, after)
    assert [node.name for node in after] == ["other"]


@pytest.mark.parametrize("first", [
    {"to": to(12, 6), "shift": -3}, {"to": to(5, 2, Rounding.FLOOR), "shift": 1},
    {"to": to(4, 2, Rounding.FLOOR), "shift": 1}, {"to": to(5, 2), "shift": 1},
    {"to": to(5, 3), "shift": 0}, {"to": to(6, 3), "multiplier": 2, "offset": 3, "shift": 1}])
@pytest.mark.parametrize("second", [
    {"to": to(4, 1, Rounding.FLOOR), "shift": 1}, {"to": to(4, 2), "shift": 0, "low": 0},
    {"to": to(5, 2), "multiplier": np.array([1, 2, 3, -1, 5]), "offset": 7, "shift": 3},
    {"to": to(3, 3, overflow=Overflow.WRAP), "shift": 0}])
def test_merge_requantize(first, second):
    second = dict(second)
    if second["shift"] == 0:
        second["to"] = replace(second["to"], type=replace(
            second["to"].type, frac=first["to"].type.frac))
    graph = network(op(Requantize, "a", **first), op(Requantize, "b", **second))
    same(graph, merge_requantize(graph))


def test_merge_requantize_merges():
    graph = network(op(Requantize, "a", to=to(12, 6), shift=-3),
                    op(Requantize, "b", to=to(8, 4), shift=2))
    assert kinds(merge_requantize(graph)) == ["requantize"]


W1 = [[1, 0, 2, -1, 3], [0, 0, 0, 0, 0], [1, 1, -1, 2, 0], [4, -3, 0, 0, 1]]
B1 = [3, 11, -7, 0]


@pytest.mark.parametrize("middle", [
    (), (op(Relu, "r"),), (op(Requantize, "q", to=to(6), shift=2, multiplier=np.array([1, 2, 3, 4]),
                             offset=np.array([5, 6, 7, 8])),),
    (op(Threshold, "t", thresholds=np.array([[-9, 0], [0, 5], [1, 2], [3, 90]]),
        descending=np.array([True, False, False, True])),),
    (op(Relu, "l", slope=np.array([1, 2, 3, 1]), slope_frac=2),
     op(Lookup, "k", table=np.arange(32).reshape(4, 8)[::-1], start=-20, shift=3))])
def test_dead_and_constant_channels(middle):
    graph = network(dense("a", W1, B1), *middle,
                    dense("b", [[1, 5, 0, 2], [0, -4, 0, 3]], [1, 2]))
    folded = fold_constant_channels(graph)
    same(graph, folded)
    after = drop_dead_channels(folded)
    same(graph, after)
    first, last = after.nodes[0].op, after.nodes[-1].op
    assert isinstance(first, Dense)
    assert isinstance(last, Dense)
    # A lookup states one interval for all channels, so only the unread one is known to be dead.
    left = 3 if any(isinstance(node.op, Lookup) for node in graph) else 2
    assert (first.fan_out, last.fan_in) == (left, left)


def test_all_channels_dead_keeps_one():
    graph = network(dense("a", W1, B1), dense("b", np.zeros((2, 4), dtype=np.int64), [1, 2]))
    after = optimize(graph)
    same(graph, after)
    assert after.types["a"].shape == (1,)


def test_drop_unused_and_narrow():
    graph = network(op(Relu, "r"), op(Relu, "s"))
    graph = replace(graph, outputs=(replace(graph.outputs[0], tensor="r"),))
    assert [node.name for node in drop_unused(graph)] == ["r"]
    wide = TensorType.of((5,), FixedType(9, 3))
    graph = network(lambda types, before: (Relu("r", wide), (before,)))
    assert graph.types["r"].bounds == (0, 255)
    after = narrow_intervals(graph)
    same(graph, after)
    assert after.types["r"].bounds == (0, 31)


def random_network(seed: int) -> Graph:
    rng = np.random.default_rng(seed)
    made: list[Any] = []
    for at in range(int(rng.integers(2, 9))):
        made.append(random_op(rng, f"n{at}"))
    return network(*made, outputs=("n0",) if rng.random() < 0.3 else ())


def random_op(rng: Any, name: str) -> Any:
    def make(types: Any, before: str) -> Any:
        x = types[before]
        channels = x.shape[-1]
        match rng.integers(0, 6):
            case 0 | 1:
                fan_out = int(rng.integers(1, 6))
                weight = rng.integers(-3, 4, (fan_out, channels)) * (rng.random(
                    (fan_out, channels)) < 0.5) * (rng.random(channels) < 0.7)
                return Dense(name, x, weight, rng.integers(-9, 9, fan_out)), (before,)
            case 2:
                return Relu(name, x), (before,)
            case 3:
                rows = np.sort(rng.integers(-20, 20, (channels, 3)))
                return Threshold(name, x, rows, rng.random(channels) < 0.5), (before,)
            case 4 if types["x"].shape == x.shape:
                return Add(name, x, types["x"], int(rng.integers(0, 3)), 1), (before, "x")
        quantizer = Quantizer(FixedType(int(rng.integers(2, 9)), int(rng.integers(-1, 3))),
                              rng.choice(list(Rounding)), rng.choice(list(Overflow)))
        wide = rng.random() < 0.5
        return Requantize(name, x, quantizer, int(rng.integers(-1, 4)),
                          rng.integers(-2, 5, channels) if wide else 1,
                          int(rng.integers(-5, 5)) if wide else 0), (before,)
    return make


@pytest.mark.parametrize("seed", range(150))
def test_random_graphs(seed):
    graph = random_network(seed)
    for one in PASSES:
        same(graph, one(graph))
    same(graph, optimize(graph))


def test_writable_weights_are_not_taken_for_constants():
    types = (FixedType(4), FixedType(12))
    first = op(Dense, "first", weight=np.ones((4, 5), int), bias=np.zeros(4, int), writable=types)
    last = op(Dense, "last", weight=np.zeros((3, 4), int), bias=np.zeros(3, int), writable=types)
    still = dense("last", [[1, 0, 0, 2]], [3])
    for graph in (network(first, last), network(first, still),
                  network(dense("first", np.zeros((4, 5), int), [1, 2, 3, 4]), last)):
        after = optimize(graph)
        same(graph, after)
        for node in after:
            if node.op.writable:
                before = graph.producer(node.name).op
                assert np.array_equal(node.op.weight, before.weight)
                assert np.array_equal(node.op.bias, before.bias)
