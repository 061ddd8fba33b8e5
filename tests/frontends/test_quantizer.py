# SPDX-License-Identifier: Apache-2.0
"""Quantizers equal the arithmetic of qonnx, code by code, whatever circuit they become."""

from typing import Any

import numpy as np
import pytest
from onnx import helper

from nnhw.config.config import Config
from nnhw.errors import UnsupportedError
from nnhw.frontends import load

DOMAINS = ("qonnx.custom_op.general", "finn.custom_op.general", "onnx.brevitas", "")
MODES = ("ROUND", "CEIL", "FLOOR", "UP", "DOWN", "HALF_UP", "HALF_DOWN")


def f32(value: Any) -> Any:
    return np.asarray(value, dtype=np.float32)


def quant(x: str, y: str, kind: str = "Quant", domain: str = DOMAINS[0], **attributes: Any) -> Any:
    names = [x, f"{y}_scale", f"{y}_zero", f"{y}_bits"]
    if kind == "BipolarQuant":
        return helper.make_node(kind, names[:2], [y], domain=domain)
    attributes = {"signed": 1, "narrow": 0, "rounding_mode": "ROUND"} | attributes
    return helper.make_node(kind, names, [y], domain=domain, **attributes)


def parameters(y: str, scale: Any = 1.0, zero: Any = 0.0, bits: Any = 8.0) -> dict[str, Any]:
    return {f"{y}_scale": f32(scale), f"{y}_zero": f32(zero), f"{y}_bits": f32(bits)}


def qonnx_quant(x: Any, scale: Any, zero: Any, bits: Any, signed: int, narrow: int, mode: str
                ) -> Any:
    reference = pytest.importorskip("qonnx.custom_op.general.intquant")
    return reference.int_quant(f32(x), f32(scale), f32(zero), f32(bits), signed, narrow, mode)


#: Every value of the input quantizer, in steps of 1/16.
GRID = f32(np.arange(-128, 128)[:, None] * 0.0625)


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("kind", ["Quant", "IntQuant"])
def test_domain_spellings(predict, save, domain, kind):
    path = save([quant("x", "y", kind, domain)], parameters("y", 0.125, 0, 4), shape=(1, 4))
    x = f32(np.random.default_rng(0).normal(size=(50, 4)))
    assert (predict(load(path), x) == qonnx_quant(x, 0.125, 0, 4, 1, 0, "ROUND")).all()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("scale", [0.25, 0.3, 1 / 7])
@pytest.mark.parametrize(("signed", "narrow", "zero", "bits"), [
    (1, 0, 0, 3), (1, 1, 0, 4), (0, 0, 0, 3), (0, 1, 0, 4), (1, 0, 3, 5), (0, 0, 7, 5),
    (1, 0, 0, 8), (1, 0, 0, 1), (0, 0, 0, 1), (1, 0, -5, 8)])
def test_equals_qonnx(predict, save, mode, scale, signed, narrow, zero, bits):
    if bits == 1 and signed and zero:
        pytest.skip("refused by name")
    nodes = [quant("x", "a"), quant("a", "y", signed=signed, narrow=narrow, rounding_mode=mode)]
    path = save(nodes, parameters("a", 0.0625) | parameters("y", scale, zero, bits), shape=(1, 1))
    expected = qonnx_quant(GRID, scale, zero, bits, signed, narrow, mode)
    assert (predict(load(path), GRID) == expected).all()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("scale", "zero"), [(0.25, 0), (0.3, 0), (0.25, 3), (0.3, -2)])
def test_input_quantizer_equals_qonnx(predict, save, mode, scale, zero):
    path = save([quant("x", "y", rounding_mode=mode)], parameters("y", scale, zero, 5),
                shape=(1, 1))
    x = f32(np.random.default_rng(0).normal(scale=4, size=(5000, 1)))
    x = np.concatenate([x, GRID / 2])
    assert (predict(load(path), x) == qonnx_quant(x, scale, zero, 5, 1, 0, mode)).all()


@pytest.mark.parametrize("bits", [2, 4, 6, 8])
@pytest.mark.parametrize("scale", [[0.5, 0.25, 2, 0.125], [0.3, 0.7, 0.11, 1.9]])
@pytest.mark.parametrize("seed", range(4))
def test_float_chain_with_scales_for_each_channel(predict, save, bits, scale, seed):
    rng = np.random.default_rng(seed)
    gain, term = f32(rng.normal(size=4)), f32(rng.normal(size=4))
    nodes = [quant("x", "a"), helper.make_node("Mul", ["a", "gain"], ["b"]),
             helper.make_node("Add", ["b", "term"], ["c"]),
             *([helper.make_node("Relu", ["c"], ["d"])] if seed % 2 else
               [helper.make_node("Identity", ["c"], ["d"])]),
             quant("d", "y")]
    constants = (parameters("a", 0.0625) | parameters("y", scale, 0, bits)
                 | {"gain": gain, "term": term})
    x = np.repeat(GRID, 4, axis=1)
    real = x * gain + term
    real = np.maximum(real, 0) if seed % 2 else real
    expected = qonnx_quant(real, scale, 0, bits, 1, 0, "ROUND")
    assert (predict(load(save(nodes, constants)), x) == expected).all()


