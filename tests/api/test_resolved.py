# SPDX-License-Identifier: Apache-2.0
import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import nnhw
from nnhw.errors import ConfigError
from nnhw.frontends import load, load_resolved
from nnhw.ir.text import text

DATA = np.random.default_rng(2).normal(size=(64, 6)).astype(np.float32) * 3


@pytest.fixture
def float_model(tmp_path):
    """Dense, Relu, Dense, Tanh, Dense: floats throughout."""
    rng = np.random.default_rng(0)
    sizes = [6, 5, 4, 3]
    weights = [numpy_helper.from_array(rng.normal(size=size).astype(np.float32), f"w{k}")
               for k, size in enumerate(pairwise(sizes))]
    nodes, before = [], "x"
    for k, (_, kind) in enumerate(zip(weights, ("Relu", "Tanh", None), strict=True)):
        nodes.append(helper.make_node("MatMul", [before, f"w{k}"], [f"fc{k}"]))
        before = f"fc{k}"
        if kind:
            nodes.append(helper.make_node(kind, [before], [f"act{k}"]))
            before = f"act{k}"
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", size])
             for name, size in (("x", 6), (before, 3))]
    graph = helper.make_graph(nodes, "floats", ports[:1], ports[1:], weights)
    path = tmp_path / "floats.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path)
    return path


def verilog(folder):
    return {path.name: path.read_bytes() for path in sorted((folder / "rtl").iterdir())}


def test_a_build_with_auto_is_repeated_without_data(float_model, tmp_path):
    nnhw.compile(float_model, nnhw.Config(precision="auto", reuse=2), DATA).write(tmp_path / "a")
    again = nnhw.compile(float_model, tmp_path / "a" / "config.toml")
    again.write(tmp_path / "b")
    assert verilog(tmp_path / "a") == verilog(tmp_path / "b")
    assert (tmp_path / "a" / "config.toml").read_bytes() == (
        tmp_path / "b" / "config.toml").read_bytes()


def test_every_type_that_data_decided_is_written_out(float_model):
    graph, config = load_resolved(float_model, nnhw.Config(precision="auto"), DATA)
    chosen = {name: str(layer.auto.type) for name, layer in config.layers.items()}
    assert list(chosen) == ["x", "act0", "fc1"] and config.precision == "auto"
    peak = np.abs(DATA).max()
    assert chosen["x"] == f"fixed<16,{int(np.ceil(np.log2(peak))) + 2}>"
    same = load(float_model, config)
    assert text(replace(same, notes=())) == text(replace(graph, notes=()))


def test_what_auto_chose_holds_against_other_data(float_model):
    _, config = load_resolved(float_model, nnhw.Config(precision="auto"), DATA)
    _, again = load_resolved(float_model, config, DATA * 1000)
    assert again == config


def test_a_type_that_is_missing_needs_data(float_model):
    with pytest.raises(ConfigError, match=re.escape("x: precision 'auto' needs calibration data")):
        load(float_model, nnhw.Config(precision="auto"))
