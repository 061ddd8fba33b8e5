# SPDX-License-Identifier: Apache-2.0
"""Weights of a retrained model in a circuit that is finished."""

import re

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import nnhw
from nnhw.api.folder import load_interface
from nnhw.api.model import CompiledModel
from nnhw.api.weights import load_words
from nnhw.config import LayerConfig
from nnhw.errors import ConfigError, FoldingError, ModelError
from tests.conftest import small_network, writable_network

WRITABLE = LayerConfig(writable_weights=True)


def compiled(seed=0, **options):
    return nnhw.compile(writable_network(seed), nnhw.Config(**{"reuse": 2} | options))


def test_intervals_are_the_same_for_any_weights():
    one, other = compiled(0).graph, compiled(1).graph
    assert [(str(t.element), t.bounds) for t in one.types.values()] == [
        (str(t.element), t.bounds) for t in other.types.values()]


@pytest.mark.slow
def test_the_loaded_circuit_equals_golden_of_the_retrained_model(tmp_path):
    built = compiled(0, io="stream")
    built.write(tmp_path / "build")
    fresh = nnhw.compile(writable_network(1), built.config)
    x = np.random.default_rng(0).normal(size=(50, 6))
    loaded = CompiledModel.read(tmp_path / "build").retrained(writable_network(1))
    result = loaded.verify(x, samples=50, stall=1, layers=True)
    assert result.passed and result.layers.layers == 3
    y = loaded.predict(x, "rtl")
    assert np.array_equal(y, fresh.predict(x))
    assert not np.array_equal(y, built.predict(x))
    assert built.verify(x).passed  # the folder still holds what it was built with
    assert "null" not in str(built.report()["verify"]["rtl_mismatches"])


@pytest.mark.slow
@pytest.mark.parametrize(("io", "ports", "reuse"), [
    ("parallel", "bare", 3), ("stream", "axi", 12), ("stream", "bare", 24)])
def test_every_way_to_build(io, ports, reuse):
    built = compiled(0, io=io, ports=ports, reuse=reuse)
    assert built.verify(samples=40).passed
    for seed in (1, 2):
        assert built.retrained(writable_network(seed)).verify(samples=40, stall=seed).passed


def conv_file(folder, seed, groups=1):
    """A float model: convolution, ReLU, flattened, a matrix."""
    rng = np.random.default_rng(seed)
    nodes = [
        helper.make_node("Conv", ["x", "conv.weight", "conv.bias"], ["conv"], "conv", group=groups,
                         kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["conv"], ["relu"], "relu"),
        helper.make_node("Flatten", ["relu"], ["flat"], "flat"),
        helper.make_node("Gemm", ["flat", "fc.weight", "fc.bias"], ["fc"], "fc", transB=1)]
    constants = {
        "conv.weight": rng.normal(size=(4, 2 // groups, 3, 3)), "conv.bias": rng.normal(size=4),
        "fc.weight": rng.normal(size=(3, 64)), "fc.bias": rng.normal(size=3)}
    graph = helper.make_graph(
        nodes, "net", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 2, 4, 4])],
        [helper.make_tensor_value_info("fc", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(a.astype(np.float32), name) for name, a in constants.items()])
    path = folder / f"net{seed}.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("groups", [1, 2])
def test_convolutions_of_a_file(tmp_path, groups):
    config = nnhw.Config(precision="fixed<8,4>", reuse=6, io="stream",
                         kinds={"Conv": WRITABLE, "Gemm": WRITABLE})
    built = nnhw.compile(conv_file(tmp_path, 0, groups), config)
    assert [m.node for m in built.job().interface.memories] == ["conv", "conv", "fc", "fc"]
    other = conv_file(tmp_path, 1, groups)
    loaded = built.retrained(other)
    assert loaded.verify(samples=30, stall=1, layers=True).passed
    x = np.random.default_rng(2).normal(size=(9, 2, 4, 4))
    assert np.array_equal(loaded.predict(x), nnhw.compile(other, config).predict(x))


def test_weight_types_are_those_of_the_configuration(tmp_path):
    config = nnhw.Config(precision="fixed<8,4>", reuse=2, layers={
        "fc": LayerConfig(writable_weights=True, weight="fixed<6,2>", bias="fixed<20,4>")})
    graph = nnhw.compile(conv_file(tmp_path, 0), config).graph
    ops = {node.name: node.op for node in graph}
    # The bias is finer than the products by some bits, which the weights' mantissas make up for.
    shift = ops["fc"].frac - ops["fc"].x.frac - 4
    assert shift > 0
    assert ops["fc"].writable[0].width == 6 + shift
    assert ops["conv"].writable is None


def test_layers_that_are_not_writable_must_be_the_same(tmp_path):
    config = nnhw.Config(precision="fixed<8,4>", reuse=2, layers={"fc": WRITABLE})
    built = nnhw.compile(conv_file(tmp_path, 0), config)
    with pytest.raises(ModelError, match="conv: the retrained model differs from the built one in "
                                         "more than writable weights; build it anew"):
        built.retrained(conv_file(tmp_path, 1))


def wider(seed):
    """The second layer's weights one bit wider."""
    return writable_network(seed, np.full((3, 4), 7.0), "fixed<6,4>")


@pytest.mark.parametrize(("other", "message"), [
    (small_network, "hidden: the retrained model differs|scores: a weight|differs from the built"),
    (lambda: wider(0), re.escape("scores: a weight of 28 does not fit the 5 bits of its memory; "
                                 "build with a wider type")),
])
def test_models_that_do_not_suit(other, message):
    with pytest.raises(ModelError, match=message):
        compiled().retrained(other())


def test_fixed_weights_stay():
    built = nnhw.compile(small_network(), nnhw.Config(reuse=2))
    with pytest.raises(ConfigError, match="small was built without writable weights; build it with "
                                          "writable_weights = true in its configuration"):
        built.retrained(small_network())


def test_spatial_layers_cannot_be_written():
    with pytest.raises(FoldingError, match="hidden: writable weights need a reuse factor above 1; "
                                           "reuse 2 would work"):
        compiled(reuse=1).job()


def test_layers_without_weights_cannot_be_written():
    config = nnhw.Config(reuse=2, layers={"narrowed": WRITABLE})
    with pytest.raises(ConfigError, match="narrowed: its weights cannot be writable"):
        nnhw.compile(small_network(), config).job()


def test_hls_has_its_own_weights():
    loaded = compiled().retrained(writable_network(1))
    with pytest.raises(ConfigError, match=r"the C\+\+ has the weights it was built with"):
        loaded.predict(np.zeros((1, 6)), "hls")


def test_words_do_not_overlap(tmp_path):
    built = compiled()
    built.write(tmp_path / "build")
    interface = load_interface(tmp_path / "build")
    addresses = load_words(interface, built.graph)[:, 0].tolist()
    assert len(set(addresses)) == len(addresses)
    assert max(addresses) < 1 << interface.load_pins["load_address"]
    ends = 0
    for memory in interface.memories:
        assert memory.base % memory.span == 0 and memory.base >= ends
        ends = memory.base + memory.span


def test_saved_words_name_their_design(tmp_path):
    built = compiled()
    count = built.retrained(writable_network(1)).save_weights(tmp_path / "w.npz")
    with np.load(tmp_path / "w.npz") as saved:
        assert saved["words"].shape == (count, 2) and saved["words"].dtype == np.uint32
        assert re.fullmatch("[0-9a-f]{16}", str(saved["design"]))
