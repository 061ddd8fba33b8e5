# SPDX-License-Identifier: Apache-2.0
"""Adders of two operands and a constant for ECP5: one LUT and one carry position a bit.

A carry cell of two bits (``CCU2C``) has a table of four inputs for each bit's sum, and generates
``INIT[3:0]`` of its inputs A and B. Saved carries of ``a + b + K`` depend on the two bits below
only, so that the table's inputs are two bits of either operand; with those of the bit itself at A
and B, what is generated is their sum, which is right wherever the table's output is 0.

Source: the cell's logic as Yosys' model of it has it (``lattice/ccu2c_sim.vh``).
"""

__all__ = ["FAMILIES", "MACRO", "PRIMITIVE", "REFERENCE"]

#: Selects the instances in Verilog that ``nnhw.program`` wrote.
MACRO = "NNHW_ADD_CONSTANT"

FAMILIES = ("ecp5",)

#: What the primitive means, for proofs and for tools that map it themselves.
REFERENCE = """\
module nnhw_add_constant #(parameter W = 8, parameter [W-1:0] K = 0) (
  input [W-1:0] a, input [W-1:0] b, output [W-1:0] s);
  assign s = a + b + K;
endmodule
"""

#: ``s = a + b + K`` modulo 2**W. The first half cell only begins the chain; where the number of
#: bits is even, bit 0 is a LUT of its own, for it saves no carry into the chain.
PRIMITIVE = """\
module nnhw_add_constant #(parameter W = 8, parameter [W-1:0] K = 0) (
  input [W-1:0] a, input [W-1:0] b, output [W-1:0] s);
  localparam EVEN = W % 2 == 0;
  localparam CELLS = (W + 1) / 2;
  // Inputs A, B: this bit of the operands; C, D: the bit below, whose carry is saved.
  function [15:0] table_of(input here, input below);
    integer n;
    for (n = 0; n < 16; n = n + 1)
      table_of[n] = n[0] ^ n[1] ^ here ^ (below ? n[2] | n[3] : n[2] & n[3]);
  endfunction
  // Half cell h makes bit h - 1, or h where bit 0 lies outside; x and y are as far apart.
  wire [W+1:0] x = EVEN ? {a, 1'b0} : {a, 2'b0}, y = EVEN ? {b, 1'b0} : {b, 2'b0};
  localparam [W+1:0] KK = EVEN ? {K, 1'b0} : {K, 2'b0};
  wire [2*CELLS-1:0] sum;
  wire [CELLS:0] carry;
  assign carry[0] = 1'b0;
  genvar i;
  generate
    if (W <= 4) begin : short
      assign s = a + b + K;
    end else begin : chain
      for (i = 0; i < CELLS; i = i + 1) begin : pair
        CCU2C #(.INIT0(i == 0 ? 16'h0000 : table_of(KK[2*i+1], KK[2*i])),
                .INIT1(table_of(KK[2*i+2], KK[2*i+1])),
                .INJECT1_0("NO"), .INJECT1_1("NO")) bits (
          .CIN(carry[i]), .COUT(carry[i+1]), .S0(sum[2*i]), .S1(sum[2*i+1]),
          .A0(x[2*i+1]), .B0(y[2*i+1]), .C0(x[2*i]), .D0(y[2*i]),
          .A1(x[2*i+2]), .B1(y[2*i+2]), .C1(x[2*i+1]), .D1(y[2*i+1]));
      end
      assign s = EVEN ? {sum[2*CELLS-1:1], a[0] ^ b[0] ^ K[0]} : sum[2*CELLS-1:1];
    end
  endgenerate
endmodule
"""
