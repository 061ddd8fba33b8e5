// SPDX-License-Identifier: Apache-2.0
// Adders of ECP5, and of Nexus with NNHW_NEXUS defined, as carry chains of n + 1 LUT sites for n
// bits. The maps of Yosys 0.70 lead a constant in, and on ECP5 leave a wire without readers at the
// end, for each of which nextpnr adds a cell of two sites. Here the first half cell makes the carry
// by itself, so that nothing leads in: that of bit 0, whose sum is then a LUT, or the constant,
// whichever fills all cells.
`ifdef NNHW_NEXUS
`define CELL CCU2
`define PLAIN .INJECT("NO")
`define INIT(text, number) text
`else
`define CELL CCU2C
`define PLAIN .INJECT1_0("NO"), .INJECT1_1("NO")
`define INIT(text, number) number
`endif

(* techmap_celltype = "$alu" *)
module nnhw_carry_chain (A, B, CI, BI, X, Y, CO);
  parameter A_SIGNED = 0;
  parameter B_SIGNED = 0;
  parameter A_WIDTH = 1;
  parameter B_WIDTH = 1;
  parameter Y_WIDTH = 1;
  parameter _TECHMAP_CONSTMSK_CI_ = 0;
  parameter _TECHMAP_CONSTVAL_CI_ = 0;
  parameter _TECHMAP_CONSTMSK_BI_ = 0;
  parameter _TECHMAP_CONSTVAL_BI_ = 0;
  (* force_downto *) input [A_WIDTH-1:0] A;
  (* force_downto *) input [B_WIDTH-1:0] B;
  (* force_downto *) output [Y_WIDTH-1:0] X, Y, CO;
  input CI, BI;

  // Shorter ones are smaller as LUTs.
  wire _TECHMAP_FAIL_ = Y_WIDTH <= 4 || !_TECHMAP_CONSTMSK_CI_ || !_TECHMAP_CONSTMSK_BI_;
  localparam [0:0] CARRY = _TECHMAP_CONSTVAL_CI_;
  localparam [0:0] MINUS = _TECHMAP_CONSTVAL_BI_;
  localparam EVEN = Y_WIDTH % 2 == 0;

  // Of the pins' 16 states, D = 1 makes the sum of A and B (C: minus), and the lowest four (eight
  // on Nexus) are what the cell generates: A. The first half cell has no sum, and generates the
  // carry.
  localparam SUM = `INIT("0x96AA", 16'h96AA);
  localparam GENERATED = MINUS ? (CARRY ? `INIT("0x00BB", 16'h000B) : `INIT("0x0022", 16'h0002))
                               : (CARRY ? `INIT("0x00EE", 16'h000E) : `INIT("0x0088", 16'h0008));
  localparam CONSTANT = CARRY ? `INIT("0x00FF", 16'h000F) : `INIT("0x0000", 16'h0000);
  localparam FIRST = EVEN ? GENERATED : CONSTANT;
  (* force_downto *) wire [Y_WIDTH:0] a, b, s;
  \$pos #(.A_SIGNED(A_SIGNED), .A_WIDTH(A_WIDTH), .Y_WIDTH(Y_WIDTH)) extend_a (.A(A), .Y(a[Y_WIDTH:1]));
  \$pos #(.A_SIGNED(B_SIGNED), .A_WIDTH(B_WIDTH), .Y_WIDTH(Y_WIDTH)) extend_b (.A(B), .Y(b[Y_WIDTH:1]));
  assign a[0] = 1'b1, b[0] = 1'b1;

  // Half cell k of the chain is bit k - 1 + EVEN.
  localparam CELLS = (Y_WIDTH + !EVEN) / 2;
  wire [CELLS:0] carry;
  genvar k;
  generate
    for (k = 0; k < CELLS; k = k + 1) begin : pair
      wire sum;
      if (k == 0 && CELLS == 1) begin : only
        `CELL #(.INIT0(FIRST), .INIT1(SUM), `PLAIN) bits (
          .A0(a[EVEN]), .B0(b[EVEN]), .C0(1'b1), .D0(1'b1),
          .A1(a[1+EVEN]), .B1(b[1+EVEN]), .C1(BI), .D1(1'b1), .S1(s[1+EVEN]));
      end else if (k == 0) begin : first
        `CELL #(.INIT0(FIRST), .INIT1(SUM), `PLAIN) bits (
          .A0(a[EVEN]), .B0(b[EVEN]), .C0(1'b1), .D0(1'b1),
          .A1(a[1+EVEN]), .B1(b[1+EVEN]), .C1(BI), .D1(1'b1), .S1(s[1+EVEN]), .COUT(carry[1]));
      end else if (k + 1 < CELLS) begin : middle
        `CELL #(.INIT0(SUM), .INIT1(SUM), `PLAIN) bits (
          .CIN(carry[k]), .A0(a[2*k+EVEN]), .B0(b[2*k+EVEN]), .C0(BI), .D0(1'b1),
          .A1(a[2*k+1+EVEN]), .B1(b[2*k+1+EVEN]), .C1(BI), .D1(1'b1),
          .S0(s[2*k+EVEN]), .S1(s[2*k+1+EVEN]), .COUT(carry[k+1]));
      end else begin : last
        `CELL #(.INIT0(SUM), .INIT1(SUM), `PLAIN) bits (
          .CIN(carry[k]), .A0(a[2*k+EVEN]), .B0(b[2*k+EVEN]), .C0(BI), .D0(1'b1),
          .A1(a[2*k+1+EVEN]), .B1(b[2*k+1+EVEN]), .C1(BI), .D1(1'b1),
          .S0(s[2*k+EVEN]), .S1(s[2*k+1+EVEN]));
      end
    end
    if (EVEN) assign s[1] = a[1] ^ b[1] ^ BI ^ CI;
  endgenerate
  assign Y = s[Y_WIDTH:1];
  assign X = a[Y_WIDTH:1] ^ b[Y_WIDTH:1] ^ {Y_WIDTH{BI}};
endmodule
