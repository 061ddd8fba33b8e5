# SPDX-License-Identifier: Apache-2.0
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from nnhw import frontends, golden
from nnhw.config.config import Config, LayerConfig
from nnhw.errors import ConfigError, ModelError, UnsupportedError
from nnhw.frontends.hgq2_file import is_hgq2
from nnhw.passes.pipeline import optimize

h5py = pytest.importorskip("h5py")
MODELS = Path(__file__).parents[2].parent / "shared" / "models"


def outputs(graph, x):
    codes = golden.run(graph, {graph.inputs[0].name: graph.inputs[0].encode(x)})
    return graph.outputs[0].decode(codes[graph.outputs[0].name])


@pytest.mark.skipif(not (MODELS / "jet_hgq2_mlp").exists(), reason="no folder of models")
def test_the_jet_tagger_equals_hgq2_itself():
    folder = MODELS / "jet_hgq2_mlp"
    graph = frontends.load(folder / "model.keras")
    reference = np.load(folder / "ref.npz")
    for one in (graph, optimize(graph)):
        assert np.array_equal(outputs(one, reference["input"]), reference["output_hgq2"])


def quantizer(q_type="kif", rounding="TRN", overflow="wrap"):
    return {"config": {"q_type": q_type, "round_mode": rounding, "overflow_mode": overflow}}


def dense(name="dense", **changes):
    return {"class_name": "QDense", "module": "hgq.layers.core.dense", "config": {
        "name": name, "activation": "relu", "use_bias": True, "enable_iq": True,
        "iq_conf": quantizer(), "kq_conf": quantizer("kif", "RND", "SAT_SYM"),
        "bq_conf": quantizer("kbi", "RND", "SAT_SYM")} | changes}


KERNEL = np.array([[0.75, -1.6], [0.3, 5.0], [0.2, -0.125]], dtype=np.float32)
BIAS = np.array([0.3, -0.26], dtype=np.float32)
SIGN, WHOLE, FRAC = [1, 1, 1], [2.4, 1.0, -3.0], [2.6, 0.0, 1.0]


def saved(path, layer, group="q_dense"):
    """A one-layer model as Keras 3 saves it."""
    variables = {
        "iq/quantizer/vars": [np.float32([FRAC]), np.uint8([SIGN]), np.float32([WHOLE])],
        "kq/quantizer/vars": [np.full((3, 2), 2, np.float32), np.full((3, 2), 2, np.float32),
                              np.ones((3, 2), np.uint8)],
        "bq/quantizer/vars": [np.full(2, 4, np.float32), np.full(2, 1, np.float32),
                              np.ones(2, np.uint8)],
        "vars": [KERNEL, BIAS]}
    weights = io.BytesIO()
    with h5py.File(weights, "w") as file:
        for place, values in variables.items():
            for number, value in enumerate(values):
                file[f"layers/{group}/{place}/{number}"] = value
    entry = {"class_name": "InputLayer", "config": {"name": "x", "batch_shape": [None, 3]}}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(
            {"class_name": "Sequential", "config": {"layers": [entry, layer]}}))
        archive.writestr("model.weights.h5", weights.getvalue())
    return path


def test_every_element_has_its_own_precision(tmp_path):
    path = saved(tmp_path / "one.keras", dense())
    x = np.random.default_rng(0).normal(0, 4, (400, 3)).astype(np.float32)
    x[0] = [-4, -2, 1]
    first = (np.floor(x[:, 0] * 8) / 8 + 4) % 8 - 4  # 1 + 2 + 3 bits
    second = (np.floor(x[:, 1]) + 2) % 4 - 2  # 1 + 1 + 0 bits; the third has none
    kernel = np.array([[0.75, -1.5], [0.25, 3.75]])  # 2 + 2 bits, ties up, symmetric
    expected = np.maximum(np.stack([first, second], 1) @ kernel + [0.25, -0.25], 0)
    assert np.array_equal(outputs(frontends.load(path), x), expected.astype(np.float32))


def test_describes_its_layers(tmp_path):
    path = saved(tmp_path / "one.keras", dense())
    assert frontends.describe(path) == [("x", "InputLayer", ()), ("dense", "QDense", ())]


@pytest.mark.parametrize(("changes", "message"), [
    ({"activation": "tanh"}, "dense: activation tanh is not supported in an HGQ2 model"),
])
def test_what_is_not_known_is_refused(tmp_path, changes, message):
    path = saved(tmp_path / "one.keras", dense(**changes))
    with pytest.raises((UnsupportedError, ModelError), match=message):
        frontends.load(path)


@pytest.mark.parametrize("group", ["layers", "kinds"])
def test_writable_weights_are_refused(group, tmp_path):
    path = saved(tmp_path / "one.keras", dense())
    key = {"layers": "dense", "kinds": "qdense"}[group]
    config = Config(**{group: {key: LayerConfig(writable_weights=True)}})
    with pytest.raises(ConfigError, match=rf"{group}\.{key}: weights of one\.keras cannot be"):
        frontends.load(path, config)
    frontends.load(path, Config(**{group: {key: LayerConfig(writable_weights=False)}}))


def test_other_keras_files_are_no_hgq2_models(tmp_path):
    path = tmp_path / "plain.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps({"class_name": "Sequential"}))
    assert not is_hgq2(path)
    assert not is_hgq2(tmp_path / "missing.onnx")
    with pytest.raises(ModelError, match="keras files cannot be read"):
        frontends.load(path)
