// SPDX-License-Identifier: Apache-2.0
// Runs the top module of a board, its serial line on standard input and output.
//
//   board DIVISOR
//
// DIVISOR is the clock cycles of a bit. Ends when standard input does.
#include "Vdesign.h"
#include "verilated.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <poll.h>
#include <unistd.h>

static double now = 0;
double sc_time_stamp() { return now; }

int main(int argc, char** argv) {
    const int divisor = argc > 1 ? std::atoi(argv[1]) : 25;
    VerilatedContext context;
    Vdesign design{&context};
    std::deque<unsigned char> waiting;
    int sending = 0, sent_bit = 0, send_timer = 0;     // host to board
    int taking = -1, take_timer = 0;                   // board to host
    unsigned char taken = 0;
    long quiet = 0;
    design.uart_rx = 1;
    for (long cycle = 0;; ++cycle) {
        if (cycle % (divisor * 10) == 0 && waiting.size() < 64) {
            const bool idle = quiet > 200000;
            pollfd in{0, POLLIN, 0};
            if (poll(&in, 1, idle ? 1 : 0) > 0) {
                unsigned char buffer[256];
                const ssize_t got = read(0, buffer, sizeof buffer);
                if (got == 0 || (got < 0 && errno != EAGAIN)) return 0;
                waiting.insert(waiting.end(), buffer, buffer + got);
                quiet = 0;
            }
        }
        ++quiet;
        if (sending) {
            if (--send_timer == 0) {
                send_timer = divisor;
                design.uart_rx = (sending >> ++sent_bit) & 1;
                if (sent_bit == 10) sending = 0, design.uart_rx = 1;
            }
        } else if (!waiting.empty()) {
            sending = 0x600 | (waiting.front() << 1);  // start bit, eight bits, stop bits
            waiting.pop_front();
            sent_bit = 0, send_timer = divisor, design.uart_rx = 0;
        }
        design.clk = 0, design.eval();
        design.clk = 1, design.eval();
        if (taking < 0) {
            if (!design.uart_tx) taking = 0, take_timer = divisor + divisor / 2;
        } else if (--take_timer == 0) {
            take_timer = divisor;
            if (taking < 8) {
                taken = static_cast<unsigned char>(taken >> 1 | design.uart_tx << 7);
                ++taking;
            } else {
                if (design.uart_tx && write(1, &taken, 1) != 1) return 0;
                taking = -1, quiet = 0;
            }
        }
    }
}
