# SPDX-License-Identifier: Apache-2.0
"""Trained models that nobody here made: outputs as their own frameworks computed them."""

import time
from typing import Any

import numpy as np
import pytest

from nnhw import golden
from nnhw.config.config import Config
from nnhw.frontends import load
from nnhw.passes.pipeline import optimize


def arrays(path: Any) -> Any:
    return np.load(path.parent / "ref.npz")


def task(path: Any) -> tuple[Any, Any]:
    """Inputs and labels of the full given test set."""
    folder = path.parents[1] / "data"
    if path.parent.name == "resnet8_cifar10":
        data = np.load(folder / "cifar10_test_500.npz")
        return data["images"].astype(np.float32), data["labels"]
    data = np.load(folder / "mnist_t10k_0000_4999.npz")
    x = data["images"].astype(np.float32)
    if path.parent.name == "mnist8_cntk":
        return x[:, None], data["labels"]
    return (x / np.float32(255))[..., None], data["labels"]


def runtime(path: Any, x: Any) -> Any:
    """The source model's own outputs, graph optimisations disabled."""
    ort = pytest.importorskip("onnxruntime")
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    name, shape = session.get_inputs()[0].name, session.get_inputs()[0].shape
    step = 100 if isinstance(shape[0], str) else 1
    return np.concatenate([session.run(None, {name: x[at:at + step]})[0]
                           for at in range(0, len(x), step)])


def parts(predict: Any, graph: Any, x: Any) -> Any:
    """Predictions by parts, which bounds the memory of windows."""
    return np.concatenate([predict(graph, x[at:at + 50]) for at in range(0, len(x), 50)])


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


@pytest.mark.slow
@pytest.mark.parametrize(("name", "precision"), [
    ("mnist_cnn", "auto"), ("mnist_cnn", "fixed<16,6>"), ("mnist8_cntk", "auto"),
    ("resnet8_cifar10", "auto"), ("resnet8_cifar10", "fixed<24,10>")])
def test_accuracy_of_float_image_models(predict, trained, name, precision):
    """On the full given test set, within half a point of the source model's."""
    path = trained(f"{name}/model.onnx")
    x, labels = task(path)
    graph = optimize(load(path, Config(precision=precision), x[:100]))
    ours = np.mean(parts(predict, graph, x).argmax(axis=1) == labels)
    theirs = np.mean(runtime(path, x).argmax(axis=1) == labels)
    assert ours >= theirs - 0.005


def test_resnet8_loads_fast_and_keeps_intervals_small(predict, trained):
    path = trained("resnet8_cifar10/model.onnx")
    data = arrays(path)
    start = time.perf_counter()
    graph = optimize(load(path, Config(precision="auto"), data["input"]))
    assert time.perf_counter() - start < 8
    assert all(np.size(kind.low) <= 1024 for kind in graph.types.values())
    assert not any(node.op.kind == "gather" for node in graph)
    y = predict(graph, data["input"])
    assert (y.argmax(axis=1) == data["output"].argmax(axis=1)).all()
    assert np.abs(y - data["output"]).max() < 0.01


@pytest.mark.parametrize(("name", "least", "distance"), [
    ("jet_conv1d_small", 0.99, 0.001), ("ecg_conv1d", 0.99, 0.03)])
def test_float_signal_models(predict, trained, name, least, distance):
    """Jets come with random inputs whose best two classes often tie: fine Softmax tables."""
    path = trained(f"{name}/model.onnx")
    data = arrays(path)
    graph = optimize(load(path, Config(precision="auto", table_size=1 << 14), data["input"]))
    y = predict(graph, data["input"])
    assert np.mean(y.argmax(axis=1) == data["output"].argmax(axis=1)) >= least
    assert np.abs(y - data["output"]).max() < distance


def test_residual_block(predict, trained):
    path = trained("residual_block/model.onnx")
    data = arrays(path)
    graph = optimize(load(path, Config(precision="auto"), data["input"]))
    y = predict(graph, data["input"])
    assert np.abs(y - data["output"]).max() < 2e-3 * np.abs(data["output"]).max()


@pytest.mark.parametrize(("name", "unit", "differing"), [
    ("hello_sine_int8_qdq", 1, 0), ("mnist_cnn_u8s8_qdq", 1 / 255, 0),
    # One probability; onnxruntime's float sums put 9 of 14 million inner codes elsewhere.
    ("kws_dscnn_int8_qdq", 1, 1)])
def test_int8_models_give_the_runtime_codes(predict, trained, name, unit, differing):
    path = trained(f"{name}/model.onnx")
    data = arrays(path)
    graph = optimize(load(path))
    steps = np.rint((parts(predict, graph, data["input"].astype(np.float32))
                     - data["output"].astype(np.float64)) / unit)
    assert np.abs(steps).max() <= bool(differing)
    assert np.count_nonzero(steps) <= differing


@pytest.mark.slow
def test_espcn_equals_qonnx(predict, trained):
    """2 of 196608 codes lie where the order of float32 sums decides."""
    path = trained("espcn_nnresize_quant/model.onnx")
    data = arrays(path)
    graph = optimize(load(path))
    steps = np.rint((predict(graph, data["input"]) - data["output_qonnx"]) * 255)
    assert np.count_nonzero(steps) <= 2
    assert np.abs(steps).max() <= 1
    assert graph.inputs[0].type.shape == (128, 128, 3)
