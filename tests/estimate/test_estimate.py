# SPDX-License-Identifier: Apache-2.0
"""Estimates against Yosys, and where there are none."""

import numpy as np
import pytest

import nnhw
from nnhw.api.synth import synthesize_folder
from nnhw.estimate import by_layer, total
from nnhw.estimate.census import census
from nnhw.estimate.estimate import KINDS
from nnhw.estimate.fabric import FABRICS
from nnhw.estimate.units import known
from nnhw.hw.design import build
from nnhw.hw.fork import Fork, Queue
from nnhw.hw.serial_softmax import SerialSoftmax
from nnhw.hw.window import SlidingWindow
from nnhw.ir.types import TensorType
from nnhw.layers.window.op import Window
from nnhw.numeric.types import FixedType


def network(reuse, target, io="parallel"):
    rng = np.random.default_rng(0)
    return nnhw.compile(nnhw.Sequential(
        nnhw.Input(8, "fixed<6,3>"),
        nnhw.Dense(rng.integers(-7, 8, (6, 8)), name="first"),
        nnhw.ReLU(), nnhw.Quantize("ufixed<6,9>"),
        nnhw.Dense(rng.integers(-7, 8, (4, 6)), name="second")),
        nnhw.Config(reuse=reuse, target=target, io=io, clock_mhz=100.0))


@pytest.mark.slow
@pytest.mark.parametrize(("target", "reuse", "io"), [
    ("ice40", 8, "parallel"), ("ecp5", 4, "stream"), ("ecp5", 1, "parallel")])
def test_near_what_yosys_makes(target, reuse, io, tmp_path):
    model = network(reuse, target, io)
    guess = model.write(tmp_path / "build")["estimate"]
    made = synthesize_folder(tmp_path / "build").entry()
    assert abs(guess["lut"] - made["lut"]) <= 0.25 * made["lut"]
    assert {k: guess[k] for k in ("ff", "dsp", "bram")} == {
        k: made[k] for k in ("ff", "dsp", "bram")}


def test_one_for_each_component_of_its_own():
    design = build(network(4, "ecp5").graph, nnhw.Config(reuse=4, target="ecp5"))
    found = by_layer(design)
    assert all(set(figures) == set(KINDS) for figures in found.values())
    assert all(found[name]["lut"] > 0 and found[name]["ff"] > 0 for name in ("first", "second"))
    assert total(found.values())["ff"] == sum(figures["ff"] for figures in found.values())


@pytest.mark.parametrize("target", list(FABRICS))
def test_streams_have_models_too(target):
    rng = np.random.default_rng(0)
    model = nnhw.compile(nnhw.Sequential(
        nnhw.Input(8, "fixed<6,3>"), nnhw.Dense(rng.integers(-7, 8, (10, 8)), name="scores"),
        nnhw.Softmax(frac=8, size=64)), nnhw.Config(reuse=80, io="stream", target=target))
    design = build(model.graph, model.config)
    image = TensorType.of((6, 6, 2), FixedType(5, 2))
    others = [SlidingWindow(Window("w", image, (3, 3), before=(1, 1), after=(1, 1)), 2),
              SerialSoftmax(next(node.op for node in model.graph if node.op.kind == "softmax")),
              Queue(image.element, 4, 20), Fork(image.element, 4, 2)]
    units = [unit for _, unit in design.netlist.units] + others
    assert all(census(unit, target)["ff"] > 0 for unit in units)


@pytest.mark.parametrize("target", ["cyclonev", "cyclone10lp"])
def test_none_for_families_without_a_model(target):
    design = build(network(4, target).graph, nnhw.Config(reuse=4, target=target))
    assert set(total(by_layer(design).values()).values()) == {None}


def test_unknown_parts_make_the_total_unknown():
    some = {"lut": 3, "ff": 4, "dsp": 0.5, "bram": 0, "carry": 1}
    assert total([some, some]) == {"lut": 6, "ff": 8, "dsp": 1, "bram": 0, "carry": 2}
    assert total([some, some | {"lut": None}])["lut"] is None
    assert not known(object())
