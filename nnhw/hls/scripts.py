# SPDX-License-Identifier: Apache-2.0
"""Scripts for Vivado HLS, Vitis HLS and Vivado. They find their files from where they lie."""

from nnhw.config.config import Config

__all__ = ["PARTS", "readme_text", "script_files"]

#: Part that a family stands for, where there is an AMD one; the environment may name another.
PARTS = {"xc7": "xc7a100tcsg324-1", "xcup": "xcvu9p-flga2104-2-i"}

_SETTINGS = """\
# Shared by the scripts beside this one. The environment may overrule part, clock and steps.
set top "{top}"
set part "{part}"
set clock_ns {clock}
set rtl_clock {rtl_clock}
set steps {{csim csynth cosim export}}
if {{[info exists ::env(NNHW_PART)]}} {{ set part $::env(NNHW_PART) }}
if {{[info exists ::env(NNHW_CLOCK_NS)]}} {{ set clock_ns $::env(NNHW_CLOCK_NS) }}
if {{[info exists ::env(NNHW_STEPS)]}} {{ set steps $::env(NNHW_STEPS) }}

# Everything from csim to export in an opened solution.
proc run_steps {{steps top}} {{
    foreach step $steps {{
        switch -- $step {{
            csim {{ csim_design }}
            csynth {{ csynth_design }}
            cosim {{ cosim_design -rtl verilog }}
            export {{
                export_design -format ip_catalog -rtl verilog -vendor nnhw -library hls \\
                    -ipname $top -version 1.0
            }}
            default {{ error "step $step is unknown; known are csim csynth cosim export" }}
        }}
    }}
}}
"""

_HLS = """\
# {tool}: {command}
set here [file dirname [file normalize [info script]]]
source [file join $here settings.tcl]

open_project -reset {project}
set_top $top
add_files [file join $here $top.cpp] -cflags "{flags}"
add_files -tb [file join $here ${{top}}_tb.cpp] -cflags "{flags} -Wno-unknown-pragmas"
add_files -tb [file join $here vectors]
open_solution -reset {solution}solution1
set_part $part
create_clock -period $clock_ns -name default
{extra}run_steps $steps $top
exit
"""

_CONFIG = """\
# Vitis 2024.1 and later:
#   v++ -c --mode hls --config hls_config.cfg --work_dir vitis
#   vitis-run --mode hls --csim --config hls_config.cfg --work_dir vitis
#   vitis-run --mode hls --cosim --config hls_config.cfg --work_dir vitis
#   vitis-run --mode hls --package --config hls_config.cfg --work_dir vitis
part={part}

[hls]
flow_target=vivado
clock={clock}ns
syn.top={top}
syn.file={top}.cpp
syn.cflags=-std=c++14
tb.file={top}_tb.cpp
tb.file=vectors
tb.cflags=-std=c++14 -Wno-unknown-pragmas
cosim.rtl=verilog
package.output.format=ip_catalog
package.output.syn=false
package.ip.vendor=nnhw
package.ip.library=hls
package.ip.name={top}
package.ip.version=1.0
"""

