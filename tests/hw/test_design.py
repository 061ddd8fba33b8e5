# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.config.config import Config, LayerConfig
from nnhw.hw.design import build
from nnhw.hw.fork import Fork, Queue
from nnhw.hw.serial_softmax import SerialSoftmax
from nnhw.ir.graph import Node
from nnhw.ir.types import TensorType
from nnhw.layers import Add, Dense, Relu, Requantize, Reshape
from nnhw.numeric.types import FixedType, Quantizer
from nnhw.sim.pysim import gaps, steady
from tests.hw.support import CODE, check_design, graph_of, mlp, pixels, residual

RANDOM = [(gaps, gaps)]
STALLED = [(gaps, gaps), (steady, gaps), (gaps, steady)]


@pytest.mark.parametrize("reuse", [1, 2, 4, 8, 24, 48])
@pytest.mark.parametrize("io", ["parallel", "stream"])
def test_mlp(reuse, io):
    check_design(mlp(), Config(reuse=reuse, io=io), stalls=RANDOM)


@pytest.mark.parametrize("lanes", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("reuse", [1, 6])
def test_mlp_with_lanes(lanes, reuse):
    check_design(mlp(best=True), Config(reuse=reuse, io="stream", lanes=lanes), stalls=RANDOM)


@pytest.mark.parametrize("reuse", [1, 4, 24])
@pytest.mark.parametrize(("clock_mhz", "target"), [(50, "ice40"), (300, "xc7"), (600, "xcup"),
                                                   (150, "ecp5"), (250, "ecp5")])
def test_mlp_at_clocks(reuse, clock_mhz, target):
    check_design(mlp((5, 6, 6, 2)), Config(reuse=reuse, clock_mhz=clock_mhz, target=target),
                 stalls=RANDOM)


@pytest.mark.parametrize("reuse", [1, 2, 8])
@pytest.mark.parametrize(("io", "lanes"), [("parallel", None), ("stream", None), ("stream", 1),
                                           ("stream", 5), ("stream", 4)])
def test_pixels(reuse, io, lanes):
    check_design(pixels(), Config(reuse=reuse, io=io, lanes=lanes), stalls=RANDOM)


@pytest.mark.parametrize("reuse", [1, 2, 6, 12])
@pytest.mark.parametrize("io", ["parallel", "stream"])
def test_residual(reuse, io):
    design = check_design(residual(), Config(reuse=reuse, io=io), frames=6, stalls=STALLED)
    units = [unit for _, unit in design.netlist.units]
    assert sum(isinstance(unit, Fork) for unit in units) == 1
    fed = [end for start, end in design.netlist.links
           if start.unit is not None and isinstance(units[start.unit], Queue)
           and end.unit is not None and len(getattr(units[end.unit], "inputs", ())) == 2]
    assert len(fed) == 2  # both operands of the join


@pytest.mark.parametrize("seed", range(4))
def test_residual_of_unequal_speeds(seed):
    reuse = [(1, 24, 4, 9), (12, 2, 24, 3), (36, 1, 1, 18), (4, 24, 8, 1)][seed]
    names = ("first", "middle", "back", "final")
    layers = {name: LayerConfig(reuse=r) for name, r in zip(names, reuse, strict=True)}
    check_design(residual(seed), Config(layers=layers), frames=6, stalls=STALLED)


@pytest.mark.parametrize("reuse", [1, 2, 4, 8])
@pytest.mark.parametrize("lanes", [1, 4])
def test_a_constant_result_still_takes_one_beat_for_all_its_steps(reuse, lanes):
    """Nothing is left to add up, and each step would else be a result."""
    x = TensorType.of((3, 4), FixedType(4, 0, False))
    dense = Dense("dense", x, -np.ones((2, 4), dtype=int), np.array([0, -1]))
    relu = Relu("relu", dense.y)
    more = Dense("more", x, np.array([[1, 0, 0, 0], [0, 1, 0, 0]]), np.zeros(2, dtype=int))
    assert relu.y.bounds == (0, 0)
    total = Add("total", relu.y, more.y)
    nodes = [Node(dense, ("x",)), Node(relu, ("dense",)), Node(more, ("x",)),
             Node(total, ("relu", "more"))]
    check_design(graph_of("constant", x, nodes, "total"),
                 Config(reuse=reuse, io="stream", lanes=lanes), frames=30, stalls=[(gaps, gaps)])


@pytest.mark.parametrize("reuse", [1, 4])
def test_a_sum_that_is_narrowed_and_read_under_another_name(reuse):
    """The narrowing must not join the sum's stage: a Reshape, placed later, names the sum too."""
    x = TensorType.of((2, 4), CODE)
    rng = np.random.default_rng(0)
    dense = Dense("dense", x, rng.integers(-4, 5, (3, 4)), np.zeros(3, dtype=int))
    narrow = Requantize("narrow", dense.y, Quantizer(FixedType(4)), 3)
    flat = Reshape("flat", narrow.y, (6,))
    again = Reshape("again", dense.y, (6,))
    total = Add("total", flat.y, again.y)
    nodes = [Node(dense, ("x",)), Node(narrow, ("dense",)), Node(flat, ("narrow",)),
             Node(again, ("dense",)), Node(total, ("flat", "again"))]
    check_design(graph_of("named", x, nodes, "total"), Config(reuse=reuse, io="stream"))


def test_the_slowest_layer_sets_the_pace():
    design = build(mlp(), Config(layers={"dense0": LayerConfig(reuse=12)}))
    assert design.interface.interval == 12
    assert [(f.name, f.reuse, f.interval) for f in design.layers] == [
        ("dense0", 12, 12), ("narrow0", None, 12), ("dense1", 1, 1)]


def test_a_reuse_that_does_not_divide_is_noted():
    design = build(mlp(), Config(layers={"dense0": LayerConfig(reuse=5)}))
    assert design.layers[0].reuse == 4
    assert len(design.notes) == 1 and design.notes[0].startswith("dense0: reuse factor 5 ")


def test_multipliers_of_each_layer():
    design = build(mlp(), Config(reuse=4))
    assert [(f.name, f.multipliers) for f in design.layers] == [
        ("dense0", 12), ("narrow0", 0), ("dense1", 8)]


@pytest.mark.parametrize("reuse", [16, 32])
def test_one_beat_held_for_many_steps(reuse):
    check_design(mlp((2, 16)), Config(reuse=reuse), stalls=RANDOM)


def test_a_result_that_leaves_before_its_beat_is_let_go():
    check_design(mlp((1, 16)), Config(reuse=16, io="stream"), stalls=RANDOM)


@pytest.mark.parametrize("target", ["xcup", "ecp5"])
@pytest.mark.parametrize("reuse", [2, 6, 48])
def test_multipliers_in_logic(reuse, target):
    graph = mlp()
    layers = {node.name: LayerConfig(multiplier="logic") for node in graph}
    check_design(graph, Config(reuse=reuse, io="stream", target=target, layers=layers),
                 stalls=RANDOM)


@pytest.mark.parametrize(("reuse", "io", "serial"), [
    (96, "stream", 1), (4, "stream", 0), (4, "parallel", 0)])
def test_softmax_one_by_one_where_there_is_time(reuse, io, serial):
    """Where elements come one by one, and only if it does not slow the network down."""
    design = check_design(mlp((12, 8, 3), classes=True), Config(reuse=reuse, io=io), stalls=RANDOM)
    found = [unit for _, unit in design.netlist.units if isinstance(unit, SerialSoftmax)]
    assert len(found) == serial
