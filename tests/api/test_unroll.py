# SPDX-License-Identifier: Apache-2.0
import json
import zipfile

import numpy as np
import pytest

from nnhw import golden
from nnhw.api import CompiledModel, Goal
from nnhw.api.unroll import LIMIT, unrolled
from nnhw.config import Config, LayerConfig
from nnhw.ir.graph import Graph, InputPort, Node, OutputPort
from nnhw.ir.types import TensorType
from nnhw.layers import Dense, Window
from nnhw.numeric.types import FixedType

WIDE = TensorType.of((4, 3), FixedType(6))


@pytest.fixture
def path(tmp_path):
    """A file that says it is of HGQ2."""
    path = tmp_path / "net.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps({"module": "hgq.layers"}))
    return path


def network(op):
    port = InputPort("x", op.x.shape, op.x, FixedType(6))
    return Graph("net", (port,), (Node(op, ("x",)),),
                 (OutputPort("y", op.name, op.y.shape, op.y),))


def dense(columns=2):
    weight = np.random.default_rng(0).integers(1, 9, (columns, 3))
    return network(Dense("d", WIDE, weight, np.arange(columns)))


def test_a_model_of_hgq2_is_unrolled(path):
    graph = dense()
    whole = unrolled(graph, path, Config())
    assert [node.op.kind for node in whole if node.op.kind != "reshape"] == ["grouped"]
    assert whole.notes == ("every vector of a frame has hardware of its own, 24 products; "
                           'io = "stream" shares it',)
    x = np.random.default_rng(1).integers(-32, 32, (50, 4, 3))
    assert np.array_equal(golden.run(whole, {"x": x})["y"], golden.run(graph, {"x": x})["y"])


def test_goals_fold_the_streams(path):
    graph = dense()
    whole = CompiledModel(unrolled(graph, path, Config()), streams=graph)
    assert whole.graph is not graph
    assert whole.folded(Goal(target_fps=1e6)).graph is graph


@pytest.mark.parametrize("config", [
    Config(io="stream"), Config(reuse=2), Config(layers={"d": LayerConfig(reuse=4)}),
    Config(kinds={"qdense": LayerConfig(reuse=3)})])
def test_what_shall_be_shared_is_not(path, config):
    graph = dense()
    assert unrolled(graph, path, config) is graph


def test_other_models_and_windows_are_not(path, tmp_path):
    graph = dense()
    assert unrolled(graph, tmp_path / "net.onnx", Config()) is graph
    image = network(Window("w", TensorType.of((4, 4, 1), FixedType(6)), (2, 2)))
    assert unrolled(image, path, Config()) is image


def test_large_networks_are_not(path):
    graph = dense(LIMIT // 12 + 1)
    assert unrolled(graph, path, Config()) is graph
    assert unrolled(dense(LIMIT // 12), path, Config()).notes
