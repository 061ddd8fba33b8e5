# SPDX-License-Identifier: Apache-2.0
"""Convolutions and pools agree with onnxruntime, channels last all the way."""

from typing import Any

import numpy as np
import pytest
from onnx import helper

from nnhw.config.config import Config
from nnhw.errors import UnsupportedError
from nnhw.frontends import load
from nnhw.layers import Gather, Reshape, Total, Window
from nnhw.numeric.types import parse_type
from nnhw.passes.pipeline import optimize

FINE = Config(precision=parse_type("fixed<30,10>"))


def f32(value: Any) -> Any:
    return np.asarray(value, dtype=np.float32)


def node(kind: str, inputs: str, output: str = "y", **attributes: Any) -> Any:
    return helper.make_node(kind, inputs.split(), [output], **attributes)


def images(*shape: int, count: int = 7) -> Any:
    return f32(np.random.default_rng(5).normal(size=(count, *shape)))


def normal(*shape: int, seed: int = 1) -> Any:
    return f32(np.random.default_rng(seed).normal(size=shape))


def reference(path: Any, x: Any) -> Any:
    """By onnxruntime: onnx's own reference mistakes groups and asymmetric pads."""
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(None, {"x": x[at:at + 1]})[0] for at in range(len(x))])


@pytest.fixture
def agrees(predict, save):
    def check(nodes: Any, constants: Any, shape: Any, tolerance: float = 1e-3, opset: int = 18
              ) -> Any:
        path = save(nodes, constants, shape=("N", *shape), opset=opset)
        x = images(*shape)
        graph = load(path, FINE)
        expected = reference(path, x)
        assert np.abs(predict(graph, x) - expected).max() < tolerance
        assert np.abs(predict(optimize(graph), x) - expected).max() < tolerance
        return graph
    return check


CONVS = [
    {"kernel_shape": [3, 3]}, {"pads": [1, 1, 1, 1]}, {"pads": [0, 2, 1, 0]},
    {"strides": [2, 1]}, {"strides": [2, 3], "pads": [1, 0, 1, 2]}, {"dilations": [2, 1]},
    {"auto_pad": "SAME_UPPER", "strides": [2, 2]}, {"auto_pad": "SAME_LOWER", "strides": [2, 2]},
    {"auto_pad": "VALID", "strides": [2, 1]}]


