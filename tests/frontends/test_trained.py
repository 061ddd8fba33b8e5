# SPDX-License-Identifier: Apache-2.0
"""Trained models that nobody here made: outputs as their own frameworks computed them."""

from typing import Any

import numpy as np
import pytest

from nnhw import golden
from nnhw.config.config import Config
from nnhw.frontends import load
from nnhw.passes.pipeline import optimize


def arrays(path: Any) -> Any:
    return np.load(path.parent / "ref.npz")


@pytest.mark.parametrize("name", ["mnist_tfc_1w1a", "mnist_tfc_2w2a", "bnn_fc_tiny"])
def test_quantized_models_equal_qonnx(predict, trained, name):
    path = trained(f"{name}/model.onnx")
    data = arrays(path)
    graph = load(path)
    assert (predict(graph, data["input"]) == data["output_qonnx"]).all()
    assert (predict(optimize(graph), data["input"]) == data["output_qonnx"]).all()


@pytest.mark.filterwarnings("ignore:Some old-style domain")
@pytest.mark.parametrize("file", ["model_qonnx.onnx", "qkeras_jettagging.onnx"])
def test_jet_qkeras(predict, trained, file):
    """Codes and logits are those of qonnx for inputs that the input's type can hold."""
    wrapper = pytest.importorskip("qonnx.core.modelwrapper")
    execute = pytest.importorskip("qonnx.core.onnx_exec").execute_onnx
    shapes = pytest.importorskip("qonnx.transformation.infer_shapes").InferShapes
    path = trained(f"jet_qkeras/{file}")
    data, graph = arrays(path), load(path)
    port = graph.inputs[0]
    mantissas = port.encode(data["input"])
    traced = golden.trace(graph, {port.name: mantissas})
    assert np.mean(predict(graph, data["input"]).argmax(1)
                   == data["output_qkeras"].argmax(1)) >= 0.995
    model = wrapper.ModelWrapper(str(path)).transform(shapes())
    for at in range(20):
        x = (mantissas[at:at + 1] * 2.0**-port.type.frac).astype(np.float32)
        context = execute(model, {"global_in": x}, True)
        for source, ours in [("Quant_8_out0", "Quant_8"), ("Quant_9_out0", "Quant_9"),
                             ("Quant_10_out0", "Quant_10"), ("Add_3_out0", "MatMul_3")]:
            frac = graph.types[ours].frac
            assert (context[source][0] == traced[ours][at] * 2.0**-frac).all()


@pytest.mark.parametrize(("name", "precision"), [
    ("jet_mlp", None), ("jet_mlp", "auto"), ("wine_mlp", None), ("wine_mlp", "auto"),
    ("kws_dnn", "auto")])
def test_float_models_agree_on_the_class(predict, trained, name, precision):
    path = trained(f"{name}/model.onnx")
    data = arrays(path)
    config = Config() if precision is None else Config(precision=precision)
    graph = load(path, config, data["input"])
    y = predict(optimize(graph), data["input"])
    assert np.mean(y.argmax(1) == data["output"].argmax(1)) >= 0.998
    assert np.abs(y - data["output"]).max() < 0.02


def test_autoencoder_with_chosen_types(predict, trained):
    path = trained("ad_autoencoder/model.onnx")
    data = arrays(path)
    graph = load(path, Config(precision="auto"), data["input"])
    y = predict(optimize(graph), data["input"])
    assert np.abs(y - data["output"]).max() < 0.01