@pytest.mark.parametrize("function", ["Sigmoid", "Tanh", "HardSwish", "Elu"])
@pytest.mark.parametrize("bits", [3, 8])
def test_function_before_a_quantizer(predict, save, function, bits):
    nodes = [quant("x", "a"), helper.make_node(function, ["a"], ["b"]), quant("b", "y")]
    path = save(nodes, parameters("a", 0.0625) | parameters("y", 0.05, 0, bits), shape=(1, 1),
                opset=14)
    from nnhw.frontends.functions import FUNCTIONS
    spec = FUNCTIONS[function]
    real = spec.apply(GRID.astype(np.float64), *(value for _, value in spec.attributes))
    expected = qonnx_quant(f32(real), 0.05, 0, bits, 1, 0, "ROUND")
    assert (predict(load(path), GRID) == expected).all()


def weights(seed: int, scale: Any) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    return {"w": f32(rng.normal(size=(4, 6))), **parameters("wq", scale, 0, 4)}


@pytest.mark.parametrize("scale", [0.25, np.array([[0.5, 0.25, 0.125, 0.25, 0.5, 1]])])
@pytest.mark.parametrize("bias_bits", [0, 4, 8, 12])
@pytest.mark.parametrize("relu", [False, True])
def test_dense_with_power_of_two_scales_equals_float32(predict, save, scale, bias_bits, relu):
    bias = f32(np.random.default_rng(9).normal(size=6))
    bias = f32(np.rint(bias * 2.0**bias_bits) / 2.0**bias_bits)
    nodes = [quant("x", "a"), quant("w", "wq"), helper.make_node("MatMul", ["a", "wq"], ["m"]),
             quant("b", "bq"), helper.make_node("Add", ["m", "bq"], ["s"]),
             helper.make_node("Relu" if relu else "Identity", ["s"], ["r"]),
             quant("r", "y", signed=not relu)]
    constants = (parameters("a", 0.0625) | weights(1, scale) | {"b": bias}
                 | parameters("bq", 2.0**-bias_bits, 0, 16) | parameters("y", 0.125, 0, 6))
    x = f32(np.random.default_rng(2).normal(scale=2, size=(300, 4)))
    a = qonnx_quant(x, 0.0625, 0, 8, 1, 0, "ROUND")
    s = a @ qonnx_quant(constants["w"], scale, 0, 4, 1, 0, "ROUND") + bias
    s = np.maximum(s, 0) if relu else s
    expected = qonnx_quant(s, 0.125, 0, 6, int(not relu), 0, "ROUND")
    graph = load(save(nodes, constants))
    assert (predict(graph, x) == expected).all()
    assert [node.op.kind for node in graph] == ["dense", "requantize"]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("bits", [2, 4, 8])
def test_dense_with_float_scales(predict, save, seed, bits):
    """Brevitas: scales are floats, the bias has the sum's own scale, weights one a channel."""
    rng = np.random.default_rng(seed)
    scale = f32(rng.uniform(0.02, 0.3, size=(1, 6)))
    nodes = [quant("x", "a"), quant("w", "wq"), helper.make_node("MatMul", ["a", "wq"], ["m"]),
             quant("b", "bq"), helper.make_node("Add", ["m", "bq"], ["s"]),
             helper.make_node("Relu", ["s"], ["r"]), quant("r", "y", signed=0)]
    constants = (parameters("a", 0.043) | weights(seed, scale)
                 | {"b": f32(rng.normal(size=6))}
                 | parameters("bq", (scale * np.float32(0.043)).reshape(6), 0, 16)
                 | parameters("y", 0.11, 0, bits))
    x = f32(rng.normal(scale=2, size=(300, 4)))
    a = qonnx_quant(x, 0.043, 0, 8, 1, 0, "ROUND").astype(np.float64)
    w = qonnx_quant(constants["w"], scale, 0, 4, 1, 0, "ROUND").astype(np.float64)
    b = qonnx_quant(constants["b"], constants["bq_scale"], 0, 16, 1, 0, "ROUND")
    expected = qonnx_quant(np.maximum(f32(a @ w + b), 0), 0.11, 0, bits, 0, 0, "ROUND")
    assert (predict(load(save(nodes, constants)), x) == expected).all()


