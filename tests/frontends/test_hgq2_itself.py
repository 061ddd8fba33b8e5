# SPDX-License-Identifier: Apache-2.0
"""Networks that HGQ2 itself makes, saves and computes; skipped where it is not installed."""

import numpy as np
import pytest

from nnhw import golden
from nnhw.frontends.hgq2 import load_hgq2

keras, hgq = pytest.importorskip("keras"), pytest.importorskip("hgq.layers")
pytestmark = [pytest.mark.slow,
              pytest.mark.filterwarnings("ignore::DeprecationWarning")]  # of Keras itself


def equals(model, path, seed):
    """Random weights and bit widths; every output of 400 inputs is compared."""
    from hgq.utils import trace_minmax

    rng = np.random.default_rng(seed)
    for weight in model.weights:
        if weight.path.endswith(("kernel", "bias", "moving_mean", "bn_beta")):
            weight.assign(rng.normal(0, 0.5, weight.shape))
    x = [rng.normal(0, 2, (400, *one.shape[1:])).astype(np.float32) for one in model.inputs]
    fed = x if len(x) > 1 else x[0]
    trace_minmax(model, fed, batch_size=100)
    for weight in model.weights:
        if weight.path.endswith("/f"):
            weight.assign(weight.numpy() + rng.integers(-1, 2, weight.shape))
    model.save(path)
    graph = load_hgq2(path)
    codes = golden.run(graph, {port.name: port.encode(each)
                               for port, each in zip(graph.inputs, x, strict=True)})
    wanted = model.predict(fed, verbose=0)
    wanted = wanted if isinstance(wanted, list) else [wanted]
    for port, each in zip(graph.outputs, wanted, strict=True):
        assert np.array_equal(port.decode(codes[port.name]), each)


@pytest.mark.parametrize("rounding", ["TRN", "RND"])
def test_convolutions_in_a_row(rounding, tmp_path):
    from hgq.config import LayerConfigScope, QuantizerConfigScope

    with QuantizerConfigScope(default_q_type="kif", overflow_mode="WRAP", round_mode=rounding), \
            LayerConfigScope(enable_ebops=False):
        model = keras.Sequential([
            keras.layers.Input((8, 8, 2)), hgq.QConv2D(4, 3, padding="same", activation="relu"),
            hgq.QMaxPooling2D(2), hgq.QConv2D(5, (3, 2)), hgq.QBatchNormalization(),
            keras.layers.ReLU(), hgq.QAveragePooling2D((2, 1)), keras.layers.Flatten(),
            hgq.QDense(6, activation="relu"), hgq.QDense(3, enable_oq=True)])
    equals(model, tmp_path / "net.keras", 3)


@pytest.mark.parametrize("rounding", ["TRN", "RND"])
def test_a_graph_of_many_kinds(rounding, tmp_path):
    from hgq.config import LayerConfigScope, QuantizerConfigScope

    with QuantizerConfigScope(default_q_type="kif", place="datalane", round_mode=rounding), \
            LayerConfigScope(enable_ebops=rounding == "TRN"):
        a, b = keras.layers.Input((4, 3)), keras.layers.Input((6, 3))
        x = hgq.QEinsumDenseBatchnorm("bnc,cC->bnC", (4, 4), bias_axes="C", activation="relu")(a)
        mixed = hgq.QEinsumDense("bnc,nN->bNc", (4, 3), bias_axes="N")(b)
        x = hgq.QAdd()([x, hgq.QDense(4)(mixed)])
        x = hgq.QAdd()([hgq.QMultiHeadAttention(2, 3)(x, hgq.QDense(4)(b)), x])
        gate = hgq.QUnaryFunctionLUT("sigmoid")(hgq.QSum(axes=1, scale=0.25, keepdims=True)(x))
        x = hgq.QMultiply()([x, gate])
        scores = hgq.QSoftmax()(hgq.QDense(5)(hgq.QMeanPow2(axes=1)(x)))
        model = keras.Model([a, b], [scores, hgq.QGRU(3)(x), hgq.QDenseT(2, d_hl=3)(scores)])
    equals(model, tmp_path / "net.keras", 4)
