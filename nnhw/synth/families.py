# SPDX-License-Identifier: Apache-2.0
"""How each FPGA family is synthesized by Yosys, and by which nextpnr it is placed and routed."""

from dataclasses import dataclass
from pathlib import Path

from nnhw.boards.base import Part
from nnhw.errors import ConfigError, suggest

__all__ = ["FAMILIES", "Family", "family"]


@dataclass(frozen=True)
class Family:
    """A family's tools.

    Parameters
    ----------
    name : str
        As in ``nnhw.config.TARGETS``.
    command : str
        Yosys command that maps a netlist, without top and part.
    pads : str
        Option that leaves out pads: they would be put at the ports of every component.
    router : str
        Which nextpnr; empty where there is none.
    constraints : str
        Option of nextpnr that names the file of pins.
    output : str
        Option of nextpnr that names its result.
    carry_luts : int
        LUT sites that a carry cell takes.
    no_dsp : str
        Option that puts products into LUTs.
    any_pins : str
        Option by which nextpnr chooses pins itself.
    coarse_end : str
        Label of the command behind which word-level cells are mapped; empty where sums are better
        left to Yosys.
    oscillator : str
        Verilog of a clock from inside, for circuits without a board, where nextpnr cannot lead
        one in from a pin.
    cleanup : tuple of str
        Yosys commands that make a mapped netlist what nextpnr takes.
    absorbs : bool
        Whether blocks have registers that Yosys leaves unused; see ``nnhw.synth.absorb``.
    """

    name: str
    command: str
    pads: str = ""
    router: str = ""
    constraints: str = ""
    output: str = ""
    carry_luts: int = 0
    no_dsp: str = "-nodsp"
    any_pins: str = ""
    coarse_end: str = ""
    oscillator: str = ""
    cleanup: tuple[str, ...] = ()
    absorbs: bool = False

    def synthesis(self, part: Part, top: str, *, dsp: bool = True) -> list[str]:
        """The Yosys commands for a part."""
        options = [option for option in part.yosys if dsp or option != "-dsp"]
        words = [self.command, "-top", top, *options]
        if self.pads:
            words.append(self.pads)
        if not dsp and self.no_dsp:
            words.append(self.no_dsp)
        command = " ".join(words)
        if not self.coarse_end:
            return [command]
        return [*_KEEP_SUMS, f"{command} -run begin:{self.coarse_end}",
                "setattr -unset keep w:* a:early %d",
                f"{command} -run {self.coarse_end}:"]


#: Yosys would merge every tree of adders into one macc cell, and build that of full adders in
#: LUTs; sums that are kept become carry chains. Digits at reuse 64 on Gowin: 3,611 sites, not
#: 5,184.
_KEEP_SUMS = ("proc", "flatten", "opt_expr", "opt_clean", "wreduce", "opt_clean",
              "setattr -set keep 1 t:$add t:$sub %u %co1:+[Y] w:* %i")
_NEXUS_CARRY = f"techmap -map {Path(__file__).with_name('nexus_carry.v')}"
_ALL = (
    Family("xc7", "synth_xilinx -family xc7 -flatten -noclkbuf", "-noiopad",
           coarse_end="map_memory"),
    Family("xcup", "synth_xilinx -family xcup -flatten -noclkbuf", "-noiopad",
           coarse_end="map_memory"),
    Family("ecp5", "synth_ecp5", "", "ecp5", "--lpf ", "--textcfg", 2,
           any_pins="--lpf-allow-unconstrained", coarse_end="map_ram", absorbs=True),
    Family("ice40", "synth_ice40", "", "ice40", "--pcf ", "--asc", 0, "",
           any_pins="--pcf-allow-unconstrained", coarse_end="map_ram"),
    Family("gowin", "synth_gowin", "-noiopads", "himbaechel-gowin", "--vopt cst=", "--write", 1,
           coarse_end="map_ram", cleanup=("iopadmap -bits -inpad IBUF O:I -outpad OBUF I:O",)),
    Family("nexus", "synth_nexus", "-noiopad", "nexus", "--pdc ", "--fasm", 2,
           coarse_end="map_ram",
           oscillator='OSCA #(.HF_CLK_DIV("3"), .HF_OSC_EN("ENABLED")) osc '
                      "(.HFOUTEN(1'b1), .HFSDSCEN(1'b0), .HFCLKOUT(clk));",
           cleanup=("iopadmap -bits -inpad IB O:I -outpad OB I:O", _NEXUS_CARRY, "opt_clean",
                    _NEXUS_CARRY, "opt_clean",
                    "hilomap -singleton -hicell VHI Z -locell VLO Z")),
    Family("cyclonev", "synth_intel_alm -family cyclonev -noclkbuf", "-noiopad"),
    Family("cyclone10lp", "synth_intel -family cyclone10lp", ""),
)
FAMILIES = {one.name: one for one in _ALL}


def family(name: str) -> Family:
    """The family of that name.

    Raises
    ------
    ConfigError
        If there is none.
    """
    if name not in FAMILIES:
        raise ConfigError(f"target {name!r} is unknown; {suggest(name, FAMILIES)}")
    return FAMILIES[name]
