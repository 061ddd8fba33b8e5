# SPDX-License-Identifier: Apache-2.0
"""int8 models give onnxruntime's codes, graph optimisations disabled; differences are counted."""

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from nnhw.errors import UnsupportedError
from nnhw.frontends import load
from nnhw.layers import Dense, Gather, Grouped, Requantize
from nnhw.passes.pipeline import optimize

MS = "com.microsoft"


class Model:
    """Writes a quantized model node by node; seeded."""

    def __init__(self, seed: int = 0) -> None:
        self.rng = np.random.default_rng(seed)
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}
        self.count = 0

    def const(self, value: Any) -> str:
        self.count += 1
        self.constants[f"c{self.count}"] = np.asarray(value)
        return f"c{self.count}"

    def node(self, kind: str, inputs: list[str], domain: str = "", **attributes: Any) -> str:
        self.count += 1
        self.nodes.append(helper.make_node(kind, inputs, [f"t{self.count}"], domain=domain,
                                           **attributes))
        return f"t{self.count}"

    def pair(self, scale: Any, zero: Any) -> list[str]:
        return [self.const(np.float32(scale)), self.const(zero)]

    def qdq(self, x: str, scale: float, zero: Any) -> str:
        parameters = self.pair(scale, zero)
        return self.node("DequantizeLinear", [
            self.node("QuantizeLinear", [x, *parameters]), *parameters])

    def weight(self, *shape: int, channels: bool = True) -> tuple[str, Any]:
        scale = np.float32(self.rng.uniform(0.003, 0.02, shape[0] if channels else ()))
        codes = self.const(self.rng.integers(-127, 128, shape).astype(np.int8))
        zero = np.zeros(scale.shape, dtype=np.int8)
        axis = {"axis": 0} if channels else {}
        return self.node("DequantizeLinear", [codes, self.const(scale), self.const(zero)],
                         **axis), scale

    def conv(self, x: str, x_scale: float, shape: tuple[int, ...], channels: bool = True,
             **attributes: Any) -> str:
        weight, scale = self.weight(*shape, channels=channels)
        bias = self.const(self.rng.integers(-2000, 2000, shape[0]).astype(np.int32))
        own = np.broadcast_to(scale * np.float32(x_scale), shape[0]).astype(np.float32)
        zero = self.const(np.zeros(shape[0], dtype=np.int32))
        real = self.node("DequantizeLinear", [bias, self.const(own), zero], axis=0)
        return self.node("Conv", [x, weight, real], **attributes)

    def save(self, path: Any, output: str, shape: tuple[int, ...], kind: int = TensorProto.FLOAT,
             out: int = TensorProto.FLOAT) -> Any:
        graph = helper.make_graph(
            self.nodes, "int8", [helper.make_tensor_value_info("x", kind, ["N", *shape])],
            [helper.make_tensor_value_info(output, out, None)],
            [numpy_helper.from_array(v, k) for k, v in self.constants.items()])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13),
                                                        helper.make_opsetid(MS, 1)])
        model.ir_version = 8
        onnx.save(model, str(path / "int8.onnx"))
        return path / "int8.onnx"


def runtime(path: Any, x: Any) -> Any:
    ort = pytest.importorskip("onnxruntime")
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(None, {"x": x[at:at + 1]})[0] for at in range(len(x))])


def normal(*shape: int, scale: float = 1.0) -> Any:
    return np.random.default_rng(9).normal(size=shape, scale=scale).astype(np.float32)


def check(predict: Any, path: Any, x: Any, scale: float = 1.0, allowed: int = 0) -> Any:
    """The graph, after its codes have been compared; none may be off by more than one."""
    graph = load(path)
    expected = runtime(path, x).astype(np.float64)
    for one in (graph, optimize(graph)):
        steps = np.rint((predict(one, x.astype(np.float32)) - expected) / scale)
        assert np.abs(steps).max() <= bool(allowed)
        assert np.count_nonzero(steps) <= allowed
    return graph


@pytest.mark.parametrize("zero", [np.uint8(0), np.uint8(131), np.int8(-128), np.int8(3)])
@pytest.mark.parametrize("channels", [True, False])
def test_conv(predict, tmp_path, zero, channels):
    m = Model()
    x = m.qdq("x", 0.031, zero)
    y = m.conv(x, 0.031, (6, 3, 3, 3), channels, pads=[1, 0, 1, 1])
    y = m.qdq(m.node("Relu", [y]), 0.05, zero)
    graph = check(predict, m.save(tmp_path, y, (3, 8, 7)), normal(20, 3, 8, 7), 0.05, 1)
    assert not any(isinstance(n.op, Gather) for n in graph)
    assert isinstance(graph.nodes[-1].op, Requantize)


