# SPDX-License-Identifier: Apache-2.0
"""Vivado projects: the Tcl runs to its end, on files and ports that exist."""

import re
import runpy
import shutil
import subprocess
import sys
import threading
import types

import numpy as np
import pytest

import nnhw
from nnhw.api.folder import load_interface, sources
from nnhw.api.vivado import write_project
from nnhw.boards import board, names
from nnhw.boards.base import Flow, Link
from nnhw.errors import ConfigError
from nnhw.shell.register_map import REGISTERS
from nnhw.shell.wire import design_hash
from tests.conftest import ROOT, small_network

VIVADO = [name for name in names() if board(name).flow is Flow.VIVADO]
DMA = [name for name in VIVADO if board(name).link is not Link.UART]
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


def ports_of(verilog, name):
    """Names of a module's ports, with their widths."""
    header = re.search(rf"module {name}\((.*?)\);", verilog, re.DOTALL)[1]
    names = header.replace("\n", "").split(", ")
    return {port: int((re.search(rf"put \[(\d+):0\] {port};", verilog) or [0, 0])[1]) + 1
            for port in names}


@pytest.mark.parametrize("name", DMA)
def test_the_core_has_the_ports_that_scripts_name(builds, name):
    work = write_project(builds["axi"], board(name))
    ports = ports_of((work / f"nnhw_{name}.v").read_text(), f"nnhw_{name}")
    interfaces = {re.sub("_[^_]*$", "", port) for port in ports} - {"aclk", "aresetn"}
    design = (work / "block_design.tcl").read_text()
    assert set(re.findall(r"network/(\w+)", design)) == interfaces | {"aclk", "aresetn"}
    package = (work / "package_ip.tcl").read_text()
    assert set(re.findall(r"-busif (\w+)", package)) == interfaces
    assert f"set_property range {1 << ports['s_axi_control_awaddr']} " in package
    assert f"nnhw:user:nnhw_{name}:1.0" in design


def test_weights_widen_the_range_of_addresses(tmp_path):
    rng = np.random.default_rng(0)
    model = nnhw.Sequential(
        nnhw.Input(64, "fixed<6,2>"),
        nnhw.Dense(rng.normal(size=(64, 64)), precision="fixed<5,2>", writable=True), name="wide")
    nnhw.compile(model, nnhw.Config(reuse=64, ports="axi", io="stream")).write(tmp_path / "build")
    work = write_project(tmp_path / "build", board("alveo_u50"))
    width = ports_of((work / "nnhw_alveo_u50.v").read_text(), "nnhw_alveo_u50")[
        "s_axi_control_awaddr"]
    assert 1 << width > 4096
    assert f"set_property range {1 << width} " in (work / "package_ip.tcl").read_text()
    assert f"-offset 0 -range {1 << width} " in (work / "block_design.tcl").read_text()


@pytest.mark.parametrize("name", DMA)
def test_registers_have_a_master_and_an_address(builds, name):
    design = (write_project(builds["axi"], board(name)) / "block_design.tcl").read_text()
    joined = design.replace("\\\n", "")
    master = "control_bus/M00_AXI" if board(name).link is Link.PCIE else "bd_rule:axi4"
    assert [line for line in joined.splitlines()
            if "network/s_axi_control]" in line and master in line]
    assert joined.rindex("assign_bd_address") > joined.index("network/s_axi_control")


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


class FakeBoard(types.ModuleType):
    """As much of pynq as the driver needs to look at registers."""

    def __init__(self, registers):
        super().__init__("pynq")
        self.registers, self.allocate = registers, np.zeros
        self.network, self.dma = self, None

    def Overlay(self, bitfile):
        return self

    def read(self, address):
        return self.registers[address]

    def write(self, address, value):
        raise AssertionError("looking at registers writes none")


