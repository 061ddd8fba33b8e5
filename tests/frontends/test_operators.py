# SPDX-License-Identifier: Apache-2.0
"""Float operators agree with the ONNX reference within what their types can hold."""

from typing import Any

import numpy as np
import pytest
from onnx import helper

from nnhw.config.config import Config, LayerConfig
from nnhw.errors import ConfigError, DataError, ModelError, UnsupportedError
from nnhw.frontends import describe, load, resolve_names
from nnhw.frontends.functions import OPERATORS
from nnhw.layers import Argmax, Dense, Lookup, Relu, Requantize
from nnhw.numeric.types import Overflow, parse_type

FINE = Config(precision=parse_type("fixed<24,8>"), table_size=1 << 14)


def f32(value: Any) -> Any:
    return np.asarray(value, dtype=np.float32)


def node(kind: str, inputs: str, output: str = "y", **attributes: Any) -> Any:
    return helper.make_node(kind, inputs.split(), [output], **attributes)


def inputs(*shape: int, scale: float = 1.0) -> Any:
    return f32(np.random.default_rng(5).normal(scale=scale, size=(200, *shape)))


def reference(path: Any, x: Any) -> Any:
    from onnx.reference import ReferenceEvaluator

    session = ReferenceEvaluator(str(path))
    return np.concatenate([session.run(None, {"x": x[at:at + 1]})[0] for at in range(len(x))])


