# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.errors import UnsupportedError
from nnhw.frontends.hgq2_layer import Hgq2Layer
from tests.frontends.hgq2_networks import ROUND, Quantizers, layer, results

#: Rounding, overflow, and whether all elements are alike; what is left out is refused.
MODES = [*((r, o, True) for r in ROUND for o in ("WRAP", "SAT", "SAT_SYM")),
         *((r, o, False) for r in ("TRN", "RND") for o in ("WRAP", "SAT", "SAT_SYM"))]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("rounding", "overflow", "same"), MODES)
def test_quantizers_of_each_element(rounding, overflow, same, seed):
    shape = (2, 3, 4)
    first = Quantizers(seed, rounding, overflow, same).add("iq", shape)
    second = Quantizers(seed + 9, rounding, overflow, same).add("iq", shape)
    pool = {"pool_size": [1, 1], "strides": [1, 1]}
    x, got = results(shape, layer("QMaxPooling2D", first, **pool),
                     layer("QMaxPooling2D", second, name="two", **pool))
    assert np.array_equal(got, second("iq", first("iq", x)))


def patches(x, kernel, stride, dilation, padding, value=0.0):
    """Windows of (batch, rows, columns, channels): (batch, rows, columns, i, j, channels)."""
    if padding == "same":
        total = [max(0, (-(-x.shape[k + 1] // stride[k]) - 1) * stride[k]
                     + (kernel[k] - 1) * dilation[k] + 1 - x.shape[k + 1]) for k in range(2)]
        x = np.pad(x, ((0, 0), *((t // 2, t - t // 2) for t in total), (0, 0)),
                   constant_values=value)
    rows, columns = ((x.shape[k + 1] - (kernel[k] - 1) * dilation[k] - 1) // stride[k] + 1
                     for k in range(2))
    return np.stack([np.stack([x[:, i * dilation[0]:, j * dilation[1]:][
        :, ::stride[0], ::stride[1]][:, :rows, :columns] for j in range(kernel[1])], 3)
        for i in range(kernel[0])], 3)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("stride", "dilation"), [((1, 1), (1, 1)), ((2, 1), (1, 1)),
                                                  ((1, 1), (2, 1))])
def test_convolutions(stride, dilation, padding):
    shape, kernel = (7, 6, 3), (3, 2)
    q = Quantizers(5).add("iq", shape).add("kq", (*kernel, 3, 4)).add("bq", (4,))
    weight, bias = q.rng.normal(0, 1, (*kernel, 3, 4)), q.rng.normal(0, 1, 4)
    x, got = results(shape, layer("QConv2D", q, (weight, bias), strides=stride, activation="relu",
                                  dilation_rate=dilation, padding=padding))
    taken = patches(q("iq", x), kernel, stride, dilation, padding)
    weight, bias = (v.astype(np.float32).astype(np.float64) for v in (weight, bias))
    expected = np.einsum("bxyijc,ijco->bxyo", taken, q("kq", weight)) + q("bq", bias)
    assert np.array_equal(got, np.maximum(expected, 0))


def test_convolutions_along_a_line():
    q = Quantizers(6).add("iq", (9, 2)).add("kq", (3, 2, 5))
    weight = q.rng.normal(0, 1, (3, 2, 5)).astype(np.float32)
    x, got = results((9, 2), layer("QConv1D", q, (weight,), strides=[2], padding="same",
                                   use_bias=False))
    taken = patches(q("iq", x)[:, None], (1, 3), (1, 2), (1, 1), "same")
    expected = np.einsum("bxyijc,jco->byo", taken, q("kq", weight.astype(np.float64)))
    assert np.array_equal(got, expected)


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_pools(padding):
    shape, options = (6, 5, 3), {"pool_size": [2, 2], "strides": [2, 2]}
    q = Quantizers(7).add("iq", shape)
    x, got = results(shape, layer("QMaxPooling2D", q, padding=padding, **options))
    taken = patches(q("iq", x), (2, 2), (2, 2), (1, 1), padding, -1e9)
    assert np.array_equal(got, taken.max(axis=(3, 4)))
    if padding == "valid":
        _, got = results(shape, layer("QAveragePooling2D", q, **options))
        assert np.array_equal(got, taken.mean(axis=(3, 4)))


def test_global_pools():
    q = Quantizers(8).add("iq", (4, 2, 3))
    x, got = results((4, 2, 3), layer("QGlobalMaxPooling2D", q))
    assert np.array_equal(got, q("iq", x).max(axis=(1, 2)))
    _, got = results((4, 2, 3), layer("QGlobalAveragePooling2D", q, keepdims=True))
    assert np.array_equal(got, q("iq", x).mean(axis=(1, 2), keepdims=True))


@pytest.mark.parametrize("center", [True, False])
def test_batch_norm_and_moves(center):
    q = Quantizers(10).add("iq", (4, 3)).add("kq", (3,)).add("bq", (3,))
    gamma, beta, mean = (q.rng.normal(1, 1, 3).astype(np.float32) for _ in range(3))
    variance = np.float32([0.5, 2, 1])
    own = (gamma, *((beta,) if center else ()), mean, variance)
    x, got = results(
        (4, 3), layer("QBatchNormalization", q, own, axis=-1, epsilon=1e-3, center=center,
                      scale=True),
        Hgq2Layer("ReLU", {"name": "r"}, {}), Hgq2Layer("Dropout", {"name": "d"}, {}),
        Hgq2Layer("Reshape", {"name": "t", "target_shape": [2, -1]}, {}),
        Hgq2Layer("Flatten", {"name": "f"}, {}))
    scale = gamma / np.sqrt(variance + np.float32(1e-3))
    offset = (beta if center else np.float32(1)) - mean * scale
    factor, offset = (q(n, v.astype(np.float64)) for n, v in (("kq", scale), ("bq", offset)))
    expected = np.maximum(q("iq", x) * factor + offset, 0).reshape(len(x), -1)
    assert np.array_equal(got, expected)


def test_output_quantizers():
    q = Quantizers(11).add("iq", (3,)).add("kq", (3, 2)).add("oq", (2,))
    weight = q.rng.normal(0, 1, (3, 2)).astype(np.float32)
    x, got = results((3,), layer("QDense", q, (weight,), use_bias=False, enable_oq=True))
    assert np.array_equal(got, q("oq", q("iq", x) @ q("kq", weight.astype(np.float64))))


@pytest.mark.parametrize("conf", [{"scaler": 4.0}, {"affine": [0.25, 0.5]},
                                  {"scaler": 0.5, "affine": [-3.0, 0.125]}])
@pytest.mark.parametrize("overflow", ["WRAP", "SAT"])
def test_scaled_quantizers(overflow, conf):
    q = Quantizers(1, overflow=overflow).add("iq", (3,)).add("kq", (3, 2)).add("oq", (2,))
    for which in ("iq", "kq", "oq"):
        q.config[f"{which}_conf"]["config"] |= conf
    weight = q.rng.normal(0, 1, (3, 2)).astype(np.float32)
    x, got = results((3,), layer("QDense", q, (weight,), use_bias=False, enable_oq=True))
    (scale, (factor, offset)) = conf.get("scaler", 1), conf.get("affine", (1, 0))

    def quantized(which, v):
        return q(which, v / scale) * scale * factor + offset
    assert np.array_equal(got, quantized(
        "oq", quantized("iq", x) @ quantized("kq", weight.astype(np.float64))))


@pytest.mark.parametrize(("name", "affine"), [("HardTanhConfig", (1, 0)),
                                              ("HardSigmoidConfig", (0.25, 0.5))])
def test_configurations_of_their_own_class(name, affine):
    q = Quantizers(1, overflow="SAT").add("", (3,))
    q.config["config"] = {"class_name": name, "config": {
        key: value for key, value in q.config["config"]["config"].items()
        if key != "overflow_mode"}}
    x, got = results((3,), layer("Quantizer", q))
    assert np.array_equal(got, q("", x) * affine[0] + affine[1])


def dense(**changes):
    q = Quantizers(1, **{k: changes.pop(k) for k in ("rounding", "overflow") if k in changes})
    q.add("iq", (3,)).add("kq", (3, 2))
    for key, value in changes.pop("iq", {}).items():
        q.config["iq_conf"]["config"][key] = value
    return layer("QDense", q, (np.ones((3, 2)),), use_bias=False, **changes)


def pool(kind="QAveragePooling2D", **config):
    return layer(kind, Quantizers(2).add("iq", (6, 6, 1)),
                 **({"pool_size": [3, 3], "strides": [3, 3]} | config))


@pytest.mark.parametrize(("one", "message"), [
    (dense(iq={"round_mode": "TRN_ZERO"}), "quantizer iq with TRN_ZERO and WRAP is not supported"),
    (dense(iq={"scaler": 3.0}), "quantizer iq divides by 3.0, which is not supported; a positive"),
    (dense(iq={"scaler": -2.0}), "quantizer iq divides by -2.0, which is not supported"),
    (dense(iq={"affine": [0.1, 0.5]}), r"quantizer iq with the affine map \[0.1, 0.5\] is not"),
    (dense(iq={"q_type": "flt"}), "quantizer iq of type flt is not supported; kif and kbi are"),
    (dense(rounding="RND_CONV"), "RND_CONV of inputs with several precisions"),
    (dense(enable_iq=False), "the network's input is not quantized"),
    (pool(), "an average of 9 elements is not supported in QAveragePooling2D"),
    (pool(padding="same"), "padding same is not supported in QAveragePooling2D; valid would"),
    (pool("QMaxPooling2D", padding="causal"), "padding causal is not supported"),
    (pool("QMaxPooling2D", data_format="channels_first"), "channels_first is not supported"),
    (Hgq2Layer("QLIF", {"name": "s"}, {}), "s: HGQ2 layer QLIF is not supported; those of the"),
])
def test_what_is_not_known_is_refused(one, message):
    with pytest.raises(UnsupportedError, match=message):
        results((3,) if one.kind == "QDense" else (6, 6, 1), one)


def test_a_relu_with_a_maximum_is_refused():
    with pytest.raises(UnsupportedError, match="r: a maximum, slope or threshold is not supported"):
        results((3,), dense(), Hgq2Layer("ReLU", {"name": "r", "max_value": 6.0}, {}))
