# SPDX-License-Identifier: Apache-2.0
"""A program made ready for a family and a clock: sums built, register ranks chosen."""

from dataclasses import dataclass

from nnhw.program.builder import Program
from nnhw.program.delays import delay_model
from nnhw.program.registers import place_registers
from nnhw.program.rewriting import Copier
from nnhw.program.schedule import Clock, Schedule, schedule
from nnhw.program.tuning import tune
from nnhw.program.verilog import module

__all__ = ["Circuit"]


@dataclass(frozen=True)
class Circuit:
    """What ``nnhw.program.verilog`` writes and ``nnhw.program.rtl`` elaborates.

    Parameters
    ----------
    tuned : Copier
        From the program as it was given to that which is built.
    schedule : Schedule
        Register ranks of the latter.
    block_bits : int or None
        Tables read at a clock edge that hold more bits ask for memory blocks.
    """

    tuned: Copier
    schedule: Schedule
    block_bits: int | None

    @classmethod
    def of(cls, program: Program, target: str, clock_mhz: float) -> "Circuit":
        """The circuit of a program on a family, at a clock goal."""
        model = delay_model(target)
        tuned = tune(program, model, clock_mhz)
        plan = place_registers(tuned.target, schedule(tuned.target, model, clock_mhz),
                               Clock(model, 1000.0 / clock_mhz))
        return cls(tuned, plan, model.block_bits)

    @property
    def program(self) -> Program:
        """The program that is built."""
        return self.tuned.target

    def verilog(self) -> str:
        """Text of its module."""
        return module(self.program, self.schedule, block_bits=self.block_bits)
