# SPDX-License-Identifier: Apache-2.0
"""Trained convolutional models, from their file to compiled RTL: every word equals golden."""

from pathlib import Path

import numpy as np
import pytest

from nnhw import golden
from nnhw.config.config import Config
from nnhw.frontends import load
from nnhw.hw.design import build
from nnhw.passes.pipeline import optimize
from nnhw.sim.verilator import Bulk

MODELS = Path(__file__).parents[2] / "shared" / "models"

#: Model, reuse factor, real inputs.
CASES = [
    ("jet_conv1d_small", 4, 100),
    ("jet_conv1d_small", 30, 100),
    ("mnist_cnn", 8, 20),
    ("mnist_cnn", 72, 20),
    ("kws_dscnn_int8_qdq", 64, 20),
    ("hello_sine_int8_qdq", 1, 100),
    ("hello_sine_int8_qdq", 16, 100),
    ("resnet8_cifar10", 576, 6),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "reuse", "count"), CASES)
def test_rtl_equals_golden(name, reuse, count, tmp_path):
    file = MODELS / name / "model.onnx"
    if not file.exists():
        pytest.skip(f"trained model {name} is not beside the repository, in shared/models/")
    graph = optimize(load(file, Config()))
    design = build(graph, Config(reuse=reuse, io="stream"))
    with np.load(file.parent / "ref.npz") as reference:
        x = reference["input"][:count]
    assert len(x) == count
    codes = {port.name: port.encode(x) for port in graph.inputs}
    bulk = Bulk(design.interface, design.write(tmp_path / "rtl"), tmp_path / "work")
    result = bulk.run({layout.name: codes[port.name] for layout, port in zip(
        design.interface.inputs, graph.inputs, strict=True)})
    expected = golden.run(graph, codes)
    for layout, port in zip(design.interface.outputs, graph.outputs, strict=True):
        assert np.array_equal(result.outputs[layout.name], expected[port.name])
    assert (result.latency, result.interval) == (
        design.interface.latency, design.interface.interval)