def test_bipolar(predict, save):
    nodes = [quant("x", "a", "BipolarQuant"), quant("w", "wq", "BipolarQuant"),
             helper.make_node("MatMul", ["a", "wq"], ["m"]), quant("m", "y", "BipolarQuant")]
    constants = parameters("a", 0.5) | weights(3, 1.0) | parameters("y", 0.25)
    x = f32(np.random.default_rng(2).normal(size=(100, 4)))
    x[:4] = 0
    m = np.where(x >= 0, 0.5, -0.5) @ np.where(constants["w"] >= 0, 1, -1)
    assert (predict(load(save(nodes, constants)), x) == np.where(m >= 0, 0.25, -0.25)).all()


def test_parameter_along_another_axis_than_the_last(predict, save):
    gain = f32([1.3, -0.7]).reshape(2, 1)
    nodes = [quant("x", "a"), helper.make_node("Mul", ["a", "gain"], ["b"]), quant("b", "y")]
    constants = parameters("a", 0.0625) | parameters("y", 0.125, 0, 6) | {"gain": gain}
    x = f32(np.random.default_rng(2).normal(size=(100, 2, 3)))
    a = qonnx_quant(x, 0.0625, 0, 8, 1, 0, "ROUND")
    expected = qonnx_quant(a * gain, 0.125, 0, 6, 1, 0, "ROUND")
    assert (predict(load(save(nodes, constants, shape=("N", 2, 3))), x) == expected).all()


def test_steps_before_the_first_quantizer_stay_on_the_host(predict, save):
    nodes = [helper.make_node("Mul", ["x", "gain"], ["b"]),
             helper.make_node("Reshape", ["b", "shape"], ["c"]),
             helper.make_node("Sub", ["one", "c"], ["d"]), quant("d", "y")]
    constants = parameters("y", 0.125, 0, 6) | {
        "gain": f32([[2], [3]]), "shape": np.array([1, -1]), "one": f32(np.arange(6))}
    graph = load(save(nodes, constants, shape=(1, 2, 3)))
    x = f32(np.random.default_rng(2).normal(size=(100, 2, 3)))
    real = np.arange(6, dtype=np.float32) - (x * constants["gain"]).reshape(100, 6)
    assert (predict(graph, x) == qonnx_quant(real, 0.125, 0, 6, 1, 0, "ROUND")).all()
    assert not graph.nodes


REFUSED = [
    ({"y_zero": f32(0.5)}, {}, "node 'y': Quant: the zero point must be a whole number, not 0.5"),
    ({"y_scale": f32(-1)}, {}, "node 'y': Quant: the scale must be positive and finite"),
    ({"y_bits": f32(2.5)}, {}, "node 'y': Quant: the bit width must be a whole number, not 2.5"),
    ({"y_bits": f32(40)}, {}, "node 'y': Quant: bit width 40 is not supported; 1 to 32 would work"),
    ({"y_zero": f32([0, 1, 0, 0])}, {},
     "node 'y': Quant: the zero point differs between channels; one for all would work"),
    ({}, {"rounding_mode": "STOCHASTIC"},
     ("node 'y': Quant: rounding mode 'STOCHASTIC' is not supported; supported are CEIL, DOWN, "
     "FLOOR, HALF_DOWN, HALF_EVEN, HALF_UP, ROUND, UP")),
    ({}, {"soft": 1}, "node 'y': Quant: attribute 'soft' is not supported"),
]


@pytest.mark.parametrize(("constants", "attributes", "message"), REFUSED)
def test_refused(save, constants, attributes, message):
    path = save([quant("x", "y", **attributes)], parameters("y") | constants)
    with pytest.raises(UnsupportedError) as caught:
        load(path, Config())
    assert str(caught.value) == message


def test_input_quantized_twice_is_refused(save):
    nodes = [quant("x", "y"), quant("x", "z")]
    path = save(nodes, parameters("y") | parameters("z", 0.5), outputs=("y", "z"))
    with pytest.raises(UnsupportedError, match="input 'x': it is quantized in two different ways"):
        load(path)


@pytest.mark.parametrize(("a_scale", "b_scale"), [(0.25, 0.0625), (0.3, 0.3), (0.5, 0.5)])
def test_sum_of_two_quantized_tensors(predict, save, a_scale, b_scale):
    nodes = [quant("x", "i"), quant("i", "a"), helper.make_node("Relu", ["i"], ["r"]),
             quant("r", "b"), helper.make_node("Add", ["a", "b"], ["s"]), quant("s", "y")]
    constants = (parameters("i", 0.0625) | parameters("a", a_scale, 0, 5)
                 | parameters("b", b_scale, 0, 5) | parameters("y", 0.21, 0, 6))
    a = qonnx_quant(GRID, a_scale, 0, 5, 1, 0, "ROUND")
    b = qonnx_quant(np.maximum(GRID, 0), b_scale, 0, 5, 1, 0, "ROUND")
    expected = qonnx_quant(a + b, 0.21, 0, 6, 1, 0, "ROUND")
    graph = load(save(nodes, constants, shape=(1, 1)))
    assert (predict(graph, GRID) == expected).all()


