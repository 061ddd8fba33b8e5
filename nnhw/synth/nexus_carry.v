// SPDX-License-Identifier: Apache-2.0
// Carry chains of Nexus whose carry-in Yosys has folded to a constant, which nextpnr refuses:
// the constant is led in by a cell of its own again, or by nothing where the first half cell makes
// its carry by itself (carry_chain.v). Constant drivers become constants first.
module VLO(output Z);
  assign Z = 1'b0;
endmodule

module VHI(output Z);
  assign Z = 1'b1;
endmodule

module CCU2(input CIN, A1, B1, C1, D1, A0, B0, C0, D0, output S1, S0, COUT);
  parameter INIT0 = "0x0000";
  parameter INIT1 = "0x0000";
  parameter INJECT = "YES";
  parameter _TECHMAP_CONSTMSK_CIN_ = 0;
  parameter _TECHMAP_CONSTVAL_CIN_ = 1'bx;
  wire _TECHMAP_FAIL_ = !_TECHMAP_CONSTMSK_CIN_ || _TECHMAP_CONSTVAL_CIN_ === 1'bx;
  generate
    if (INIT0[47:16] == "0x00") begin : alone
      CCU2 #(.INIT0(INIT0), .INIT1(INIT1), .INJECT(INJECT)) chain (
        .A1(A1), .B1(B1), .C1(C1), .D1(D1), .A0(A0), .B0(B0), .C0(C0), .D0(D0),
        .S1(S1), .S0(S0), .COUT(COUT));
    end else begin : led
      wire carry;
      CCU2 #(.INIT0("0xFFFF"), .INIT1("0x00AA"), .INJECT("NO")) lead_in (
        .A0(1'b1), .B0(1'b1), .C0(1'b1), .D0(1'b1),
        .A1(CIN), .B1(1'b1), .C1(1'b1), .D1(1'b1), .COUT(carry));
      CCU2 #(.INIT0(INIT0), .INIT1(INIT1), .INJECT(INJECT)) chain (
        .CIN(carry), .A1(A1), .B1(B1), .C1(C1), .D1(D1), .A0(A0), .B0(B0), .C0(C0), .D0(D0),
        .S1(S1), .S0(S0), .COUT(COUT));
    end
  endgenerate
endmodule