@pytest.mark.parametrize("attributes", CONVS, ids=str)
@pytest.mark.parametrize("group", [1, 2, 4])
def test_conv(agrees, attributes, group):
    constants = {"w": normal(8, 4 // group, 3, 3), "b": normal(8)}
    agrees([node("Conv", "x w b", group=group, **attributes)], constants, (4, 9, 8))


@pytest.mark.parametrize(("group", "attributes"), [
    (1, {}), (1, {"pads": [2, 1], "strides": [2]}), (3, {"dilations": [2]})])
def test_conv_of_signals(agrees, group, attributes):
    agrees([node("Conv", "x w", group=group, **attributes)], {"w": normal(6, 3 // group, 3)},
           (3, 11))


def test_pointwise_conv_needs_no_window(agrees):
    graph = agrees([node("Conv", "x w b")], {"w": normal(5, 3, 1, 1), "b": normal(5)}, (3, 4, 6))
    assert [n.op.kind for n in graph] == ["dense"]
    graph = agrees([node("Conv", "x w", strides=[2, 2])], {"w": normal(5, 3, 1, 1)}, (3, 4, 6))
    assert isinstance(graph.nodes[0].op, Window)


def test_names_of_a_convolution(save):
    path = save([node("Conv", "x w", "net/conv1/Conv2D:0"), node("Relu", "net/conv1/Conv2D:0", "r"),
                 node("MaxPool", "r", "net/pool/MaxPool:0", kernel_shape=[2, 2]),
                 node("Identity", "net/pool/MaxPool:0")], {"w": normal(2, 3, 3, 3)},
                shape=("N", 3, 6, 6))
    assert [n.name for n in load(path)] == [
        "conv1_window", "conv1_window_reshape", "conv1", "conv1_out", "pool_window", "pool"]


@pytest.mark.parametrize("attributes", [
    {}, {"strides": [2, 2]}, {"strides": [2, 3], "pads": [1, 0, 2, 1], "output_padding": [1, 0]},
    {"dilations": [2, 2], "strides": [1, 2]}, {"auto_pad": "SAME_UPPER", "strides": [2, 2]},
    {"auto_pad": "SAME_LOWER", "strides": [3, 2]}], ids=str)
@pytest.mark.parametrize("group", [1, 2])
def test_conv_transpose(agrees, attributes, group):
    constants = {"w": normal(4, 6 // group, 3, 3), "b": normal(6)}
    agrees([node("ConvTranspose", "x w b", group=group, **attributes)], constants, (4, 5, 4))


@pytest.mark.parametrize("attributes", [
    {"kernel_shape": [2, 2], "strides": [2, 2]}, {"kernel_shape": [3, 2], "pads": [1, 0, 1, 1]},
    {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1},
    {"kernel_shape": [2, 3], "auto_pad": "SAME_UPPER", "strides": [2, 1]},
    {"kernel_shape": [9, 8]}], ids=str)
@pytest.mark.parametrize("kind", ["MaxPool", "AveragePool"])
def test_pools(agrees, kind, attributes):
    graph = agrees([node(kind, "x", **attributes)], {}, (4, 9, 8))
    assert isinstance(graph.nodes[0].op, Total if attributes["kernel_shape"] == [9, 8] else Window)


def test_average_that_counts_padding(agrees):
    for count in (0, 1):
        agrees([node("AveragePool", "x", kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[2, 2],
                     count_include_pad=count)], {}, (2, 7, 7))


def test_dilated_pool(agrees):
    agrees([node("MaxPool", "x", kernel_shape=[2, 2], dilations=[2, 3])], {}, (2, 7, 7))


@pytest.mark.parametrize("kind", ["GlobalAveragePool", "GlobalMaxPool"])
@pytest.mark.parametrize("shape", [(4, 6, 5), (4, 7)])
def test_global_pools(agrees, kind, shape):
    graph = agrees([node(kind, "x")], {}, shape)
    assert any(isinstance(n.op, Total) for n in graph)


@pytest.mark.parametrize("kind", ["ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin"])
@pytest.mark.parametrize("axes", [[2, 3], [1], [3], [2], [1, 3], [1, 2, 3], [-1, -2]])
@pytest.mark.parametrize("keep", [0, 1])
def test_reductions(agrees, kind, axes, keep):
    agrees([node("Conv", "x w", "c"), node(kind, "c axes", keepdims=keep)],
           {"w": normal(3, 4, 1, 1), "axes": np.array(axes)}, (4, 3, 5))


def test_keras_layout_costs_nothing(agrees):
    """Channels-last models carry transposes; none of them reaches the graph."""
    nodes = [node("Transpose", "x", "t", perm=[0, 3, 1, 2]), node("Conv", "t w b", "c"),
             node("Relu", "c", "r"), node("MaxPool", "r", "p", kernel_shape=[2, 2]),
             node("Transpose", "p", "q", perm=[0, 2, 3, 1]), node("Flatten", "q", "f"),
             node("MatMul", "f m")]
    constants = {"w": normal(5, 3, 2, 2), "b": normal(5), "m": normal(4 * 4 * 5, 6)}
    graph = agrees(nodes, constants, (6, 6, 3), 5e-3)
    assert not any(isinstance(n.op, Gather) for n in graph)
    assert graph.inputs[0].steps == ()
    assert graph.inputs[0].type.shape == (6, 6, 3)


def test_channels_first_ports_are_transposed_on_the_host(agrees):
    nodes = [node("Relu", "x", "i"), node("Conv", "i w", "c"), node("Flatten", "c", "f"),
             node("Gemm", "f m v", "g"), node("Relu", "c", "y")]
    constants = {"w": normal(5, 3, 2, 2), "m": normal(5 * 5 * 5, 6), "v": normal(6)}
    graph = agrees(nodes, constants, (3, 6, 6), 5e-3)
    assert not any(isinstance(n.op, Gather) for n in graph)
    assert [s.kind for s in graph.inputs[0].steps] == ["transpose"]
    assert graph.inputs[0].type.shape == (6, 6, 3)
    assert graph.outputs[0].type.shape == (5, 5, 5)
    assert [s.kind for s in graph.outputs[0].steps] == ["reshape", "transpose", "reshape"]


def test_flatten_of_channels_first_permutes_the_weights(agrees):
    nodes = [node("Conv", "x w", "c"), node("Flatten", "c", "f"), node("Gemm", "f m v")]
    graph = agrees(nodes, {"w": normal(5, 3, 2, 2), "m": normal(80, 6), "v": normal(6)},
                   (3, 5, 5), 5e-3)
    assert not any(isinstance(n.op, Gather) for n in graph)


def test_channel_shuffle(agrees):
    nodes = [node("Conv", "x w", "c"), node("Reshape", "c s", "r"),
             node("Transpose", "r", "t", perm=[0, 2, 1, 3, 4]), node("Reshape", "t u", "v"),
             node("Conv", "v k", group=2)]
    constants = {"w": normal(6, 3, 1, 1), "s": np.array([1, 2, 3, 4, 4]),
                 "u": np.array([1, 6, 4, 4]), "k": normal(4, 3, 2, 2)}
    graph = agrees(nodes, constants, (3, 4, 4))
    assert sum(isinstance(n.op, Gather) for n in graph) == 1


def test_softmax_and_argmax_over_channels(predict, save):
    x = images(4, 3, 3)
    weights = {"w": normal(5, 4, 1, 1)}
    logits = reference(save([node("Conv", "x w")], weights, shape=("N", 4, 3, 3)), x)
    path = save([node("Conv", "x w", "c"), node("ArgMax", "c", axis=1)], weights,
                shape=("N", 4, 3, 3))
    graph = load(path, FINE)
    assert not any(isinstance(n.op, Gather) for n in graph)
    assert (predict(graph, x) == logits.argmax(axis=1)[:, None]).all()
    path = save([node("Conv", "x w", "c"), node("Softmax", "c", axis=1)], {"w": normal(5, 4, 1, 1)},
                shape=("N", 4, 3, 3))
    graph = load(path, Config(precision=parse_type("fixed<24,6>"), table_size=1 << 14))
    assert np.abs(predict(graph, x) - reference(path, x)).max() < graph.nodes[-1].op.error_bound


def test_batch_norm_and_prelu_follow_channels(agrees):
    nodes = [node("Conv", "x w", "c"), node("BatchNormalization", "c g b m v", "n"),
             node("PRelu", "n s")]
    constants = {"w": normal(5, 3, 2, 2), "g": normal(5), "b": normal(5), "m": normal(5),
                 "v": f32(np.random.default_rng(2).uniform(0.5, 2, 5)), "s": normal(5, 1, 1)}
    graph = agrees(nodes, constants, (3, 5, 5))
    assert [n.op.kind for n in graph if not isinstance(n.op, Reshape)] == [
        "window", "dense", "relu"]


@pytest.mark.parametrize("shape", [(4, 1, 1), (5, 1), (5,), (4, 5, 6)])
def test_slopes_along_any_axes(agrees, shape):
    nodes = [node("Conv", "x w", "c"), node("Transpose", "c", "t", perm=[0, 2, 1, 3]),
             node("PRelu", "t s", "p"), node("AveragePool", "p", kernel_shape=[2, 2])]
    agrees(nodes, {"w": normal(5, 3, 2, 2), "s": normal(*shape)}, (3, 5, 7)
           if shape != (5,) else (3, 5, 6))


def test_intervals_stay_per_channel(save):
    path = save([node("Conv", "x w", "c"), node("Relu", "c", "r"), node("Conv", "r k", "d"),
                 node("Relu", "d")], {"w": normal(8, 3, 3, 3), "k": normal(8, 8, 3, 3)},
                shape=("N", 3, 64, 64))
    for name, kind in load(path, FINE).types.items():
        assert np.size(kind.low) <= 8 * 9, name


REFUSED = [
    ([node("Conv", "x w")], (3, 4, 4, 4), "node 'y': Conv: a tensor with 3 spatial axes"),
    ([node("Conv", "x w")], (4, 5, 5), r"node 'y': Conv: a kernel of shape \(4, 3, 3, 3\) with"),
    ([node("Conv", "x w")], (3, 2, 2), r"node 'y': Conv: a kernel that spans \(3, 3\) is larger"),
    ([node("Conv", "x x")], (3, 5, 5), "node 'y': Conv: the kernel must be a constant"),
    ([node("MaxPool", "x", kernel_shape=[2, 2], storage_order=1)], (3, 5, 5),
     "node 'y': MaxPool: storage_order=1 is not supported"),
    ([helper.make_node("MaxPool", ["x"], ["y", "z"], kernel_shape=[2, 2])], (3, 5, 5),
     "node 'y': MaxPool: its second output, the indices, is not supported"),
    ([node("ReduceSum", "x zero")], (3, 5, 5), "node 'y': ReduceSum: it reduces the batch"),
    ([node("MaxPool", "x", kernel_shape=[2, 2], pads=[-1, 0, 0, 0])], (3, 5, 5),
     r"node 'y': MaxPool: pads \[-1, 0, 0, 0\] must be 4 numbers, none negative"),
    *(([node(kind, "x", kernel_shape=[2, 1], dilations=[2, 1], pads=[1, 0, 1, 0])], (3, 1, 5),
       f"node 'y': {kind}: one of its windows lies in the padding altogether")
      for kind in ("MaxPool", "AveragePool")),
]


@pytest.mark.parametrize(("nodes", "shape", "message"), REFUSED)
def test_refused(save, nodes, shape, message):
    path = save(nodes, {"w": normal(4, 3, 3, 3), "zero": np.array([0])}, shape=("N", *shape))
    with pytest.raises(UnsupportedError, match=message):
        load(path)