def test_depthwise_and_pointwise(predict, tmp_path):
    m = Model(3)
    x = m.qdq("x", 0.02, np.int8(-7))
    x = m.qdq(m.node("Relu", [m.conv(x, 0.02, (8, 1, 3, 3), group=4)]), 0.04, np.int8(-128))
    x = m.qdq(m.conv(x, 0.04, (5, 8, 1, 1)), 0.2, np.int8(2))
    graph = check(predict, m.save(tmp_path, x, (4, 6, 6)), normal(30, 4, 6, 6), 0.2, 2)
    assert [type(n.op) for n in graph].count(Grouped) == 1
    assert [type(n.op) for n in graph].count(Dense) == 1


def test_residual_sum_of_unequal_scales(predict, tmp_path):
    m = Model(1)
    x = m.qdq("x", 0.03, np.int8(5))
    a = m.qdq(m.conv(x, 0.03, (3, 3, 3, 3), pads=[1, 1, 1, 1]), 0.071, np.int8(-9))
    y = m.qdq(m.node("Add", [a, x]), 0.083, np.int8(11))
    check(predict, m.save(tmp_path, y, (3, 6, 6)), normal(30, 3, 6, 6), 0.083, 2)


@pytest.mark.parametrize("pool", [
    ("MaxPool", {"kernel_shape": [2, 2], "strides": [2, 2]}),
    ("AveragePool", {"kernel_shape": [3, 5]}), ("GlobalAveragePool", {})], ids=lambda p: p[0])
def test_pools(predict, tmp_path, pool):
    m = Model(2)
    x = m.qdq("x", 0.03, np.uint8(120))
    y = m.qdq(m.node(pool[0], [x], **pool[1]), 0.03, np.uint8(120))
    graph = check(predict, m.save(tmp_path, y, (3, 7, 7)), normal(30, 3, 7, 7), 0.03, 1)
    if pool[0] == "MaxPool":  # the first limits the input's codes, the second changes nothing
        assert sum(isinstance(n.op, Requantize) for n in graph) == 1


def test_concat_and_sigmoid(predict, tmp_path):
    m = Model(4)
    x = m.qdq("x", 0.03, np.int8(0))
    a = m.qdq(m.node("Sigmoid", [x]), 1 / 256, np.int8(-128))
    y = m.qdq(m.node("Concat", [a, x], axis=1), 0.03, np.int8(0))
    check(predict, m.save(tmp_path, y, (3, 5, 5)), normal(30, 3, 5, 5), 0.03, 1)


def test_integer_input_and_output(predict, tmp_path):
    """TensorFlow Lite's form: codes in, codes out; the ports show them as they are."""
    m = Model(5)
    real = m.node("DequantizeLinear", ["x", *m.pair(0.02, np.int8(17))])
    weight, _ = m.weight(4, 6, channels=False)
    y = m.node("MatMul", [real, weight])
    y = m.node("QuantizeLinear", [m.node("Relu", [y]), *m.pair(0.03, np.int8(-128))])
    path = m.save(tmp_path, y, (4,), TensorProto.INT8, TensorProto.INT8)
    x = np.random.default_rng(0).integers(-128, 128, (400, 4)).astype(np.int8)
    graph = check(predict, path, x)
    port = graph.inputs[0]
    assert (port.encode(x) == x.astype(int) - 17).all()
    assert str(port.code) == "fixed<8,8>"


def test_softmax_behind_codes(predict, tmp_path):
    m = Model(6)
    x = m.qdq("x", 0.15, np.int8(14))
    y = m.qdq(m.node("Softmax", [x], axis=-1), 1 / 256, np.int8(-128))
    check(predict, m.save(tmp_path, y, (12,)), normal(2000, 12, scale=4), 1 / 256, 1)


@pytest.mark.parametrize("signed", [False, True])
def test_qlinear_conv(predict, tmp_path, signed):
    m = Model(7)
    code = np.int8 if signed else np.uint8
    zero = code(3 if signed else 120)
    codes = m.node("QuantizeLinear", ["x", *m.pair(0.03, zero)])
    weight = m.const(m.rng.integers(-127, 128, (5, 3, 3, 3)).astype(np.int8))
    scales = m.const(np.float32(m.rng.uniform(0.002, 0.02, 5)))
    bias = m.const(m.rng.integers(-500, 500, 5).astype(np.int32))
    y = m.node("QLinearConv", [codes, *m.pair(0.03, zero), weight, scales,
                               m.const(np.zeros(5, dtype=np.int8)), *m.pair(0.06, zero), bias],
               pads=[1, 1, 0, 0])
    out = TensorProto.INT8 if signed else TensorProto.UINT8
    check(predict, m.save(tmp_path, y, (3, 6, 6), out=out), normal(40, 3, 6, 6))


