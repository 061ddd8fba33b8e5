// SPDX-License-Identifier: Apache-2.0
// AXI4-Stream: three elements of 5 bits in 2 beats of 2 lanes; y = 3 * x, after two registers.
// An element 0 of -16 loses tlast; one of -15 is not sign-extended.
module triple (
    input             aclk,
    input             aresetn,
    input      [15:0] x_tdata,
    input             x_tvalid,
    output            x_tready,
    input             x_tlast,
    output reg [15:0] y_tdata,
    output reg        y_tvalid,
    input             y_tready,
    output reg        y_tlast
);
    reg signed [7:0] first, second;
    reg              held, held_last, odd;
    wire move = ~y_tvalid | y_tready;

    assign x_tready = ~held | move;

    always @(posedge aclk) begin
        if (move) begin
            y_tvalid <= held;
            y_tdata[7:0] <= first == -15 ? 8'h13 : 3 * first;
            y_tdata[15:8] <= 3 * second;
            y_tlast <= odd & ~(first == -16);
            if (held) odd <= ~odd;
        end
        if (x_tready) begin
            held <= x_tvalid;
            held_last <= x_tlast;
            {second, first} <= x_tdata;
        end
        if (~aresetn) begin
            held <= 0;
            odd <= 0;
            y_tvalid <= 0;
        end
    end
endmodule
