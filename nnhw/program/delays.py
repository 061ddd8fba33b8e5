# SPDX-License-Identifier: Apache-2.0
"""How long a step takes on each FPGA family, for placing registers."""

from dataclasses import dataclass

from nnhw.program.builder import Kind, Program, Step

__all__ = ["DelayModel", "delay_model"]


@dataclass(frozen=True, slots=True)
class DelayModel:
    """Delays in nanoseconds, typical routing included.

    Parameters
    ----------
    logic : float
        One level of LUTs and the wire to it.
    carry : float
        One bit of a carry chain.
    register : float
        Clock to output and set-up together, taken off every period.
    operands : int
        Most operands of an adder that costs one LUT a bit.
    memory : float
        Clock edge to output of a memory block without its output register; 0 where that is no
        slower than a flip-flop, or the tools cannot use such a register.
    block_bits : int or None
        Tables read at a clock edge that hold more bits are asked to lie in memory blocks; None
        leaves it to the tools.
    operand_ranks : int
        Registers of a multiplier's own in front of it.
    inputs : int
        Inputs of a LUT.
    constants : bool
        Whether an adder of two operands adds a constant besides, at no cost; see
        ``nnhw_add_constant``.
    """

    logic: float
    carry: float
    register: float
    operands: int = 2
    memory: float = 0.0
    block_bits: int | None = None
    operand_ranks: int = 0
    inputs: int = 4
    constants: bool = False

    def adder(self, operands: int, width: int) -> float:
        """Delay of an adder; one of three operands has two LUTs before its carry chain."""
        return self.logic * (operands - 1) + self.carry * width * (operands > 1)

    def of(self, program: Program, step: Step) -> float:
        """Delay of one step, 0 for wiring."""
        match step.kind:
            case Kind.ADD | Kind.ACC:
                return self.adder(2, step.type.width)
            case Kind.SUM:
                return self.adder(min(3, self.operands), step.type.width)
            case Kind.LESS | Kind.EQUAL:
                widths = [program.steps[i].type.width for i in step.args]
                return self.logic + self.carry * max(widths)
            case Kind.BITWISE if _only_wires(program, step):
                return 0.0
            case Kind.MUX | Kind.BITWISE:
                return self.logic
            case Kind.CLIP:
                return self.logic * (1 + (_clip_inputs(program, step) > self.inputs))
            case Kind.TABLE if step.param.registered:
                return self.memory
            case Kind.TABLE:
                return self.logic * max(1, (len(step.param.values).bit_length() - 4) / 2)
        return 0.0


def _only_wires(program: Program, step: Step) -> bool:
    """Whether bits are put beside each other: one operand is shifted past the other."""
    a, b = (program.steps[i] for i in step.args)
    return bool(step.param == "|" and a.kind is Kind.SHIFT and a.param > 0
                and b.low >= 0 and b.high < 1 << a.param)


def _clip_inputs(program: Program, step: Step) -> int:
    """Inputs of a bit of a clipped value: that bit, and those that say whether it overflows."""
    low, high = step.param
    whole = high + 1 & high == 0 and low in (0, ~high)
    source = program.steps[step.args[0]].type.width
    return 1 + source - (high.bit_length() if whole else 0)


#: Order of magnitude from the vendors' data sheets, mid speed grades; the Spatial work fits them.
_MODELS = {
    "xcup": DelayModel(0.45, 0.012, 0.25, 3, inputs=6),
    "xc7": DelayModel(0.9, 0.03, 0.5, 3, inputs=6),
    "nexus": DelayModel(1.2, 0.05, 0.6, operand_ranks=1),
    "ecp5": DelayModel(1.3, 0.08, 0.7, memory=5.0, block_bits=512, operand_ranks=1,
                       constants=True),
    "gowin": DelayModel(1.6, 0.06, 0.8),
    "ice40": DelayModel(2.0, 0.28, 1.2),
    "cyclonev": DelayModel(1.0, 0.04, 0.6, inputs=6),
    "cyclone10lp": DelayModel(1.4, 0.07, 0.7),
}


def delay_model(target: str) -> DelayModel:
    """Model of a family, by the name in ``nnhw.config.TARGETS``."""
    return _MODELS[target]
