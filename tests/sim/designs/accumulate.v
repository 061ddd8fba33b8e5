// SPDX-License-Identifier: Apache-2.0
// Ten unsigned elements of 70 bits come in 4 beats of 3 lanes, the last with one; out come their
// sum (74 bits) and, on a second port, the first element of each beat.
module accumulate (
    input              clk,
    input              rst,
    input      [209:0] x_payload,
    input              x_valid,
    output             x_ready,
    output reg [73:0]  sum_payload,
    output reg         sum_valid,
    input              sum_ready,
    output reg [69:0]  head_payload,
    output reg         head_valid,
    input              head_ready
);
    reg  [1:0]  beat;
    reg  [73:0] total;
    wire        last = beat == 3;
    wire [73:0] rest = last ? 74'd0 : {4'd0, x_payload[139:70]} + {4'd0, x_payload[209:140]};
    wire [73:0] next = total + {4'd0, x_payload[69:0]} + rest;

    assign x_ready = (~head_valid | head_ready) & (~sum_valid | sum_ready | ~last);

    always @(posedge clk) begin
        if (sum_ready) sum_valid <= 0;
        if (head_ready) head_valid <= 0;
        if (x_valid & x_ready) begin
            beat <= beat + 1;
            total <= last ? 74'd0 : next;
            head_payload <= x_payload[69:0];
            head_valid <= 1;
            if (last) begin
                sum_payload <= next;
                sum_valid <= 1;
            end
        end
        if (rst) begin
            beat <= 0;
            total <= 0;
            sum_valid <= 0;
            head_valid <= 0;
        end
    end
endmodule
