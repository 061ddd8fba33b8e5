# SPDX-License-Identifier: Apache-2.0
"""Operators of several tensors, and those that only move elements, agree with onnxruntime."""

import re
from typing import Any

import numpy as np
import pytest
from onnx import helper

from nnhw.config.config import Config
from nnhw.errors import UnsupportedError
from nnhw.frontends import load
from nnhw.layers import Concat, Gather, Lookup
from nnhw.numeric.types import parse_type
from nnhw.passes.pipeline import optimize

FINE = Config(precision=parse_type("fixed<30,10>"), table_size=1 << 14)


def f32(value: Any) -> Any:
    return np.asarray(value, dtype=np.float32)


def node(kind: str, inputs: str, output: str = "y", **attributes: Any) -> Any:
    return helper.make_node(kind, inputs.split(), output.split(), **attributes)


def normal(*shape: int, seed: int = 1) -> Any:
    return f32(np.random.default_rng(seed).normal(size=shape))


def reference(path: Any, x: Any) -> Any:
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(None, {"x": x[at:at + 1]})[0] for at in range(len(x))])


@pytest.fixture
def agrees(predict, save):
    def check(nodes: Any, constants: Any, shape: Any = (4, 5, 6), tolerance: float = 1e-3,
              config: Config = FINE, opset: int = 18) -> Any:
        path = save(nodes, constants, shape=("N", *shape), opset=opset)
        x = normal(7, *shape)
        graph = load(path, config)
        expected = reference(path, x)
        assert np.abs(predict(graph, x) - expected).max() < tolerance
        assert np.abs(predict(optimize(graph), x) - expected).max() < tolerance
        return graph
    return check


#: Two branches: ``a`` from a convolution, channels last, and ``b``, pointwise.
BRANCHES = [node("Conv", "x w", "a"), node("Conv", "x v", "b")]
WEIGHTS = {"w": normal(3, 4, 1, 1), "v": normal(3, 4, 1, 1, seed=2), "k": normal(3, 1, 1, seed=3),
           "row": normal(6, seed=4), "one": f32(0.3)}


@pytest.mark.parametrize("kind", ["Add", "Sub", "Mul", "Max", "Min", "Sum", "Mean"])
def test_two_branches(agrees, kind):
    graph = agrees([*BRANCHES, node(kind, "a b")], WEIGHTS)
    assert not any(isinstance(n.op, Gather) for n in graph)


@pytest.mark.parametrize("kind", ["Sum", "Mean", "Max", "Min"])
@pytest.mark.parametrize("operands", ["a b a", "a k b", "row a one", "a"])
def test_any_number_of_operands(agrees, kind, operands):
    agrees([*BRANCHES, node(kind, operands)], WEIGHTS)


def test_division_of_tensors(agrees):
    nodes = [*BRANCHES, node("Sigmoid", "b", "s"), node("Add", "s one", "t"), node("Div", "a t")]
    agrees(nodes, WEIGHTS, tolerance=0.02, config=Config(precision=parse_type("fixed<24,6>"),
                                                         table_size=1 << 14))


@pytest.mark.parametrize("kind", ["Add", "Mul"])
@pytest.mark.parametrize("axes", [[2, 3], [1], [1, 3]])
def test_broadcast_of_a_live_tensor(agrees, kind, axes):
    """Squeeze and excite, and its like."""
    nodes = [*BRANCHES, node("ReduceMean", "b axes", "m"), node(kind, "m a")]
    agrees(nodes, WEIGHTS | {"axes": np.array(axes)})


def test_constant_that_widens(agrees):
    nodes = [node("ReduceMean", "x axes", "m"), node("Add", "m k", "s"), node("Mul", "s row")]
    agrees(nodes, WEIGHTS | {"axes": np.array([1, 3])})


@pytest.mark.parametrize("nodes", [
    [node("Sigmoid", "a", "s"), node("Mul", "a s")],
    [node("HardSigmoid", "a", "s"), node("Mul", "s a")],
    [node("Div", "a two", "d"), node("Erf", "d", "e"), node("Add", "e one", "f"),
     node("Mul", "a f", "g"), node("Mul", "g half")],
    [node("Softplus", "a", "s"), node("Tanh", "s", "t"), node("Mul", "a t")]])
