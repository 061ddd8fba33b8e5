# SPDX-License-Identifier: Apache-2.0
"""Small ONNX models made on the spot, and the trained ones beside the repository."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from nnhw import golden

MODELS = Path(__file__).parents[2].parent / "shared" / "models"


@pytest.fixture
def trained() -> Callable[[str], Path]:
    """Path of a trained model's file, ``trained("jet_mlp/model.onnx")``."""
    def find(name: str) -> Path:
        if not (MODELS / name).exists():
            pytest.skip(f"trained model {name} is not beside the repository, in {MODELS.name}/")
        return MODELS / name
    return find


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    """Write a model: nodes, constants, shape of the input ``x``, and the outputs' names."""
    def write(nodes: list[Any], constants: dict[str, Any] | None = None,
              shape: tuple[Any, ...] = ("N", 4), outputs: tuple[str, ...] = ("y",),
              opset: int = 13, name: str = "tiny") -> Path:
        initializers = [numpy_helper.from_array(np.asarray(value), key)
                        for key, value in (constants or {}).items()]
        graph = helper.make_graph(
            nodes, name, [helper.make_tensor_value_info("x", TensorProto.FLOAT, list(shape))],
            [helper.make_tensor_value_info(out, TensorProto.FLOAT, None) for out in outputs],
            initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
        model.ir_version = 8
        path = tmp_path / f"{name}.onnx"
        onnx.save(model, str(path))
        return path
    return write


@pytest.fixture
def predict() -> Callable[[Any, Any], Any]:
    """Floats of a graph's first output for floats of its first input."""
    def run(graph: Any, x: Any) -> Any:
        port = graph.inputs[0]
        mantissas = golden.run(graph, {port.name: port.encode(x)})
        return graph.outputs[0].decode(mantissas[graph.outputs[0].name])
    return run