def weights(seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    return {"w": f32(rng.normal(size=(4, 3))), "b": f32(rng.normal(size=3)),
            "wt": f32(rng.normal(size=(3, 4))), "v": f32(rng.normal(size=4)),
            "gain": f32(rng.uniform(0.5, 2, size=4)), "zero": f32(0), "six": f32(6)}


BN = {"mean": f32([1, -1, 0.5, 2]), "variance": f32([1, 0.3, 2, 4])}
#: Functions that are defined, and not too steep, where a product of normal numbers lies.
SMOOTH = [kind for kind in OPERATORS if kind not in ("Exp", "Log", "Reciprocal", "Sqrt", "Shrink",
                                                     "ThresholdedRelu", "Mish", "Swish")]
CASES: list[tuple[str, list[Any]]] = [
    ("matmul", [node("MatMul", "x w")]),
    ("bias", [node("MatMul", "x w", "m"), node("Add", "b m")]),
    ("gemm", [node("Gemm", "x wt b", alpha=0.5, beta=2.0, transB=1)]),
    ("gemm without bias", [node("Gemm", "x w")]),
    ("dense relu", [node("MatMul", "x w", "m"), node("Relu", "m", "r"),
                    node("Identity", "r")]),
    ("batch norm", [node("MatMul", "x q", "m"),
                    node("BatchNormalization", "m gain v mean variance", "n", epsilon=1e-3),
                    node("Relu", "n")]),
    ("input arithmetic", [node("Mul", "x gain", "a"), node("Sub", "v a", "s"),
                          node("MatMul", "s w")]),
    ("div", [node("MatMul", "x q", "m"), node("Div", "m gain")]),
    ("scale after relu", [node("MatMul", "x q", "m"), node("Relu", "m", "r"),
                          node("Mul", "r gain", "g"), node("Sub", "g v", "s"),
                          node("MatMul", "s w")]),
    ("clip", [node("MatMul", "x w", "m"), node("Clip", "m zero six")]),
    ("leaky", [node("MatMul", "x w", "m"), node("LeakyRelu", "m", alpha=0.1)]),
    ("hard sigmoid", [node("MatMul", "x w", "m"), node("HardSigmoid", "m", alpha=0.3)]),
    ("residual", [node("MatMul", "x q", "m"), node("Relu", "m", "r"), node("Add", "r x")]),
    ("difference", [node("MatMul", "x q", "m"), node("Sub", "x m")]),
    ("two readers", [node("MatMul", "x q", "m"), node("Relu", "m", "r"), node("Add", "r m")]),
    ("dropout", [node("Dropout", "x", "d"), node("MatMul", "d w")]),
    ("two layers", [node("MatMul", "x w", "m"), node("Relu", "m", "r"),
                    node("MatMul", "r wt")]),
    ("bare relu", [node("Relu", "x")]),
    *[(kind.lower(), [node("MatMul", "x w", "m"), node(kind, "m")]) for kind in SMOOTH],
]


@pytest.mark.parametrize(("name", "nodes"), CASES, ids=[name for name, _ in CASES])
def test_operator(predict, save, name, nodes):
    constants = weights() | BN | {"q": f32(np.random.default_rng(1).normal(size=(4, 4)))}
    path = save(nodes, constants, opset=14)
    x = inputs(4)
    graph = load(path, FINE)
    bound = sum(n.op.error_bound for n in graph if isinstance(n.op, Lookup))
    assert np.abs(predict(graph, x) - reference(path, x)).max() < 2e-3 + min(bound, 0.02)


@pytest.mark.parametrize("opset", [9, 11, 13, 18, 22])
def test_softmax_of_every_opset(predict, save, opset):
    nodes = [node("MatMul", "x w", "m"), node("Add", "m b", "s"), node("Softmax", "s")]
    path = save(nodes, weights(), opset=opset)
    x = inputs(4)
    graph = load(path, FINE)
    bound = graph.nodes[-1].op.error_bound
    assert np.abs(predict(graph, x) - reference(path, x)).max() < bound + 1e-3


@pytest.mark.parametrize(("keepdims", "last", "axis"), [(0, 0, 1), (1, 1, -1), (0, 1, -1)])
def test_argmax(predict, save, keepdims, last, axis):
    nodes = [node("MatMul", "x w", "m"), node("ArgMax", "m", keepdims=keepdims,
                                              select_last_index=last, axis=axis)]
    path = save(nodes, weights())
    x = inputs(4)
    graph = load(path, FINE)
    assert (predict(graph, x) == reference(path, x)).all()
    assert isinstance(graph.nodes[-1].op, Argmax)
    assert isinstance(graph.nodes[-2].op, Dense)


def test_shapes_that_cost_nothing(predict, save):
    nodes = [
        node("Unsqueeze", "x", "a", axes=[1]), node("Squeeze", "a", "u", axes=[1]),
        node("Flatten", "u", "c"), node("Shape", "x", "s"), node("Gather", "s i0", "n", axis=0),
        node("Unsqueeze", "n", "n1", axes=[0]), node("Concat", "n1 rest", "t", axis=0),
        node("Reshape", "c t", "d"), node("Transpose", "d", "e", perm=[0, 2, 1, 3]),
        node("MatMul", "e w")]
    constants = weights() | {"i0": np.array(0), "rest": np.array([1, 3, 4])}
    path = save(nodes, constants, shape=(1, 3, 4), opset=11)
    x = inputs(3, 4)
    graph = load(path, FINE)
    assert [n.op.kind for n in graph] == ["dense"] or len(graph.nodes) == 2
    assert np.abs(predict(graph, x) - reference(path, x)).max() < 1e-3


def test_axes_as_operands(predict, save):
    nodes = [node("Unsqueeze", "x one", "a"), node("Squeeze", "a one", "u"),
             node("MatMul", "u w")]
    path = save(nodes, weights() | {"one": np.array([1])}, opset=25)
    x = inputs(4)
    assert np.abs(predict(load(path, FINE), x) - reference(path, x)).max() < 1e-3


def test_functions_beyond_their_range_are_right(predict, save):
    path = save([node("MatMul", "x w", "m"), node("Softplus", "m")], {"w": f32(8 * np.eye(4))})
    x = inputs(4, scale=6)
    graph = load(path, Config(precision=parse_type("fixed<16,9>")))
    error = np.abs(predict(graph, x) - reference(path, x)).max()
    lookup = graph.nodes[-1].op
    assert isinstance(lookup, Lookup)
    assert lookup.error_bound is not None
    assert error < lookup.error_bound + 0.05


def test_exact_sum_reaches_the_output_and_result_type_changes_that(save):
    path = save([node("MatMul", "x w", "m")], weights(), outputs=("m",))
    assert [n.op.kind for n in load(path)] == ["dense"]
    chosen = Config(layers={"m": LayerConfig(result=parse_type("fixed<8,4>"))})
    graph = load(path, chosen)
    assert [n.op.kind for n in graph] == ["dense", "requantize"]
    assert str(graph.outputs[0].type.element) == "fixed<8,4>"


def test_types_of_a_layer(save):
    path = save([node("MatMul", "x w", "m"), node("Add", "m b", "s"), node("Relu", "s")],
                weights())
    layer = LayerConfig(weight=parse_type("fixed<6,3>"), bias=parse_type("fixed<20,3>"),
                        accum=parse_type("fixed<12,6,TRN,WRAP>"), result=parse_type("fixed<7,4>"))
    graph = load(path, Config(kinds={"matmul": layer}))
    dense, accum, relu = (n.op for n in graph)
    assert isinstance(dense, Dense)
    assert dense.frac == 17
    assert dense.weight_bits == 6
    assert isinstance(accum, Requantize)
    assert accum.to == layer.accum
    assert isinstance(relu, Requantize)
    assert relu.to == layer.result
    assert relu.low == 0


def test_wrapping_results_keep_relu_apart(save):
    path = save([node("MatMul", "x w", "m"), node("Relu", "m", "r"), node("MatMul", "r wt")],
                weights())
    graph = load(path, Config(precision=parse_type("fixed<8,3,TRN,WRAP>")))
    assert [type(n.op) for n in graph] == [Dense, Relu, Requantize, Dense]
    assert graph.nodes[2].op.to.overflow is Overflow.WRAP


def test_calibration(predict, save):
    path = save([node("MatMul", "x w", "m"), node("Relu", "m", "r"), node("MatMul", "r wt")],
                weights())
    x = inputs(4, scale=100)
    notes = load(path, Config(), x).notes
    assert any("x 603 of 800" in n for n in notes), notes
    graph = load(path, Config(precision="auto"), x)
    assert not any(int(n.split()[1]) for n in graph.notes[-1].split(": ", 1)[1].split(", "))
    assert np.abs(predict(graph, x) - reference(path, x)).max() < 0.2
    with pytest.raises(ConfigError, match="precision 'auto' needs calibration data"):
        load(path, Config(precision="auto"))
    with pytest.raises(DataError, match=r"calibration data of shape \(200, 5\) do not fit"):
        load(path, Config(), inputs(5))


def test_names_and_keys(save):
    nodes = [helper.make_node("MatMul", ["x", "w"], ["net/fc1/MatMul:0"]),
             helper.make_node("Relu", ["net/fc1/MatMul:0"], ["net/fc1/Relu:0"]),
             helper.make_node("MatMul", ["net/fc1/Relu:0", "net/fc2/kernel"], ["y"])]
    path = save(nodes, weights() | {"net/fc2/kernel": weights()["wt"]})
    assert [name for name, _, _ in describe(path)] == ["fc1", "fc1_relu", "y"]
    narrow = LayerConfig(result=parse_type("fixed<5,3>"))
    for key in ("fc1", "net/fc1/MatMul:0", "fc1_relu", "net/fc1/Relu:0"):
        config = Config(layers={key: narrow})
        assert load(path, config).nodes[1].op.to == narrow.result
        assert list(resolve_names(path, config).layers) == [key.replace("net/", "").split("/M")[0]
                                                            .replace("/R", "_r").split(":")[0]]
    for word in ("Dense", "matmul"):
        config = resolve_names(path, Config(kinds={word: narrow}))
        assert config.layers["fc1"] == config.layers["y"] == narrow
        assert load(path, config).nodes[1].op.to == narrow.result
    with pytest.raises(ConfigError) as caught:
        load(path, Config(layers={"fc11": narrow}))
    assert str(caught.value) == "layers: the model has no layer 'fc11'; did you mean fc1?"
    with pytest.raises(ConfigError, match=r"kinds: the model has no operator 'gem'; known are "):
        load(path, Config(kinds={"Gem": narrow}))


REFUSED = [
    ([node("Det", "x")], {}, r"node 'y': operator Det is not supported; supported are Abs, Add,.*"),
    ([node("MatMul", "x x")], {}, "node 'y': MatMul: a product of two tensors that depend .*"),
    ([node("Softmax", "x", axis=0)], {}, "node 'y': Softmax: axis 0 is the batch; another .*"),
    ([node("Transpose", "x", perm=[1, 0])], {}, r"node 'y': Transpose: perm \[1, 0\] moves the .*"),
    ([node("Relu", "x", slope=3)], {}, "node 'y': Relu: attribute 'slope' is not supported"),
    ([node("Gemm", "x w", transA=1)], {}, "node 'y': Gemm: transA=1 mixes the samples .*"),
    ([node("Add", "x big")], {"big": f32(np.ones((2, 3, 4)))},
     r"node 'y': Add: a constant of shape \(2, 3, 4\) does not broadcast to a tensor of shape .*"),
    ([node("MatMul", "x bad")], {"bad": f32(np.full((4, 3), np.nan))},
     "node 'y': its weights or biases hold NaN or infinity; finite coefficients would work"),
    ([helper.make_node("MatMul", ["x", "w"], ["y"], domain="my.ops")], {},
     "node 'y': operator my.ops:MatMul is of an unknown domain; .*"),
    ([node("Relu", "x", "t"), node("Relu", "t", "t")], {}, "tensor 't' is made twice"),
    ([node("Relu", "nothing")], {}, "node 'y' reads tensor 'nothing', which nothing makes"),
]


@pytest.mark.parametrize(("nodes", "constants", "message"), REFUSED)
def test_refused(save, nodes, constants, message):
    path = save(nodes, weights() | constants)
    with pytest.raises(ModelError, match=message):
        load(path)


@pytest.mark.parametrize(("shape", "message"), [
    ((8, 4), "the first axis of input 'x' is 8; nnhw takes it for the batch"),
    (("N", "M"), "axis 1 of input 'x' has no fixed size")])
def test_shapes_of_inputs(save, shape, message):
    with pytest.raises(UnsupportedError, match=message):
        load(save([node("Relu", "x")], shape=shape))


def test_unreadable_files(save, tmp_path):
    good = save([node("MatMul", "x w")], weights())
    (tmp_path / "cut.onnx").write_bytes(good.read_bytes()[:-40])
    (tmp_path / "empty.onnx").write_bytes(b"")
    (tmp_path / "text.onnx").write_text("this is not a model")
    for name, message in [("none.onnx", "no such file"), ("empty.onnx", "the file is empty"),
                          ("cut.onnx", "cut short"), ("text.onnx", "not an ONNX file")]:
        with pytest.raises(ModelError, match=message):
            load(tmp_path / name)
