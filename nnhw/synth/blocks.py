# SPDX-License-Identifier: Apache-2.0
"""Registers that memory blocks and multipliers have, and how a netlist switches them on.

Sources: Lattice, FPGA-TN-02204 and FPGA-TN-02205 (memories and multipliers of ECP5),
FPGA-TN-02007 (iCE40 UltraPlus), FPGA-TN-02096 (Nexus); Gowin, UG287 (multipliers).
"""

from dataclasses import dataclass

__all__ = ["FLIP_FLOPS", "MEMORIES", "MULTIPLIERS", "FlipFlop", "Multiplier", "Own", "Pin"]

#: A port and a bit of it.
Pin = tuple[str, int]


@dataclass(frozen=True)
class FlipFlop:
    """Pins of a register that may become a block's; a plain one has 0 at ``reset``."""

    data: str
    clock: str
    enable: str = ""
    reset: str = ""


@dataclass(frozen=True)
class Own:
    """A register of a block's own.

    Parameters
    ----------
    on : dict of str to str
        Parameters that switch it on.
    enable : str
        Pin of its enable, or the parameter that names it where there is a choice.
    holds : bool
        Whether the pin stops the register where it is 1.
    reset : str
        Pin of its reset.
    """

    on: dict[str, str]
    enable: str
    holds: bool = False
    reset: str = ""


@dataclass(frozen=True)
class Multiplier:
    """A multiplier block.

    Parameters
    ----------
    operands : pair of tuples of Pin
        Where operands enter.
    product : tuple of Pin
        Where the product leaves.
    ahead : pair of Own
        Registers of the operands.
    behind : tuple of Own
        Registers of the product, the last first.
    clock : str
        Pin of the clock that all of them have.
    both : bool
        Whether an operand's register is taken only together with the other's.
    one_enable : bool
        Whether all registers have one enable.
    choice : tuple of str
        Enables, where the registers name theirs.
    """

    operands: tuple[tuple[Pin, ...], tuple[Pin, ...]]
    product: tuple[Pin, ...]
    ahead: tuple[Own, Own]
    behind: tuple[Own, ...] = ()
    clock: str = "CLK"
    both: bool = False
    one_enable: bool = False
    choice: tuple[str, ...] = ()


def _bits(port: str, width: int) -> tuple[Pin, ...]:
    return tuple((port, k) for k in range(width))


def _ports(prefix: str, width: int) -> tuple[Pin, ...]:
    return tuple((f"{prefix}{k}", 0) for k in range(width))


def _ecp5(name: str) -> Own:
    return Own({f"REG_{name}_CLK": "CLK0", f"REG_{name}_RST": "RST0"}, f"REG_{name}_CE",
               reset="RST0")


def _gowin(width: int) -> Multiplier:
    a, b, last, first = (Own({name: "1"}, "CE") for name in ("AREG", "BREG", "OUT_REG", "PIPE_REG"))
    return Multiplier((_bits("A", width), _bits("B", width)), _bits("DOUT", 2 * width), (a, b),
                      (last, first), one_enable=True)


def _nexus(width: int) -> Multiplier:
    a, b, last = (Own({f"REG{name}": "REGISTER"}, f"CE{x}", reset=f"RST{x}")
                  for name, x in (("INPUTA", "A"), ("INPUTB", "B"), ("OUTPUT", "OUT")))
    return Multiplier((_bits("A", width), _bits("B", width)), _bits("Z", 2 * width), (a, b),
                      (last,))


FLIP_FLOPS = {
    "TRELLIS_FF": FlipFlop("DI", "CLK", "CE", "LSR"),
    "SB_DFF": FlipFlop("D", "C"), "SB_DFFE": FlipFlop("D", "C", "E"),
    "DFF": FlipFlop("D", "CLK"), "DFFE": FlipFlop("D", "CLK", "CE"),
    "FD1P3IX": FlipFlop("D", "CK", "SP", "CD"),
}

#: Family -> memory block -> (data outputs, parameter, enable, clock) of each of its ports.
MEMORIES = {"ecp5": {"DP16KD": (("DOA", "REGMODE_A", "OCEA", "CLKA"),
                                ("DOB", "REGMODE_B", "OCEB", "CLKB"))}}

#: Family -> multiplier. On iCE40 Yosys itself takes the register behind a product.
MULTIPLIERS = {
    # One operand alone gains nothing on ECP5: the other's way through the multiplier stays.
    "ecp5": {"MULT18X18D": Multiplier(
        (_ports("A", 18), _ports("B", 18)), _ports("P", 36), (_ecp5("INPUTA"), _ecp5("INPUTB")),
        (_ecp5("OUTPUT"), _ecp5("PIPELINE")), "CLK0", both=True,
        choice=("CE0", "CE1", "CE2", "CE3"))},
    "ice40": {"SB_MAC16": Multiplier(
        (_bits("A", 16), _bits("B", 16)), _bits("O", 32),
        (Own({"A_REG": "1"}, "AHOLD", holds=True), Own({"B_REG": "1"}, "BHOLD", holds=True)))},
    "gowin": {"MULT9X9": _gowin(9), "MULT18X18": _gowin(18)},
    "nexus": {"MULT9X9": _nexus(9), "MULT18X18": _nexus(18)},
}