def test_qlinear_matmul_and_gemm(predict, tmp_path):
    m = Model(8)
    codes = m.node("QuantizeLinear", ["x", *m.pair(0.03, np.int8(-4))])
    w = m.const(m.rng.integers(-127, 128, (6, 5)).astype(np.int8))
    y = m.node("QLinearMatMul", [codes, *m.pair(0.03, np.int8(-4)), w, *m.pair(0.01, np.int8(2)),
                                 *m.pair(0.05, np.int8(6))])
    v = m.const(m.rng.integers(-127, 128, (4, 5)).astype(np.int8))
    c = m.const(m.rng.integers(-500, 500, 4).astype(np.int32))
    y = m.node("QGemm", [y, *m.pair(0.05, np.int8(6)), v, *m.pair(0.02, np.int8(0)), c,
                         *m.pair(0.1, np.int8(-1))], MS, transB=1)
    check(predict, m.save(tmp_path, y, (6,), out=TensorProto.INT8), normal(300, 6))


@pytest.mark.parametrize("kind", ["QLinearAdd", "QLinearMul"])
def test_qlinear_joins(predict, tmp_path, kind):
    m = Model(9)
    a = m.node("QuantizeLinear", ["x", *m.pair(0.03, np.uint8(100))])
    b = m.node("QLinearLeakyRelu", [a, *m.pair(0.03, np.uint8(100)), *m.pair(0.02, np.uint8(30))],
               MS, alpha=0.1)
    y = m.node(kind, [a, *m.pair(0.03, np.uint8(100)), b, *m.pair(0.02, np.uint8(30)),
                      *m.pair(0.05, np.uint8(128))], MS)
    check(predict, m.save(tmp_path, y, (50,), out=TensorProto.UINT8), normal(200, 50), 1, 3)


def test_qlinear_pool_and_concat(predict, tmp_path):
    """Every 25th sum is half way between two codes; no multiply-shift rounds those to even."""
    m = Model(10)
    a = m.node("QuantizeLinear", ["x", *m.pair(0.03, np.uint8(100))])
    b = m.node("QLinearSigmoid", [a, *m.pair(0.03, np.uint8(100)), *m.pair(1 / 256, np.uint8(0))],
               MS)
    y = m.node("QLinearConcat", [*m.pair(0.03, np.uint8(100)), a, *m.pair(0.03, np.uint8(100)), b,
                                 *m.pair(1 / 256, np.uint8(0))], MS, axis=1)
    y = m.node("QLinearGlobalAveragePool", [y, *m.pair(0.03, np.uint8(100)),
                                            *m.pair(0.02, np.uint8(90))], MS, channels_last=0)
    check(predict, m.save(tmp_path, y, (3, 5, 5), out=TensorProto.UINT8), normal(100, 3, 5, 5),
          1, 10)


@pytest.mark.parametrize("kind", ["MatMulInteger", "ConvInteger"])
def test_integer_sums(predict, tmp_path, kind):
    m = Model(11)
    codes = m.node("QuantizeLinear", ["x", *m.pair(0.03, np.uint8(100))])
    shape = (6, 4) if kind == "MatMulInteger" else (4, 2, 2, 2)
    w = m.const(m.rng.integers(0, 256, shape).astype(np.uint8))
    y = m.node(kind, [codes, w, m.const(np.uint8(100)), m.const(np.uint8(7))])
    x = normal(50, 6) if kind == "MatMulInteger" else normal(50, 2, 4, 4)
    check(predict, m.save(tmp_path, y, x.shape[1:], out=TensorProto.INT32), x)


REFUSED = [
    (lambda m: m.node("Sqrt", ["x"]), TensorProto.INT8,
     "Sqrt: arithmetic on an integer input is not supported"),
    (lambda m: m.node("QuantizeLinear", ["x", m.const(np.float32(-1)), m.const(np.int8(0))]),
     TensorProto.FLOAT, "QuantizeLinear: the scale must be positive and finite"),
    (lambda m: m.node("QuantizeLinear", ["x", m.const(np.float32([1, 2])),
                                         m.const(np.int8([0, 3]))], axis=1),
     TensorProto.FLOAT, "QuantizeLinear: the zero point differs between channels; one for all"),
]


@pytest.mark.parametrize(("build", "kind", "message"), REFUSED)
def test_refused(tmp_path, build, kind, message):
    m = Model()
    path = m.save(tmp_path, build(m), (2,), kind)
    with pytest.raises(UnsupportedError, match=message):
        load(path)
