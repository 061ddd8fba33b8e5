# SPDX-License-Identifier: Apache-2.0
"""Gowin's multipliers as plain Verilog; Yosys has them without contents.

Source: Gowin, UG287: one clock, one enable, a register for each operand, the product twice.
Modes that circuits of nnhw do not use are left out: resets, shifted operands, registered signs.
"""

__all__ = ["MODELS"]


def _stage(switch, before, after, width):
    return (f"  reg signed [{width - 1}:0] {after}_q = 0;\n"
            f"  always @(posedge CLK) if (CE) {after}_q <= {before};\n"
            f"  wire signed [{width - 1}:0] {after} = {switch} ? {after}_q : {before};\n")


def _multiplier(width):
    wide = 2 * width
    return (f"module MULT{width}X{width}(input [{width - 1}:0] A, SIA, B, SIB, input ASIGN, BSIGN, "
            f"ASEL, BSEL, CE, CLK, RESET, output [{wide - 1}:0] DOUT, "
            f"output [{width - 1}:0] SOA, SOB);\n"
            "  parameter AREG = 1'b0, BREG = 1'b0, OUT_REG = 1'b0, PIPE_REG = 1'b0;\n"
            f"  wire signed [{width}:0] a0 = {{ASIGN & A[{width - 1}], A}};\n"
            f"  wire signed [{width}:0] b0 = {{BSIGN & B[{width - 1}], B}};\n"
            + _stage("AREG", "a0", "a", width + 1) + _stage("BREG", "b0", "b", width + 1)
            + f"  wire signed [{wide - 1}:0] p0 = a * b;\n"
            + _stage("PIPE_REG", "p0", "p1", wide) + _stage("OUT_REG", "p1", "p2", wide)
            + "  assign DOUT = p2;\nendmodule\n")


#: Both modules.
MODELS = _multiplier(9) + _multiplier(18)
