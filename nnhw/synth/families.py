# SPDX-License-Identifier: Apache-2.0
"""How each FPGA family is synthesized by Yosys, and by which nextpnr it is placed and routed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nnhw.boards.base import Part
from nnhw.errors import ConfigError, suggest

__all__ = ["ECP5_ADDERS", "FAMILIES", "NEXUS_ADDERS", "Family", "family"]


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
    luts_end : str
        Label behind its ``map_luts``.
    oscillator : str
        Verilog of a clock from inside, for circuits without a board, where nextpnr cannot lead
        one in from a pin.
    products : tuple of str
        Yosys commands that map products to blocks, where the command itself does it wrongly.
    adders : tuple of str
        Yosys commands that map adders to carry chains better than the command itself does.
    cleanup : tuple of str
        Yosys commands that make a mapped netlist what nextpnr takes.
    free_ends : bool
        Whether nextpnr wants the ends of carry chains free (see ``nnhw.synth.carries``).
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
    luts_end: str = "map_cells"
    oscillator: str = ""
    products: tuple[str, ...] = ()
    adders: tuple[str, ...] = ()
    cleanup: tuple[str, ...] = ()
    free_ends: bool = False

    def synthesis(self, part: Part, top: str, units: Sequence[str] = (), *,
                  dsp: bool = True) -> list[str]:
        """The Yosys commands for a part; ``units`` are modules whose hierarchy is kept."""
        options = [option for option in part.yosys if dsp or option != "-dsp"]
        words = [self.command, "-top", top, *options]
        if self.pads:
            words.append(self.pads)
        if (not dsp or self.products) and self.no_dsp:
            words.append(self.no_dsp)
        command = " ".join(words)
        if not self.coarse_end:
            return [command]
        commands = [*_KEEP_SUMS, *(self.products if dsp else ()),
                    f"{command} -run begin:{self.coarse_end}",
                    "setattr -unset keep w:* a:early %d"]
        if not self.adders:
            return commands + self._mapping(command, self.coarse_end, units)
        return [*commands, f"{command} -run {self.coarse_end}:map_gates", *self.adders,
                *self._mapping(command, "map_gates", units)]

    def _mapping(self, command: str, begin: str, units: Sequence[str]) -> list[str]:
        """From words to cells, with LUTs made for a group of modules at a time."""
        groups = len(units) // _GROUP
        if groups < 2:
            return [f"{command} -run {begin}:"]
        luts = f"{command} -run map_luts:{self.luts_end}"
        commands = [f"{command} -run {begin}:map_luts", "design -stash whole"]
        for k in range(groups):
            commands += ["design -copy-from whole =A:blackbox =A:whitebox "
                         + " ".join(units[k::groups]),
                         luts, "design -copy-to whole *", "design -reset"]
        return [*commands, "design -copy-from whole =*", f"blackbox {' '.join(units)}",
                luts, "design -copy-to whole *", "design -load whole",
                f"{command} -run {self.luts_end}:"]


#: Yosys 0.70 goes through its whole design twice for each module that it makes LUTs of
#: (``write_xaiger2``), so that modules cost less by tens.
_GROUP = 10
#: Yosys would merge every tree of adders into one macc cell, and build that of full adders in
#: LUTs; sums that are kept become carry chains. Digits at reuse 64 on Gowin: 3,611 sites, not
#: 5,184.
_KEEP_SUMS = ("proc", "flatten", "opt_expr", "opt_clean", "wreduce", "opt_clean",
              "setattr -set keep 1 t:$add t:$sub %u %co1:+[Y] w:* %i")


def _carry_chains(define: str = "") -> tuple[str, ...]:
    """Adders by ``carry_chain.v``, but those whose carries a comparison reads."""
    return (
        "select -set carries t:$alu %co1:+[CO] w:* %i",
        "select -set compared @carries %co1 t:$alu %d c:* %i %ci1 @carries %i %ci1:+[CO] t:$alu %i",
        f"techmap -map {Path(__file__).with_name('carry_chain.v')} {define} t:$alu @compared %d")


ECP5_ADDERS, NEXUS_ADDERS = _carry_chains(), _carry_chains("-D NNHW_NEXUS")
_NEXUS_CARRY = f"techmap -map {Path(__file__).with_name('nexus_carry.v')}"
#: synth_nexus of Yosys 0.70 takes a register of two multipliers into one of them, and leaves the
#: other without its operand (https://github.com/YosysHQ/yosys/pull/5929). Two MULT9X9 share wires
#: of enables, which nextpnr-nexus does not know: small products take a MULT18X18 too.
_NEXUS_PRODUCTS = (
    *(command for a, b, least_a, least_b in (
        (36, 36, 22, 22), (36, 18, 22, 10), (18, 18, 4, 4))
      for command in (
        f"techmap -map +/mul2dsp.v -D DSP_A_MAXWIDTH={a} -D DSP_B_MAXWIDTH={b} "
        f"-D DSP_A_MINWIDTH={least_a} -D DSP_B_MINWIDTH={least_b} -D DSP_NAME=$__NX_MUL{a}X{b}",
        "chtype -set $mul t:$__soft_mul")),
    "techmap -map +/lattice/dsp_map_nexus.v")
_ALL = (
    Family("xc7", "synth_xilinx -family xc7 -flatten -noclkbuf", "-noiopad",
           coarse_end="map_memory", luts_end="finalize"),
    Family("xcup", "synth_xilinx -family xcup -flatten -noclkbuf", "-noiopad",
           coarse_end="map_memory", luts_end="finalize"),
    Family("ecp5", "synth_ecp5", "", "ecp5", "--lpf ", "--textcfg", 2,
           any_pins="--lpf-allow-unconstrained", coarse_end="map_ram", adders=ECP5_ADDERS,
           free_ends=True),
    Family("ice40", "synth_ice40", "", "ice40", "--pcf ", "--asc", 0, "",
           any_pins="--pcf-allow-unconstrained", coarse_end="map_ram"),
    Family("gowin", "synth_gowin", "-noiopads", "himbaechel-gowin", "--vopt cst=", "--write", 1,
           coarse_end="map_ram", cleanup=("iopadmap -bits -inpad IBUF O:I -outpad OBUF I:O",)),
    Family("nexus", "synth_nexus", "-noiopad", "nexus", "--pdc ", "--fasm", 2,
           coarse_end="map_ram",
           oscillator='OSCA #(.HF_CLK_DIV("3"), .HF_OSC_EN("ENABLED")) osc '
                      "(.HFOUTEN(1'b1), .HFSDSCEN(1'b0), .HFCLKOUT(clk));",
           products=_NEXUS_PRODUCTS, adders=NEXUS_ADDERS,
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