@pytest.mark.parametrize(("name", "value", "message"), [
    ("MAGIC", 0, "the bitstream holds no network of nnhw; load the one of build.tcl"),
    ("PROTOCOL", 9, "the bitstream has registers of version 9, this driver knows 1"),
    ("DESIGN_LOW", 7, "00000007, this driver is for "),
])
def test_the_driver_refuses_another_bitstream(builds, monkeypatch, name, value, message):
    driver = runpy.run_path(str(write_project(builds["axi"], board("kv260")) / "driver.py"))
    places, design = driver["REGISTERS"], driver["DESIGN"]
    assert f"{design:016x}" == design_hash(load_interface(builds["axi"]), sources(builds["axi"]))
    registers = dict.fromkeys(places.values(), 0) | {
        places["MAGIC"]: driver["MAGIC"], places["PROTOCOL"]: driver["PROTOCOL"],
        places["DESIGN_LOW"]: design & 0xFFFFFFFF, places["DESIGN_HIGH"]: design >> 32,
        places["ERRORS"]: 0b010, places["CYCLES_HIGH"]: 2, places["CYCLES_LOW"]: 5}
    monkeypatch.setitem(sys.modules, "pynq", FakeBoard(registers))
    network = driver["Network"]("design.xsa")
    assert network.errors() == ["last beat of a frame without TLAST"]
    assert network.counters() == {"frames_in": 0, "frames_out": 0, "cycles": (2 << 32) + 5}
    registers[places[name]] = value
    with pytest.raises(RuntimeError, match=message):
        driver["Network"]("design.xsa")


class Registers:
    """Stands for ``os`` and for every device of AMD's driver; ``words`` by address."""

    def __init__(self, words):
        self.words, self.frames, self.short = words, [], 0
        self.reading = threading.Event()

    def open(self, path, mode, buffering):
        return self

    def fileno(self):
        return 3

    def pread(self, file, size, address):
        return self.words[address].to_bytes(size, "little")

    def write(self, frame):
        assert self.reading.wait(10)  # a board may want to be rid of results first
        self.frames.append(frame.tobytes())
        return len(frame) - self.short

    def readinto(self, frame):
        self.reading.set()
        frame[:] = 1
        return len(frame) - self.short


@pytest.fixture
def pcie(builds):
    """The driver for PCI Express, and a board whose network says 1 in every byte."""
    driver = runpy.run_path(str(write_project(builds["axi"], board("alveo_u250")) / "driver.py"))
    places, design = driver["REGISTERS"], driver["DESIGN"]
    devices = Registers(dict.fromkeys(places.values(), 0) | {
        places["MAGIC"]: driver["MAGIC"], places["PROTOCOL"]: driver["PROTOCOL"],
        places["DESIGN_LOW"]: design & 0xFFFFFFFF, places["DESIGN_HIGH"]: design >> 32})
    inside = driver["Network"].__init__.__globals__
    inside["open"], inside["os"] = devices.open, devices
    return driver, devices


def test_frames_over_pci_express(pcie):
    driver, devices = pcie
    x = np.zeros((3, *driver["SOURCE"]["shape"]), int)
    x[1] = 1
    rows = np.ones((3, driver["SINK"]["beats"] * driver["SINK"]["beat_bytes"]), np.uint8)
    y = driver["Network"]().predict(x)
    assert np.array_equal(y, driver["unpack"](driver["SINK"], rows))
    assert devices.frames == [row.tobytes() for row in driver["pack"](driver["SOURCE"], x)]


def test_frames_cut_short_are_told(pcie):
    driver, devices = pcie
    network, devices.short = driver["Network"](), 1
    with pytest.raises(RuntimeError, match=r"xdma0_h2c_0 took \d+ bytes of a frame of \d+: call "):
        network.predict(np.zeros((1, *driver["SOURCE"]["shape"]), int))
    devices.write = len
    with pytest.raises(RuntimeError, match=r"xdma0_c2h_0 gave \d+ bytes, a result has \d+: call "):
        network.predict(np.zeros((1, *driver["SOURCE"]["shape"]), int))


def test_without_the_device_it_is_told(builds, tmp_path):
    driver = runpy.run_path(str(write_project(builds["axi"], board("alveo_u50")) / "driver.py"))
    with pytest.raises(RuntimeError, match=re.escape(
            f"{tmp_path}/xdma0_user cannot be opened (No such file or directory): load the ")):
        driver["Network"](f"{tmp_path}/xdma0")


def test_the_page_of_boards_lists_every_register():
    page = (ROOT / "docs" / "boards.md").read_text()
    for register in REGISTERS:
        row = f"| {register.offset:#04x} | `{register.name}` | {register.access.value} | "
        assert row + register.meaning + " |" in page
