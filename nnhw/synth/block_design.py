# SPDX-License-Identifier: Apache-2.0
"""Block designs around a network: processor or PCI Express, DMA, converters, interconnect."""

from nnhw.boards.base import Link
from nnhw.shell.register_map import CONTROL_PORT
from nnhw.synth.vivado_core import HEAD, Core, beat_bytes

__all__ = ["block_design"]

_CONTROL = f"[get_bd_intf_pins network/{CONTROL_PORT}]"


def block_design(core: Core) -> str:
    """Tcl of the block design, to be sourced in a project that knows the core."""
    body = _pcie(core) if core.board.link is Link.PCIE else _processor(core)
    return HEAD.format(title=core.board.title, what="block design") + f"""
create_bd_design design
set network [create_bd_cell -type ip -vlnv nnhw:user:{core.top}:1.0 network]
{_padding(core)}{body}
validate_bd_design
save_bd_design
"""


def _padding(core: Core) -> str:
    """Converters between beats of a power of two bytes, as DMAs want, and the network's own."""
    lines = []
    for name, port, inward in (("pad_in", core.source, True), ("pad_out", core.sink, False)):
        own, wide = port.payload_width // 8, beat_bytes(port)
        remap = f"tdata[{8 * own - 1}:0]"
        if not inward and wide > own:
            remap = f"{8 * (wide - own)}'b0,{remap}"
        sizes = (wide, own) if inward else (own, wide)
        lines.append(f"""set {name} [create_bd_cell -type ip -vlnv xilinx.com:ip:\
axis_subset_converter {name}]
set_property -dict [list CONFIG.S_TDATA_NUM_BYTES {{{sizes[0]}}} CONFIG.M_TDATA_NUM_BYTES \
{{{sizes[1]}}} CONFIG.S_HAS_TLAST {{1}} CONFIG.M_HAS_TLAST {{1}} CONFIG.TDATA_REMAP {{{remap}}}] \
${name}
""")
    lines.append(f"""connect_bd_intf_net [get_bd_intf_pins pad_in/M_AXIS] \
[get_bd_intf_pins network/{core.source.name}]
connect_bd_intf_net [get_bd_intf_pins network/{core.sink.name}] [get_bd_intf_pins pad_out/S_AXIS]
""")
    return "".join(lines)


def _processor(core: Core) -> str:
    zynq = core.board.vivado["processor"] == "zynq"
    ip = "processing_system7" if zynq else "zynq_ultra_ps_e"
    mhz = core.board.clock_hz / 1e6
    clock, reset = ("FCLK_CLK0", "FCLK_RESET0_N") if zynq else ("pl_clk0", "pl_resetn0")
    settings = (f"CONFIG.PCW_USE_S_AXI_HP0 {{1}} CONFIG.PCW_FPGA0_PERIPHERAL_FREQMHZ {{{mhz:g}}}"
                if zynq else "CONFIG.PSU__USE__S_AXI_GP2 {1} CONFIG.PSU__USE__M_AXI_GP0 {1} "
                f"CONFIG.PSU__CRL_APB__PL0_REF_CTRL__FREQMHZ {{{mhz:g}}}")
    memory = "S_AXI_HP0" if zynq else "S_AXI_HP0_FPD"
    control = "M_AXI_GP0" if zynq else "M_AXI_HPM0_FPD"
    return f"""set ps [create_bd_cell -type ip -vlnv xilinx.com:ip:{ip} ps]
apply_bd_automation -rule xilinx.com:bd_rule:{ip} -config {{apply_board_preset "1"}} $ps
set_property -dict [list {settings}] $ps
set dma [create_bd_cell -type ip -vlnv xilinx.com:ip:axi_dma dma]
set_property -dict [list CONFIG.c_include_sg {{0}} CONFIG.c_sg_length_width {{26}} \
CONFIG.c_m_axis_mm2s_tdata_width {{{8 * beat_bytes(core.source)}}} \
CONFIG.c_s_axis_s2mm_tdata_width {{{8 * beat_bytes(core.sink)}}}] $dma
connect_bd_intf_net [get_bd_intf_pins dma/M_AXIS_MM2S] [get_bd_intf_pins pad_in/S_AXIS]
connect_bd_intf_net [get_bd_intf_pins pad_out/M_AXIS] [get_bd_intf_pins dma/S_AXIS_S2MM]
apply_bd_automation -rule xilinx.com:bd_rule:axi4 -config {{Master "/ps/{control}" Clk "Auto"}} \
[get_bd_intf_pins dma/S_AXI_LITE]
foreach way {{M_AXI_MM2S M_AXI_S2MM}} {{
  apply_bd_automation -rule xilinx.com:bd_rule:axi4 -config [list Slave "/ps/{memory}" \
Master "/dma/$way" Clk "Auto"] [get_bd_intf_pins ps/{memory}]
}}
set reset [create_bd_cell -type ip -vlnv xilinx.com:ip:proc_sys_reset network_reset]
connect_bd_net [get_bd_pins ps/{reset}] [get_bd_pins network_reset/ext_reset_in]
{_clocked(f"ps/{clock}", "network_reset/peripheral_aresetn", "network_reset/slowest_sync_clk")}
apply_bd_automation -rule xilinx.com:bd_rule:axi4 -config {{Master "/ps/{control}" Clk "Auto"}} \
{_CONTROL}
assign_bd_address"""


