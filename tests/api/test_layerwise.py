# SPDX-License-Identifier: Apache-2.0
import re

import numpy as np
import pytest

import nnhw
from nnhw.errors import ModelError
from nnhw.ir.graph import Node
from nnhw.ir.types import TensorType
from nnhw.layers import Dense, Gather, Requantize, Reshape, Total, Window
from nnhw.numeric.types import FixedType, Quantizer
from tests.hw.support import CODE, graph_of, mlp, residual

pytestmark = pytest.mark.slow  # compiles the Verilog for each case

#: Layers of ``small_build`` that share the first stage, and a value of each in the Verilog.
FUSED = {"hidden": r"hidden_\w+", "narrowed": r"narrowed_n\d*"}


def plant(folder, module, value):
    """Invert the lowest bit of the last of a stage's values whose name matches."""
    path = folder / "rtl" / f"small_{module}_pipeline.v"
    text = path.read_text()
    match = [*re.finditer(rf"wire [^;=]*\b{value} = ([^;]*);", text)][-1]
    path.write_text(f"{text[:match.start(1)]}({match[1]}) ^ 1'd1{text[match.end(1):]}")


def convolution():
    """A crop, a window, a matrix for every place, a global sum, a matrix."""
    rng = np.random.default_rng(0)
    x = TensorType.of((4, 5, 2), CODE)
    crop = Gather("crop", x, np.arange(40).reshape(4, 5, 2)[:, 1:])
    window = Window("window", crop.y, (3, 3), before=(1, 1), after=(1, 1))
    flat = Reshape("flat", window.y, (4, 4, 18))
    conv = Dense("conv", flat.y, rng.integers(-4, 5, (4, 18)), rng.integers(-9, 9, 4))
    small = Requantize("small", conv.y, Quantizer(FixedType(4, 0, False)), 3)
    pool = Total("pool", small.y)
    last = Dense("last", pool.y, rng.integers(-4, 5, (3, 4)), rng.integers(-9, 9, 3))
    ops = (crop, window, flat, conv, small, pool, last)
    nodes = [Node(op, (before,)) for op, before in zip(
        ops, ("x", *(op.name for op in ops)), strict=False)]
    return graph_of("convnet", x, nodes, "last")


@pytest.mark.slow
@pytest.mark.parametrize(("graph", "config", "layers"), [
    (convolution(), nnhw.Config(reuse=6, ports="axi"), 6),
    (convolution(), nnhw.Config(io="stream"), 6),
    (residual(), nnhw.Config(reuse=4), 7),
    (mlp(best=True), nnhw.Config(reuse=6, io="stream", lanes=2), 4),
], ids=lambda value: getattr(value, "name", ""))
def test_every_layer_is_compared(graph, config, layers):
    model = nnhw.compile(graph, config)
    result = model.verify(samples=5, layers=True, stall=1)
    assert result.passed and result.layers.first is None and result.layers.layers == layers
    compared = [node.op.y.size for node in model.graph if not isinstance(node.op, Reshape)
                and node.name not in result.layers.merged]
    assert 5 * sum(compared) <= result.layers.words <= 5 * sum(n.op.y.size for n in model.graph)


@pytest.mark.parametrize(("module", "layer", "kind"), [
    ("hidden", "hidden", "dense"), ("hidden", "narrowed", "requantize")])
def test_the_first_wrong_layer_is_named(small_build, module, layer, kind):
    plant(small_build, module, FUSED[layer])
    result = nnhw.CompiledModel.read(small_build).verify(samples=20, layers=True)
    assert not result.passed and result.layers.first.output == layer
    assert re.fullmatch(rf"layers: {layer} \({kind}\) is the first of 3 to differ, in \d+ words: "
                        rf"sample \d+, {layer}\[\d\]: expected -?\d+, got -?\d+",
                        str(result.layers))
    first = result.layers.first
    assert first.expected ^ first.got == 1


def test_the_verilog_stays_as_it_is(small_build):
    before = {path: path.read_bytes() for path in (small_build / "rtl").iterdir()}
    result = nnhw.CompiledModel.read(small_build).verify(samples=4, layers=True)
    assert str(result.layers) == f"layers: all 3 equal in {4 * (4 + 4 + 3)} words"
    assert {path: path.read_bytes() for path in (small_build / "rtl").iterdir()} == before


def test_samples_are_numbered_across_batches(small_build, monkeypatch):
    monkeypatch.setattr("nnhw.api.layerwise._AT_ONCE", 22)
    plant(small_build, "hidden", FUSED["narrowed"])
    model = nnhw.CompiledModel.read(small_build)
    x = np.zeros((5, 6))
    found = model.verify(x, samples=5, layers=True).layers
    assert found.words == 55 and found.mismatches % 5 == 0 and found.first.sample == 0


def test_verilog_of_another_configuration(small_build):
    path = small_build / "config.toml"
    path.write_text(path.read_text().replace("reuse = 2", "reuse = 4"))
    with pytest.raises(ModelError, match=r"rtl/ was built with other choices than config\.toml"):
        nnhw.CompiledModel.read(small_build).verify(samples=4, layers=True)