def test_written_out_activations_become_one_table(agrees, nodes):
    constants = WEIGHTS | {"two": f32(2**0.5), "one": f32(1), "half": f32(0.5)}
    config = Config(precision=parse_type("fixed<20,6>"), table_size=1 << 14)
    graph = agrees([BRANCHES[0], *nodes], constants, tolerance=5e-3, config=config)
    assert sum(isinstance(n.op, Lookup) for n in graph) == 1


@pytest.mark.parametrize("axis", [1, 2, 3, -1])
@pytest.mark.parametrize("operands", ["a b", "a b a"])
def test_concat(agrees, axis, operands):
    graph = agrees([*BRANCHES, node("Concat", operands, axis=axis)], WEIGHTS)
    assert sum(isinstance(n.op, Concat) for n in graph) == operands.count(" ")
    assert not any(isinstance(n.op, Gather) for n in graph)


@pytest.mark.parametrize(("axis", "kernel"), [(1, (2, 4, 1, 1)), (2, (3, 4, 2, 1)),
                                              (3, (3, 4, 1, 3))])
def test_concat_of_unequal_lengths(agrees, axis, kernel):
    nodes = [BRANCHES[0], node("Conv", "x u", "b"), node("Concat", "a b a", axis=axis)]
    agrees(nodes, WEIGHTS | {"u": normal(*kernel)})


def test_concat_of_vectors_of_unequal_lengths(agrees):
    nodes = [node("MatMul", "x m", "a"), node("MatMul", "x n", "b"),
             node("Concat", "a x b", axis=1)]
    agrees(nodes, {"m": normal(4, 3), "n": normal(4, 7)}, shape=(4,))


@pytest.mark.parametrize("operands", ["k a", "a k", "k a z b k", "z a"])
@pytest.mark.parametrize("axis", [1, 2])
def test_concat_with_constants(agrees, operands, axis):
    size = (1, 2, 5, 6) if axis == 1 else (1, 3, 2, 6)
    agrees([*BRANCHES, node("Concat", operands, axis=axis)],
           WEIGHTS | {"k": normal(*size), "z": f32(np.zeros(size))}, tolerance=2e-3)


def test_constants_of_a_concat_that_do_not_fit(save):
    for constant, message in ((normal(2, 2, 5, 6), "constant operand 1 has shape (2, 2, 5, 6)"),
                              (normal(1, 2, 5, 5), "its operands differ along other axes")):
        path = save([BRANCHES[0], node("Concat", "a k", axis=1)],
                    WEIGHTS | {"k": constant}, shape=("N", 4, 5, 6))
        with pytest.raises(UnsupportedError, match=re.escape(message)):
            load(path, FINE)


SHARED = [
    [node("Mul", "x one", "c"), node("Conv", "c w", "a"), node("Conv", "x v", "b"),
     node("Add", "a b")],
    [node("Sub", "x one", "s"), node("Div", "s one", "n"), node("Conv", "n w", "a"),
     node("Mul", "n one", "q"), node("Conv", "q v", "b"), node("Add", "a b")],
    [node("Conv", "x w", "a"), node("Transpose", "x", "t", perm=[0, 2, 3, 1]),
     node("MatMul", "t m", "b"), node("Transpose", "b", "c", perm=[0, 3, 1, 2]),
     node("Add", "a c")],
    [node("Flatten", "x", "g"), node("Conv", "x w", "a"), node("Flatten", "a", "f"),
     node("Concat", "f g", axis=1)],
]


@pytest.mark.parametrize("nodes", SHARED, ids=["scaled", "normalized", "transposed", "flattened"])
def test_an_input_read_in_several_ways_is_quantized_once(agrees, nodes):
    graph = agrees(nodes, WEIGHTS | {"m": normal(4, 3)}, tolerance=2e-3)
    assert len(graph.inputs) == 1


@pytest.mark.parametrize("axis", [1, 2, 3])
def test_split(agrees, axis):
    size = (3, 5, 6)[axis - 1]
    nodes = [BRANCHES[0], node("Split", "a sizes", "p q", axis=axis), node("Relu", "q")]
    agrees(nodes, WEIGHTS | {"sizes": np.array([1, size - 1])})


