# SPDX-License-Identifier: Apache-2.0
"""ECP5's multiplier and memory block as plain Verilog; Yosys has them without contents.

Source: Lattice, FPGA-TN-02204 (memory) and FPGA-TN-02205 (DSP): registers, enables, addresses.
Modes that circuits of nnhw do not use are left out: resets, cascades, reading on a write port.
"""

__all__ = ["MODELS"]


def _pins(prefix, count):
    return ", ".join(f"{prefix}{k}" for k in reversed(range(count)))


def _multiplier():
    registers = "".join(
        f"  parameter REG_{name}_CLK = \"NONE\", REG_{name}_CE = \"CE0\", "
        f"REG_{name}_RST = \"RST0\";\n" for name in ("INPUTA", "INPUTB", "PIPELINE", "OUTPUT"))
    def stage(name, before, after, width):
        enable = " : ".join(f"REG_{name}_CE == \"CE{k}\" ? CE{k}" for k in range(4))
        return (f"  reg signed [{width - 1}:0] {after}_q = 0;\n"
                f"  always @(posedge CLK0) if ({enable} : 1'b0) {after}_q <= {before};\n"
                f"  wire signed [{width - 1}:0] {after} = "
                f"REG_{name}_CLK == \"NONE\" ? {before} : {after}_q;\n")
    return (f"module MULT18X18D(input {_pins('A', 18)}, {_pins('B', 18)}, {_pins('C', 18)}, "
            "SIGNEDA, SIGNEDB, SOURCEA, SOURCEB, CLK0, CE0, CE1, CE2, CE3, RST0, "
            f"output {_pins('P', 36)});\n{registers}"
            f"  wire signed [18:0] a0 = {{SIGNEDA & A17, {_pins('A', 18)}}};\n"
            f"  wire signed [18:0] b0 = {{SIGNEDB & B17, {_pins('B', 18)}}};\n"
            + stage("INPUTA", "a0", "a", 19) + stage("INPUTB", "b0", "b", 19)
            + "  wire signed [35:0] p0 = a * b;\n"
            + stage("PIPELINE", "p0", "p1", 36) + stage("OUTPUT", "p1", "p2", 36)
            + f"  assign {{{_pins('P', 36)}}} = p2;\nendmodule\n")


def _memory():
    init = ", ".join(f"INITVAL_{k:02X} = 320'b0" for k in range(64))
    fill = "\n".join(f"    for (k = 0; k < 16; k = k + 1) words[{16 * n} + k] = "
                     f"INITVAL_{n:02X}[20 * k +: 18];" for n in range(64))
    ports, body = [], ""
    for port in "AB":
        ports += [f"input {_pins(f'DI{port}', 18)}, {_pins(f'AD{port}', 14)}, CE{port}, OCE{port}, "
                  f"CLK{port}, WE{port}, RST{port}, CS{port}0, CS{port}1, CS{port}2",
                  f"output {_pins(f'DO{port}', 18)}"]
        body += f"""
  wire [13:0] address_{port} = {{{_pins(f'AD{port}', 14)}}};
  wire [9:0] row_{port} = address_{port}[13:4];
  wire [17:0] data_{port} = {{{_pins(f'DI{port}', 18)}}};
  wire [17:0] word_{port} = DATA_WIDTH_{port} == 18 ? words[row_{port}]
    : words[row_{port}] >> (address_{port}[3] ? 9 : 0);
  reg [17:0] read_{port} = 0, late_{port} = 0;
  always @(posedge CLK{port}) begin
    if (CE{port}) read_{port} <= word_{port};
    if (OCE{port}) late_{port} <= read_{port};
    if (CE{port} & WE{port} & DATA_WIDTH_{port} == 9) begin
      if (address_{port}[3]) words[row_{port}][17:9] <= data_{port}[8:0];
      else words[row_{port}][8:0] <= data_{port}[8:0];
    end
    if (CE{port} & WE{port} & DATA_WIDTH_{port} == 18) begin
      if (AD{port}0) words[row_{port}][8:0] <= data_{port}[8:0];
      if (AD{port}1) words[row_{port}][17:9] <= data_{port}[17:9];
    end
  end
  assign {{{_pins(f'DO{port}', 18)}}} = REGMODE_{port} == "OUTREG" ? late_{port} : read_{port};
"""
    options = "\n".join(
        f'  parameter DATA_WIDTH_{p} = 18, REGMODE_{p} = "NOREG", CSDECODE_{p} = "0b000", '
        f'WRITEMODE_{p} = "NORMAL", CLK{p}MUX = "CLK{p}";' for p in "AB")
    return (f"module DP16KD({', '.join(ports)});\n{options}\n"
            '  parameter RESETMODE = "SYNC", ASYNC_RESET_RELEASE = "SYNC", GSR = "DISABLED";\n'
            f"  parameter {init};\n  reg [17:0] words [0:1023];\n  integer k;\n"
            f"  initial begin\n{fill}\n  end\n{body}endmodule\n")


#: Both modules.
MODELS = _multiplier() + _memory()
