# SPDX-License-Identifier: Apache-2.0
"""Vivado projects: the network as an IP core, a block design around it, or a top with pins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nnhw.boards.base import Board, Link, Pin
from nnhw.hw.layout import DesignInterface
from nnhw.shell.register_map import CONTROL_PORT
from nnhw.synth.block_design import block_design
from nnhw.synth.host_driver import host_driver
from nnhw.synth.vivado_core import HEAD, Core

__all__ = ["Shell", "project_files", "xdc"]


@dataclass(frozen=True)
class Shell:
    """The top module around a network.

    Parameters
    ----------
    name, verilog : str
        The module.
    design : str
        Hash of the network, 16 hexadecimal digits.
    control_range : int
        Bytes of address that its AXI4-Lite block takes; 0 where it has a serial line instead.
    """

    name: str
    verilog: str
    design: str
    control_range: int = 0


def xdc(pins: Mapping[str, Pin], clock_hz: int) -> str:
    """Constraints of a top with a serial line.

    >>> print(xdc({"clk": Pin("E3")}, 100_000_000), end="")
    set_property -dict {PACKAGE_PIN E3 IOSTANDARD LVCMOS33} [get_ports clk]
    create_clock -name clk -period 10.000 [get_ports clk]
    """
    lines = [f"set_property -dict {{PACKAGE_PIN {pin.name} "
             f"IOSTANDARD {pin.attributes.get('IOSTANDARD', 'LVCMOS33')}}} [get_ports {port}]"
             for port, pin in pins.items()]
    lines.append(f"create_clock -name clk -period {1e9 / clock_hz:.3f} [get_ports clk]")
    return "\n".join(lines) + "\n"


def project_files(board: Board, interface: DesignInterface, sources: Sequence[Path],
                  shell: Shell) -> dict[str, str]:
    """Files of a project by name; Verilog is read from ``../../rtl`` of the build folder.

    Parameters
    ----------
    board : Board
        What for.
    interface, sources
        The network; for a DMA, one that ``check_axi`` lets pass.
    shell : Shell
        The top module around it.
    """
    names = [*(f"../../rtl/{path.name}" for path in sources), f"{shell.name}.v"]
    files = {f"{shell.name}.v": shell.verilog}
    if board.link is Link.UART:
        return files | {"pins.xdc": xdc(board.pins, board.clock_hz),
                        "build.tcl": _pins_script(board, shell.name, names)}
    core = Core(board, shell.name, interface.inputs[0], interface.outputs[0], names,
                shell.control_range)
    files |= {"package_ip.tcl": _package(core), "block_design.tcl": block_design(core),
              "build.tcl": _build(core)}
    return files | {"driver.py": host_driver(core, interface.top, shell.design)}


def _pins_script(board: Board, top: str, sources: Sequence[str]) -> str:
    reads = "\n".join(f"read_verilog {name}" for name in sources)
    return HEAD.format(title=board.title, what="vivado -mode batch -source build.tcl") + f"""
set_part {board.part.vendor}
{reads}
read_xdc pins.xdc
synth_design -top {top} -part {board.part.vendor}
opt_design
place_design
phys_opt_design
route_design
report_utilization -hierarchical -file utilization.txt
report_timing_summary -file timing.txt
write_bitstream -force {board.name}.bit
"""


def _package(core: Core) -> str:
    files = " ".join(core.sources)
    return HEAD.format(title=core.board.title, what="the network as an IP core") + f"""
create_project -force -part {core.board.part.vendor} package package
add_files -norecurse [list {files}]
set_property top {core.top} [current_fileset]
ipx::package_project -root_dir ip -vendor nnhw -library user -taxonomy /UserIP \\
  -import_files -set_current true
set core [ipx::current_core]
set_property name {core.top} $core
set_property version 1.0 $core
ipx::associate_bus_interfaces -busif {core.source.name} -clock aclk $core
ipx::associate_bus_interfaces -busif {core.sink.name} -clock aclk $core
ipx::associate_bus_interfaces -busif {CONTROL_PORT} -clock aclk $core
set control [ipx::get_bus_interfaces {CONTROL_PORT} -of_objects $core]
if {{![llength [ipx::get_memory_maps {CONTROL_PORT} -of_objects $core]]}} {{
  ipx::add_memory_map {CONTROL_PORT} $core
}}
set_property slave_memory_map_ref {CONTROL_PORT} $control
set map [ipx::get_memory_maps {CONTROL_PORT} -of_objects $core]
if {{![llength [ipx::get_address_blocks * -of_objects $map]]}} {{
  ipx::add_address_block reg0 $map
}}
set_property range {core.control_range} [ipx::get_address_blocks * -of_objects $map]
ipx::create_xgui_files $core
ipx::update_checksums $core
ipx::save_core $core
close_project
"""


def _build(core: Core) -> str:
    board_part = core.board.vivado["board_part"]
    return HEAD.format(title=core.board.title,
                        what="vivado -mode batch -source build.tcl") + f"""
source package_ip.tcl
create_project -force -part {core.board.part.vendor} project project
if {{[llength [get_board_parts -quiet {board_part}]]}} {{
  set_property board_part {board_part} [current_project]
}}
set_property ip_repo_paths ip [current_project]
update_ip_catalog
source block_design.tcl
make_wrapper -files [get_files design.bd] -top -import
update_compile_order -fileset sources_1
set_property top design_wrapper [current_fileset]
launch_runs impl_1 -to_step write_bitstream -jobs 4
wait_on_run impl_1
open_run impl_1
report_utilization -hierarchical -file utilization.txt
report_timing_summary -file timing.txt
write_hw_platform -fixed -include_bit -force -file {core.board.name}.xsa
"""

