# SPDX-License-Identifier: Apache-2.0
"""Three-operand adders of Xilinx 7-series and UltraScale(+): one LUT6_2 and one carry bit each.

Source: Xilinx, "7 Series FPGAs Configurable Logic Block", UG474, for the slice; the construction
(full adder in the LUT's two outputs, its carry routed to the next bit's LUT and to the chain) is
that of ternary adders in the vendor's own synthesis. Yosys has no such mapping.
"""

__all__ = ["FAMILIES", "MACRO", "PRIMITIVE", "REFERENCE"]

#: Selects the instances in Verilog that ``nnhw.program`` wrote.
MACRO = "NNHW_ADD3"

#: Families whose LUTs have two outputs and feed a carry chain.
FAMILIES = ("xc7", "xcup")

#: What the primitive means, for proofs and for tools that map it themselves.
REFERENCE = """\
module nnhw_add3 #(parameter W = 8, parameter N0 = 0, parameter N1 = 0, parameter N2 = 0) (
  input [W-1:0] a, input [W-1:0] b, input [W-1:0] c, output [W-1:0] s);
  wire [W-1:0] x = N0 ? -a : a, y = N1 ? -b : b, z = N2 ? -c : c;
  assign s = x + y + z;
endmodule
"""

#: ``s = +-a +- b +- c`` modulo 2**W; at most two of N0, N1, N2 are 1.
PRIMITIVE = """\
module nnhw_add3 #(parameter W = 8, parameter N0 = 0, parameter N1 = 0, parameter N2 = 0) (
  input [W-1:0] a, input [W-1:0] b, input [W-1:0] c, output [W-1:0] s);
  localparam NEGATED = N0 + N1 + N2;
  localparam GROUPS = (W + 3) / 4;
  // O6 (upper half): a ^ b ^ c ^ carry of the bit below; O5 (lower half): carry of a, b, c.
  function [63:0] table_of(input integer unused);
    integer k;
    reg x, y, z;
    for (k = 0; k < 32; k = k + 1) begin
      x = k[0] ^ (N0 != 0);
      y = k[1] ^ (N1 != 0);
      z = k[2] ^ (N2 != 0);
      table_of[k] = (x & y) | (y & z) | (x & z);
      table_of[k + 32] = x ^ y ^ z ^ k[3];
    end
  endfunction
  localparam [63:0] INIT = table_of(0);
  // A negated operand is its complement plus one; two such ones enter at the chain's two ends.
  wire [4*GROUPS:0] saved, ripple;
  wire [4*GROUPS-1:0] propagate, sum;
  assign saved[0] = NEGATED >= 1;
  assign ripple[0] = NEGATED >= 2;
  genvar i;
  generate
    for (i = 0; i < 4 * GROUPS; i = i + 1) begin : lut
      if (i < W) begin : used
        LUT6_2 #(.INIT(INIT)) lut (.I0(a[i]), .I1(b[i]), .I2(c[i]), .I3(saved[i]), .I4(1'b0),
                                   .I5(1'b1), .O5(saved[i+1]), .O6(propagate[i]));
      end else begin : unused
        assign propagate[i] = 1'b0;
        assign saved[i+1] = 1'b0;
      end
    end
    for (i = 0; i < GROUPS; i = i + 1) begin : carry
      wire [3:0] out;
      CARRY4 chain (.CO(out), .O(sum[4*i +: 4]), .CI(i == 0 ? 1'b0 : ripple[4*i]),
                    .CYINIT(i == 0 ? ripple[0] : 1'b0), .DI(saved[4*i +: 4]),
                    .S(propagate[4*i +: 4]));
      assign ripple[4*i+4] = out[3];
    end
  endgenerate
  assign s = sum[W-1:0];
endmodule
"""
