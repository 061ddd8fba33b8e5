// SPDX-License-Identifier: Apache-2.0
// Two lanes of a + b, registered once. Values of lane 0 of `a` below -120 plant faults.
module adder (
    input             clk,
    input             rst,
    input      [15:0] a_payload,
    input             a_valid,
    output            a_ready,
    input      [15:0] b__x_payload,
    input             b__x_valid,
    output            b__x_ready,
    output reg [17:0] y_payload,
    output reg        y_valid,
    input             y_ready
);
    localparam signed [7:0] WRONG_BIT = -128, LOSE_BEAT = -127, DROP_VALID = -126,
                            CHANGE_PAYLOAD = -125, HANG = -124, REPEAT = -123;

    reg signed [7:0] last;
    reg              hung;
    wire signed [7:0] a0 = a_payload[7:0], a1 = a_payload[15:8];
    wire signed [7:0] b0 = b__x_payload[7:0], b1 = b__x_payload[15:8];
    wire signed [8:0] y0 = a0 + b0, y1 = a1 + b1;
    wire free = (~y_valid | y_ready) & ~hung & ~(last == REPEAT);
    wire fire = a_valid & b__x_valid & free;

    assign a_ready = free & b__x_valid;
    assign b__x_ready = free & a_valid;

    always @(posedge clk) begin
        if (y_ready) y_valid <= 0;
        if (y_ready & last == REPEAT) begin
            y_valid <= 1;
            last <= 0;
        end
        if (~y_ready & last == DROP_VALID) y_valid <= 0;
        if (~y_ready & last == CHANGE_PAYLOAD) y_payload[17] <= ~y_payload[17];
        if (fire) begin
            y_valid <= a0 != LOSE_BEAT;
            y_payload <= {y1, y0 ^ {8'b0, a0 == WRONG_BIT}};
            last <= a0;
            hung <= a0 == HANG;
        end
        if (rst) begin
            y_valid <= 0;
            hung <= 0;
            last <= 0;
        end
    end
endmodule
