# SPDX-License-Identifier: Apache-2.0
"""Vivado projects: the Tcl runs to its end, on files and ports that exist."""

import re
import runpy
import shutil
import subprocess

import numpy as np
import pytest

import nnhw
from nnhw.api.folder import load_interface
from nnhw.api.vivado import write_project
from nnhw.boards import board, names
from nnhw.boards.base import Flow, Link
from nnhw.errors import ConfigError
from tests.conftest import small_network

VIVADO = [name for name in names() if board(name).flow is Flow.VIVADO]
#: Vendor commands print themselves; what they return is one word.
STUBS = """
proc unknown {args} { puts "RUN $args"; return [lindex $args 0] }
foreach name {read_verilog read_xdc add_files} {
  proc $name {args} {
    puts "RUN [info level 0]"
    foreach file [lindex $args end] {
      if {![file exists $file]} { error "no file $file" }
    }
  }
}
source [lindex $argv 0]
puts "THE END"
"""


@pytest.fixture(scope="module")
def builds(tmp_path_factory):
    """A build with each kind of ports."""
    made = {}
    for ports in ("bare", "axi"):
        made[ports] = tmp_path_factory.mktemp(ports) / "build"
        nnhw.compile(small_network(), nnhw.Config(reuse=2, ports=ports)).write(made[ports])
    return made


@pytest.mark.parametrize("name", VIVADO)
def test_scripts_run_to_their_end(builds, name):
    tclsh = shutil.which("tclsh")
    if tclsh is None:
        pytest.skip("tclsh is missing: apt install tcl")
    one = board(name)
    work = write_project(builds["axi" if one.link is not Link.UART else "bare"], one)
    (work / "stubs.tcl").write_text(STUBS)
    done = subprocess.run([tclsh, "stubs.tcl", "build.tcl"], cwd=work, text=True,
                          capture_output=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("THE END\n")
    assert one.part.vendor in done.stdout
    assert str(work.parent) not in "".join(p.read_text() for p in work.glob("*.tcl"))


@pytest.mark.parametrize("name", [n for n in VIVADO if board(n).link is Link.UART])
def test_constraints_name_only_ports(builds, name):
    work = write_project(builds["bare"], board(name))
    verilog = (work / f"nnhw_{name}.v").read_text()
    ports = re.search(rf"module nnhw_{name}\((.*?)\);", verilog)[1].split(", ")
    assert set(re.findall(r"get_ports (\w+)", (work / "pins.xdc").read_text())) == set(ports)


def test_the_block_design_names_the_ports(builds):
    interface = load_interface(builds["axi"])
    script = (write_project(builds["axi"], board("pynq_z2")) / "block_design.tcl").read_text()
    assert set(re.findall(r"network/([\w]+)", script)) == {
        interface.inputs[0].name, interface.outputs[0].name, "aclk", "aresetn"}


def test_bare_ports_are_refused(builds):
    with pytest.raises(ConfigError, match="small has bare ports; build it with --ports axi"):
        write_project(builds["bare"], board("zcu104"))


@pytest.mark.parametrize("seed", range(4))
def test_the_driver_packs_and_unpacks(builds, seed):
    driver = runpy.run_path(str(write_project(builds["axi"], board("pynq_z1")) / "driver.py"))
    rng = np.random.default_rng(seed)
    for port, layout in (("SOURCE", load_interface(builds["axi"]).inputs[0]),
                         ("SINK", load_interface(builds["axi"]).outputs[0])):
        element = layout.element
        x = rng.integers(element.min, element.max + 1, (5, *layout.type.shape))
        rows = driver["pack"](driver[port], x)
        assert rows.shape[1] == layout.beats * driver[port]["beat_bytes"]
        assert np.array_equal(driver["unpack"](driver[port], rows), x)
