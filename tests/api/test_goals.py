# SPDX-License-Identifier: Apache-2.0
import re

import pytest

import nnhw
from nnhw.api.goals import Goal, choose_folding
from nnhw.config import LayerConfig
from nnhw.errors import ConfigError, FoldingError
from tests.conftest import writable_network
from tests.hw.support import mlp, pixels

CLOCK = nnhw.Config(clock_mhz=100)


def reuses(config):
    return {name: layer.reuse for name, layer in config.layers.items()}


def interface_of(graph, config):
    from nnhw.hw.design import build
    return build(graph, config).interface


@pytest.mark.parametrize(("fps", "expected"), [
    (1e8, {"dense0": 1, "dense1": 1}), (10e6, {"dense0": 8, "dense1": 8}),
    (4e6, {"dense0": 24, "dense1": 16}), (1000, {"dense0": 48, "dense1": 32})])
def test_a_rate_is_met_with_the_largest_reuse(fps, expected):
    graph = mlp()
    config = choose_folding(graph, CLOCK, Goal(target_fps=fps))
    assert reuses(config) == expected
    assert interface_of(graph, config).interval <= 1e8 / fps
    assert config.notes == (f"reuse factors were chosen for {fps:,.0f} inferences/s",)


def test_writable_weights_are_never_spatial():
    graph = nnhw.compile(writable_network(0)).graph
    config = choose_folding(graph, CLOCK, Goal(target_fps=50e6))
    assert reuses(config) == {"hidden": 2, "scores": 2}
    assert interface_of(graph, config).interval == 2
    with pytest.raises(FoldingError, match="100,000,000 inferences/s cannot be reached"):
        choose_folding(graph, CLOCK, Goal(target_fps=100e6))


@pytest.mark.parametrize("cycles", [12, 20, 35])
def test_a_latency_is_met_as_slowly_as_possible(cycles):
    graph = mlp()
    config = choose_folding(graph, CLOCK, Goal(max_latency=f"{cycles}cycles"))
    assert interface_of(graph, config).latency <= cycles
    from nnhw.folding.goal import balanced, intervals
    ops = [node.op for node in graph if hasattr(node.op, "weight")]
    chosen = [cycles for cycles in intervals(ops) if balanced(ops, cycles) == reuses(config)]
    slower = [cycles for cycles in intervals(ops) if cycles > chosen[-1]]
    if slower:
        layers = {n: LayerConfig(reuse=r) for n, r in balanced(ops, slower[0]).items()}
        assert interface_of(graph, nnhw.Config(clock_mhz=100, layers=layers)).latency > cycles


def test_a_part_gets_the_fastest_it_holds():
    graph = mlp()
    config = choose_folding(graph, CLOCK, Goal(fit="up5k"))
    assert config.target == "ice40"
    assert reuses(config) == {"dense0": 1, "dense1": 1}
    assert "nothing else being counted" in config.notes[0]


def test_both_goals_and_a_part_that_holds_them():
    config = choose_folding(mlp(), CLOCK, Goal(1e6, "1us", "up5k"))
    assert interface_of(mlp(), config).interval <= 100
    assert interface_of(mlp(), config).latency <= 100


def test_own_factors_are_overruled_and_other_choices_kept():
    before = nnhw.Config(clock_mhz=100, layers={"dense0": LayerConfig(reuse=2, table_size=9)})
    config = choose_folding(mlp(), before, Goal(target_fps=1000))
    assert config.layers["dense0"] == LayerConfig(reuse=48, table_size=9)


@pytest.mark.parametrize(("graph", "config", "goal", "message"), [
    (mlp(), nnhw.Config(clock_mhz=500), Goal(max_latency="2ns"),
     r"mlp: a latency of 1 cycle cannot be reached at 500 MHz; \d+ cycles \([\d.]+ ns\) can"),
    (pixels(), nnhw.Config(io="stream", lanes=1, clock_mhz=100), Goal(target_fps=5e7),
     r"pixels: 50,000,000 inferences/s cannot be reached with io stream at 100 MHz; 8,333,333 can, "
     r"an interval of 12 cycles"),
    (mlp((64, 64, 64)), CLOCK, Goal(target_fps=1e8, fit="hx8k"),
     r"mlp: the goal needs 8192 multipliers and 0 bits for weights, which hx8k does not hold; it "
     r"holds a circuit of [\d,]+ inferences/s and [\d,.]+ ns latency"),
])
def test_what_cannot_be_reached_says_what_can(graph, config, goal, message):
    with pytest.raises(FoldingError, match=message):
        choose_folding(graph, config, goal)


def test_a_part_too_small_at_any_factor():
    with pytest.raises(FoldingError, match=re.escape(
            "mlp does not fit up5k at any reuse factor: its matrices need 2 multipliers and")):
        choose_folding(mlp((512, 512, 10)), CLOCK, Goal(fit="up5k"))


def test_an_unknown_part():
    with pytest.raises(ConfigError, match="part 'xc7z02' is unknown; did you mean xc7z020"):
        choose_folding(mlp(), CLOCK, Goal(fit="xc7z02"))


def test_the_report_says_who_limits():
    model = nnhw.compile(mlp(), nnhw.Config(layers={"dense0": LayerConfig(reuse=12),
                                                    "dense1": LayerConfig(reuse=4)}))
    layers = {layer["name"]: layer for layer in model.report()["layers"]}
    assert {name: (layer["utilisation"], layer["limits"]) for name, layer in layers.items()} == {
        "dense0": (1.0, True), "narrow0": (None, False), "dense1": (0.3333, False)}