MOVES = [
    (node("Slice", "a s e ax st"), {"s": [1, -1], "e": [5, -7], "ax": [2, 3], "st": [2, -1]}),
    (node("Slice", "a s e ax"), {"s": [1], "e": [2**31 - 1], "ax": [1]}),
    (node("Pad", "a p"), {"p": [0, 0, 1, 2, 0, 1, 0, 3]}),
    (node("Pad", "a p", mode="reflect"), {"p": [0, 0, 1, 2, 0, 0, 0, 3]}),
    (node("Pad", "a p", mode="edge"), {"p": [0, 0, 1, 2, 0, 0, 0, 3]}),
    (node("Tile", "a p"), {"p": [1, 2, 1, 3]}),
    (node("Gather", "a p", axis=1), {"p": [2, 0, 0, 1]}),
    (node("Gather", "a p", axis=3), {"p": [[2, 0], [5, 1]]}),
    (node("DepthToSpace", "r", blocksize=2), {}),
    (node("SpaceToDepth", "c", blocksize=2), {})]


@pytest.mark.parametrize(("move", "constants"), MOVES, ids=lambda v: getattr(v, "op_type", ""))
def test_moves(agrees, move, constants):
    wide = {"w": normal(8, 4, 1, 1), "cut": normal(3, 4, 2, 1)}
    nodes = [node("Conv", "x w", "a")]
    if move.input[0] == "r":
        nodes = [node("Conv", "x w", "r")]
    if move.input[0] == "c":
        nodes = [node("Conv", "x cut", "c")]
    else:
        wide["w"] = wide["w"] if move.input[0] == "r" else WEIGHTS["w"]
    agrees([*nodes, move], wide | {k: np.array(v) for k, v in constants.items()})


def test_pad_with_a_value(agrees):
    graph = agrees([*BRANCHES, node("Relu", "a", "r"), node("Pad", "r p pv")],
                   WEIGHTS | {"p": np.array([0, 0, 1, 0, 0, 0, 0, 1]), "pv": f32(0.75)})
    assert graph.nodes[-1].op.value == 0.75 * 2**20


@pytest.mark.parametrize("attributes", [
    {"coordinate_transformation_mode": mode, "nearest_mode": nearest}
    for mode in ("asymmetric", "half_pixel", "align_corners", "pytorch_half_pixel")
    for nearest in ("floor", "ceil", "round_prefer_floor", "round_prefer_ceil")], ids=str)
@pytest.mark.parametrize("scales", [[1, 1, 2, 2], [1, 1, 1.5, 0.5]])
def test_resize(agrees, attributes, scales):
    enlarge = helper.make_node("Resize", ["a", "", "s"], ["y"], mode="nearest", **attributes)
    agrees([BRANCHES[0], enlarge], WEIGHTS | {"s": f32(scales)})


def test_random_branches_keep_one_order(agrees):
    """Residuals, concats and reshapes of conv branches: nothing is reordered but where it must."""
    nodes = [node("Conv", "x w", "a"), node("Relu", "a", "r"), node("Conv", "x v", "b"),
             node("Add", "r b", "s"), node("Concat", "s r", "c", axis=1),
             node("Conv", "c u", "d", pads=[1, 1, 1, 1]), node("Flatten", "d", "f"),
             node("MatMul", "f m")]
    constants = WEIGHTS | {"u": normal(2, 6, 3, 3), "m": normal(60, 4)}
    graph = agrees(nodes, constants, tolerance=0.01)
    assert not any(isinstance(n.op, Gather) for n in graph)


REFUSED = [
    ([node("Concat", "x x", axis=0)], "node 'y': Concat: axis 0 is the batch"),
    ([node("Slice", "x s e ax")], "node 'y': Slice: it cuts the batch; axes behind it would work"),
    ([node("Gather", "x s", axis=0)], "node 'y': Gather: it moves elements from one sample"),
    ([helper.make_node("Resize", ["x", "", "sc"], ["y"], mode="linear")],
     "node 'y': Resize: mode 'linear' with 'half_pixel' is not supported; mode 'nearest' would"),
    ([node("Pow", "x two")], "node 'y': Pow: operand 1 must be one number, not 2"),
]


@pytest.mark.parametrize(("nodes", "message"), REFUSED)
def test_refused(save, nodes, message):
    constants = {"s": np.array([1]), "e": np.array([2]), "ax": np.array([0]),
                 "sc": f32([1, 1, 2, 2]), "two": f32([1, 2])}
    path = save(nodes, constants, shape=("N", 4, 5, 2), opset=18)
    with pytest.raises(UnsupportedError, match=message):
        load(path)
