# SPDX-License-Identifier: Apache-2.0
"""The Tcl runs to its end under tclsh, vendor commands replaced by stubs that print."""

import shutil
import subprocess

import pytest

from nnhw.config.config import Config
from tests.hls.conftest import mlp

STUBS = r"""
foreach name {%s} {
    proc $name {args} "puts \"CALL $name \$args\"; return $name"
}
proc exit {args} { puts "CALL exit"; ::tcl_exit {*}$args }
source [lindex $argv 0]
"""
HLS = ("open_project set_top add_files open_solution set_part create_clock config_array_partition "
       "csim_design csynth_design cosim_design export_design")
VIVADO = ("create_project read_verilog synth_design create_clock get_ports opt_design place_design "
          "phys_opt_design route_design report_utilization report_timing_summary close_project "
          "set_property current_project update_ip_catalog create_ip get_files get_ips "
          "generate_target")


def run(script, commands, where, **environment):
    """Calls of vendor commands, as lists of words."""
    tclsh = shutil.which("tclsh")
    if tclsh is None:
        pytest.skip("tclsh is needed")
    stubs = where / "stubs.tcl"
    stubs.write_text("rename exit tcl_exit\n" + STUBS % commands)
    done = subprocess.run([tclsh, str(stubs), str(script)], cwd=where, capture_output=True,
                          text=True, env={"PATH": "/usr/bin:/bin", **environment})
    assert done.returncode == 0, done.stderr
    return [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("CALL ")]


@pytest.fixture
def folder(project, tmp_path):
    made, *_ = project(mlp((6, 5, 3)), Config(clock_mhz=250))
    (tmp_path / "rtl").mkdir()
    (tmp_path / "rtl" / "tagger.v").touch()
    (tmp_path / "elsewhere").mkdir()
    return made


@pytest.mark.parametrize("tool", ["vitis_hls", "vivado_hls"])
def test_hls_scripts(tool, folder, tmp_path):
    calls = run(folder / f"{tool}.tcl", HLS, tmp_path / "elsewhere")
    order = [call[0] for call in calls]
    extra = ["config_array_partition"] if tool == "vivado_hls" else []
    assert order == ["open_project", "set_top", "add_files", "add_files", "add_files",
                     "open_solution", "set_part", "create_clock", *extra, "csim_design",
                     "csynth_design", "cosim_design", "export_design", "exit"]
    assert calls[1][1] == "tagger"
    for call in calls:
        if call[0] == "add_files":
            path = next(word for word in call[1:] if "/" in word)
            assert (tmp_path / path).exists(), path
    assert ["set_part", "xcvu9p-flga2104-2-i"] in calls
    assert calls[7][1:3] == ["-period", "4.000"]
    defined = any("-DNNHW_VIVADO_HLS" in word for call in calls for word in call)
    assert defined == (tool == "vivado_hls")


def test_environment_overrules(folder, tmp_path):
    calls = run(folder / "vitis_hls.tcl", HLS, tmp_path / "elsewhere", NNHW_PART="xc7z020clg400-1",
                NNHW_STEPS="csim csynth", NNHW_CLOCK_NS="8")
    assert ["set_part", "xc7z020clg400-1"] in calls
    assert [call[0] for call in calls][-3:] == ["csim_design", "csynth_design", "exit"]
    assert any(call[:3] == ["create_clock", "-period", "8"] for call in calls)


def test_side_by_side(folder, tmp_path):
    ip = folder / "vitis_hls_prj/solution1/impl/ip"
    ip.mkdir(parents=True)
    (ip / "component.xml").touch()
    calls = run(folder / "side_by_side.tcl", VIVADO, tmp_path / "elsewhere")
    order = [call[0] for call in calls if call[0] not in ("get_ports", "get_files", "get_ips",
                                                          "current_project", "set_property")]
    implement = ["synth_design", "create_clock", "opt_design", "place_design", "phys_opt_design",
                 "route_design", "report_utilization", "report_timing_summary", "close_project"]
    assert order == ["create_project", "read_verilog", *implement, "create_project",
                     "update_ip_catalog", "create_ip", "generate_target", *implement, "exit"]
    synth = [call for call in calls if call[0] == "synth_design"]
    assert [call[2] for call in synth] == ["tagger", "tagger_hls"]
    assert synth[0][3:] == synth[1][3:] and "out_of_context" in synth[0]
    clocks = [call for call in calls if call[0] == "create_clock"]
    assert clocks[0][2] == clocks[1][2] == "4.000"
    assert (folder / "vivado_reports").is_dir()


def test_side_by_side_needs_an_exported_ip(folder, tmp_path):
    with pytest.raises(AssertionError, match="no exported HLS IP here; run vitis_hls"):
        run(folder / "side_by_side.tcl", VIVADO, tmp_path / "elsewhere")


def test_configuration_of_unified_vitis(folder):
    text = (folder / "hls_config.cfg").read_text()
    values = dict(line.split("=", 1) for line in text.splitlines()
                  if "=" in line and not line.startswith("#"))
    for key in ("syn.file", "tb.file"):
        assert (folder / values[key]).exists()
    assert (folder / "tagger_tb.cpp").exists()
    assert values["syn.top"] == "tagger" and values["clock"] == "4.000ns"


def test_other_families_get_an_amd_part_and_a_note(project):
    folder, *_ = project(mlp((6, 5, 3)), Config(target="ecp5"))
    assert "xc7a100tcsg324-1" in (folder / "settings.tcl").read_text()
    assert "Target ecp5 is no AMD family" in (folder / "README.md").read_text()