def _pcie(core: Core) -> str:
    return f"""set xdma [create_bd_cell -type ip -vlnv xilinx.com:ip:xdma xdma]
apply_bd_automation -rule xilinx.com:bd_rule:xdma -config {{axi_strategy "max_data" lane_width \
"X8" link_speed "8.0 GT/s (PCIe Gen 3)"}} $xdma
set_property -dict [list CONFIG.xdma_axi_intf_mm {{AXI_Stream}} CONFIG.axilite_master_en {{true}}] \
$xdma
foreach {{name slave master}} {{width_in xdma/M_AXIS_H2C_0 pad_in/S_AXIS \
width_out pad_out/M_AXIS xdma/S_AXIS_C2H_0}} {{
  create_bd_cell -type ip -vlnv xilinx.com:ip:axis_dwidth_converter $name
  connect_bd_intf_net [get_bd_intf_pins $slave] [get_bd_intf_pins $name/S_AXIS]
  connect_bd_intf_net [get_bd_intf_pins $name/M_AXIS] [get_bd_intf_pins $master]
}}
set_property CONFIG.M_TDATA_NUM_BYTES {{{beat_bytes(core.source)}}} [get_bd_cells width_in]
set_property -dict [list CONFIG.S_TDATA_NUM_BYTES {{{beat_bytes(core.sink)}}} \
CONFIG.HAS_TLAST {{1}} CONFIG.HAS_MI_TKEEP {{1}}] [get_bd_cells width_out]
create_bd_cell -type ip -vlnv xilinx.com:ip:smartconnect control_bus
set_property -dict [list CONFIG.NUM_SI {{1}} CONFIG.NUM_MI {{1}}] [get_bd_cells control_bus]
connect_bd_intf_net [get_bd_intf_pins xdma/M_AXI_LITE] [get_bd_intf_pins control_bus/S00_AXI]
connect_bd_intf_net [get_bd_intf_pins control_bus/M00_AXI] {_CONTROL}
{_clocked("xdma/axi_aclk", "xdma/axi_aresetn", "width_in/aclk", "width_out/aclk",
          "control_bus/aclk")}
foreach pin {{width_in/aresetn width_out/aresetn control_bus/aresetn}} {{
  connect_bd_net [get_bd_pins xdma/axi_aresetn] [get_bd_pins $pin]
}}
assign_bd_address -offset 0 -range {core.control_range} -target_address_space \
[get_bd_addr_spaces xdma/M_AXI_LITE] [get_bd_addr_segs -of_objects {_CONTROL}]"""


def _clocked(clock: str, reset: str, *others: str) -> str:
    clocks = " ".join(["network/aclk", "pad_in/aclk", "pad_out/aclk", *others])
    return f"""foreach pin {{{clocks}}} {{
  connect_bd_net [get_bd_pins {clock}] [get_bd_pins $pin]
}}
foreach pin {{network/aresetn pad_in/aresetn pad_out/aresetn}} {{
  connect_bd_net [get_bd_pins {reset}] [get_bd_pins $pin]
}}"""