def test_sum_of_unequal_scales_is_noted(predict, save):
    nodes = [quant("x", "i"), quant("i", "a"), helper.make_node("Add", ["a", "i"], ["y"])]
    graph = load(save(nodes, parameters("i", 0.0625) | parameters("a", 0.3, 0, 5), shape=(1, 1)))
    expected = qonnx_quant(GRID, 0.3, 0, 5, 1, 0, "ROUND") + GRID
    assert np.abs(predict(graph, GRID) - expected).max() <= 2.0**-10
    note = ("y: its operands have different scales; on their common grid they are off by at most "
            "4.9e-05 of themselves")
    assert graph.notes == (note,)


def test_random_networks_equal_a_float32_evaluation(predict, save):
    """Dense, float bias, BatchNormalization, Relu and quantizers of any width, chained."""
    for seed in range(25):
        rng = np.random.default_rng(seed)
        nodes, constants = [quant("x", "q0")], parameters("q0", 0.125, 0, 6)
        x = f32(rng.normal(scale=2, size=(200, 6)))
        value, width = qonnx_quant(x, 0.125, 0, 6, 1, 0, "ROUND"), 6
        for at in range(3):
            fan_out, bits = int(rng.integers(2, 8)), int(rng.integers(2, 9))
            w, s = f32(rng.normal(size=(width, fan_out))), 2.0**-int(rng.integers(1, 4))
            g, t = f32(rng.normal(size=fan_out)), f32(rng.normal(size=fan_out))
            step = f32(rng.uniform(0.05, 0.5))
            constants |= {f"w{at}": w, f"g{at}": g, f"t{at}": t, f"z{at}": f32(np.zeros(fan_out)),
                          f"o{at}": f32(np.ones(fan_out))}
            constants |= parameters(f"v{at}", s, 0, 4) | parameters(f"q{at + 1}", step, 0, bits)
            nodes += [quant(f"w{at}", f"v{at}"),
                      helper.make_node("MatMul", [f"q{at}", f"v{at}"], [f"m{at}"]),
                      helper.make_node("BatchNormalization", [f"m{at}"] + [
                          f"{c}{at}" for c in "gtzo"], [f"n{at}"], epsilon=0.0),
                      helper.make_node("Relu", [f"n{at}"], [f"r{at}"]),
                      quant(f"r{at}", f"q{at + 1}", signed=0)]
            product = value.astype(np.float64) @ qonnx_quant(w, s, 0, 4, 1, 0, "ROUND")
            real = np.maximum(f32(product) * g + t, 0)
            value = qonnx_quant(real, step, 0, bits, 0, 0, "ROUND")
            width = fan_out
        path = save(nodes, constants, shape=("N", 6), outputs=("q3",), name=f"net{seed}")
        assert (predict(load(path), x) == value).all(), seed


def chosen(save: Any, bits: int, scale: float, first: int) -> str:
    nodes = [quant("x", "a"), helper.make_node("Relu", ["a"], ["r"]), quant("r", "y", signed=0)]
    constants = parameters("a", 0.0625, 0, first) | parameters("y", scale, 0, bits)
    (node,) = load(save(nodes, constants, shape=(1, 1))).nodes
    return str(node.op.kind)


def test_cheapest_circuit(save):
    assert chosen(save, 1, 0.3, 8) == "threshold"
    assert chosen(save, 2, 0.3, 8) == "threshold"
    assert chosen(save, 8, 0.3071, 16) == "requantize"
    # Ties to even at every fifth code, up and down in turn: no offset serves them all.
    assert chosen(save, 8, 0.3, 16) == "threshold"
    assert chosen(save, 4, 0.25, 8) == "requantize"


def test_float32_noise_is_counted(predict, save):
    """24 bits in, 16 out: float32 itself is not linear there, and the notes say how often."""
    nodes = [quant("x", "a"), quant("a", "y", signed=1)]
    constants = parameters("a", 2.0**-10, 0, 20) | parameters("y", 0.0171, 0, 16)
    graph = load(save(nodes, constants, shape=(1, 1)))
    (node,) = graph.nodes
    assert node.op.kind == "requantize"
    x = f32(np.arange(-(1 << 19), 1 << 19)[:, None] * 2.0**-10)
    expected = qonnx_quant(x, 0.0171, 0, 16, 1, 0, "ROUND")
    steps = np.rint((predict(graph, x) - expected) / np.float32(0.0171))
    assert np.abs(steps).max() <= 1
    differing = int((steps != 0).sum())
    assert 0 < differing < 1000
    note = ("y: no circuit of reasonable size equals the model's float32 arithmetic; "
            f"of {1 << 20} operands {differing} get a neighbouring code")
    assert graph.notes == (note,)
