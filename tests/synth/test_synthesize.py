# SPDX-License-Identifier: Apache-2.0
"""Every family through Yosys, and where there is one through nextpnr."""

from dataclasses import replace
from importlib.util import find_spec

import pytest

import nnhw
from nnhw.api.folder import load_interface
from nnhw.api.synth import choose_part, job_of, synthesize_folder, warning
from nnhw.boards.parts import DEFAULT_PART, PARTS
from nnhw.config import TARGETS
from nnhw.errors import ConfigError, ToolError
from nnhw.report.contract import read_report
from nnhw.synth.families import FAMILIES
from nnhw.synth.resources import total
from nnhw.synth.wrapper import wrapper
from tests.conftest import writable_network

pytestmark = pytest.mark.slow
PLACED = [name for name, family in FAMILIES.items() if family.router]


@pytest.mark.parametrize("target", TARGETS)
def test_resources_by_layer(small_build, target):
    result = synthesize_folder(small_build, target)
    assert set(result.layers) >= {"hidden", "scores"}
    assert result.used.lut > 0
    assert result.used.ff > 0
    together = total(result.layers.values())
    assert together.ff == result.used.ff
    # Wiring between components may need an inverter or two, no more.
    assert 0 <= result.used.lut - together.lut <= 4
    entry = read_report(small_build)["synth"][-1]
    assert entry["target"] == target
    assert entry["fmax_mhz"] is None
    assert [layer["name"] for layer in entry["layers"]] == list(result.layers)
    assert (small_build / "synth" / target / "yosys.log").stat().st_size > 0


@pytest.mark.parametrize("target", PLACED)
def test_place_and_route(small_build, target):
    module = f"yowasp_nextpnr_{FAMILIES[target].router.replace('-', '_')}"
    if find_spec(module) is None:
        pytest.skip(f"{module} is missing: pip install nnhw[pnr]")
    result = synthesize_folder(small_build, target, placed=True)
    assert result.timing.fmax_mhz > 10
    path = result.timing.critical
    assert path.ns == pytest.approx(1000 / result.timing.fmax_mhz, rel=0.2)
    names = {"hidden", "relu", "narrowed", "scores", "(ports)", "(outside the network)"}
    assert {path.start, path.end} <= names
    assert 0 < path.routing_ns < path.ns


def test_a_second_run_replaces_the_first(small_build):
    for _ in range(2):
        synthesize_folder(small_build, "ice40")
    synthesize_folder(small_build, "ecp5")
    assert [run["target"] for run in read_report(small_build)["synth"]] == ["ice40", "ecp5"]


def test_products_go_into_luts_where_blocks_are_few(small_build):
    from dataclasses import replace

    from nnhw.synth.synthesize import synthesize

    part = replace(PARTS["lfe5u-25f"], dsp=0)
    result = synthesize(job_of(small_build, part, small_build / "synth" / "few"))
    assert result.dsp_in_luts
    assert result.used.dsp == 0


def test_families_without_a_router_say_so(small_build):
    with pytest.raises(ToolError, match="no nextpnr for xc7; leave out --pnr, or choose ecp5"):
        synthesize_folder(small_build, "xc7", placed=True)


def test_parts_are_chosen(small_build):
    report = read_report(small_build)
    assert choose_part(report, "ecp5", None).name == DEFAULT_PART["ecp5"]
    assert choose_part(report, None, "up5k").family == "ice40"
    with pytest.raises(ConfigError, match="target 'ecp' is unknown; did you mean ecp5"):
        choose_part(report, "ecp", None)


def test_a_part_too_small_is_told_ahead(small_build):
    target = read_report(small_build)["target"]
    tiny = replace(PARTS[DEFAULT_PART[target]], lut=10)
    assert warning(small_build, PARTS[DEFAULT_PART[target]]) == ""
    assert f"{tiny.name} may be too small" in warning(small_build, tiny)
    assert warning(small_build, PARTS["up5k"]) == ""  # nothing is estimated for that family


def test_the_wrapper_connects_every_port(small_build):
    text = wrapper(load_interface(small_build))
    for port in ("clk", "rst", "x_payload", "x_valid", "x_ready"):
        assert f".{port}(" in text


@pytest.mark.parametrize("target", ["xc7", "ecp5", "ice40"])
def test_writable_weights_count_for_their_layers(tmp_path, target):
    compiled = nnhw.compile(writable_network(0), nnhw.Config(reuse=12))
    compiled.write(tmp_path / "build")
    interface = load_interface(tmp_path / "build")
    assert len(interface.load_pins) == 3
    assert all(f".{pin}(stimulus[" in wrapper(interface) for pin in interface.load_pins)
    result = synthesize_folder(tmp_path / "build", target)
    assert result.used.ff == total(result.layers.values()).ff