_SIDE_BY_SIDE = """\
# Vivado: vivado -mode batch -source side_by_side.tcl
# Synthesises, places and routes the RTL in ../rtl and the exported HLS IP, each by itself and out
# of context, for the same part and clock. Reports go to vivado_reports; nnhw compare reads them.
set here [file dirname [file normalize [info script]]]
source [file join $here settings.tcl]
set reports [file join $here vivado_reports]
file mkdir $reports

# From sources in an opened project to reports.
proc implement {{name module part clock_ns clock_port reports}} {{
    synth_design -top $module -part $part -mode out_of_context
    create_clock -period $clock_ns -name $clock_port [get_ports $clock_port]
    opt_design
    place_design
    phys_opt_design
    route_design
    report_utilization -file [file join $reports ${{name}}_utilization.rpt]
    report_timing_summary -file [file join $reports ${{name}}_timing.rpt]
    close_project
}}

# Folder of the exported IP, from whichever of the tools made it.
proc exported_ip {{here}} {{
    foreach place {{vitis_hls_prj/solution1/impl/ip vivado_hls_prj/solution1/impl/ip
                   vitis/hls/impl/ip}} {{
        if {{[file exists [file join $here $place component.xml]]}} {{
            return [file join $here $place]
        }}
    }}
    error "no exported HLS IP here; run vitis_hls.tcl, vivado_hls.tcl or hls_config.cfg first"
}}

set sources [lsort [glob [file join $here .. rtl *.v]]]
create_project -in_memory -part $part
read_verilog $sources
implement rtl $top $part $clock_ns $rtl_clock $reports

set ip [exported_ip $here]
create_project -in_memory -part $part
set_property ip_repo_paths $ip [current_project]
update_ip_catalog
create_ip -vendor nnhw -library hls -name $top -version 1.0 -module_name ${{top}}_hls
set_property generate_synth_checkpoint false [get_files ${{top}}_hls.xci]
generate_target all [get_ips ${{top}}_hls]
implement hls ${{top}}_hls $part $clock_ns ap_clk $reports
exit
"""

_README = """\
# {top}: HLS C++

`{top}.cpp` is the network, one call a layer; `{top}_layers.h` has types and constants of each
layer, `weights/` the arrays, `include/` the templates. Every number is an integer mantissa.

| tool | command |
|---|---|
| g++ | `g++ -std=c++14 -O2 -Wno-unknown-pragmas -Igxx -isystem AP_HEADERS {top}.cpp \
{top}_tb.cpp -o tb && ./tb` |
| Vivado HLS 2019, 2020 | `vivado_hls -f vivado_hls.tcl` |
| Vitis HLS 2020.2 to 2023.2 | `vitis_hls -f vitis_hls.tcl` |
| Vitis 2024.1 and later | the commands at the head of `hls_config.cfg` |
| Vivado, RTL and HLS side by side | `vivado -mode batch -source side_by_side.tcl` |

`NNHW_STEPS="csim csynth"` runs only some steps; `NNHW_PART` and `NNHW_CLOCK_NS` overrule part
and clock. `AP_HEADERS` is a folder with `ap_int.h`; `python -m nnhw.hls.headers` prints one.
`gxx/` is for the C++ compiler alone: the vendor's tools have their own `hls_stream.h`.
{note}"""


def script_files(top: str, rtl_clock: str, config: Config) -> dict[str, str]:
    """Texts of the scripts by file name."""
    values = {"top": top, "part": part_of(config), "clock": f"{1000 / config.clock_mhz:.3f}",
              "rtl_clock": rtl_clock}
    vivado = {"tool": "Vivado HLS 2019 and 2020", "command": "vivado_hls -f vivado_hls.tcl",
              "flags": "-std=c++0x -DNNHW_VIVADO_HLS", "solution": "", "project": "vivado_hls_prj",
              "extra": "config_array_partition -maximum_size 4096\n"}
    vitis = {"tool": "Vitis HLS", "command": "vitis_hls -f vitis_hls.tcl",
             "flags": "-std=c++14", "solution": "-flow_target vivado ", "extra": "",
             "project": "vitis_hls_prj"}
    return {
        "settings.tcl": _SETTINGS.format(**values),
        "vivado_hls.tcl": _HLS.format(**vivado),
        "vitis_hls.tcl": _HLS.format(**vitis),
        "hls_config.cfg": _CONFIG.format(**values),
        "side_by_side.tcl": _SIDE_BY_SIDE.format(),
    }


def part_of(config: Config) -> str:
    """The AMD part that reports are made for."""
    return PARTS.get(config.target, PARTS["xc7"])


def readme_text(top: str, config: Config) -> str:
    """``README.md`` of the project."""
    note = ""
    if config.target not in PARTS:
        note = (f"\nTarget {config.target} is no AMD family; the scripts take {PARTS['xc7']} "
                "instead.\n")
    return _README.format(top=top, note=note)
