// SPDX-License-Identifier: Apache-2.0
// Runs a whole batch through a design. Reads in_N.bin, and load.bin if there is one: addresses and
// data of 32 bits, written into the design's memories before anything else; writes out_N.bin, probe_N.bin, began.bin,
// ended.bin and cycles.txt in the working folder. Ends with status 1 and one line if the design
// misbehaves.
//
//   simulate FRAMES PATIENCE DRAIN SEED PROBABILITY [RESET_AFTER ...]
//
// SEED -1 means no stalls. Each RESET_AFTER runs that many cycles and resets in mid-stream before
// the batch begins.
#include "ports.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>

using std::string;
using std::to_string;

static void save(const string& name, const void* data, size_t size) {
    std::ofstream(name, std::ios::binary).write(static_cast<const char*>(data),
                                                static_cast<std::streamsize>(size));
}

class Bench {
public:
    Bench(size_t frames, int64_t patience) : frames_(frames), patience_(patience), design_(&context_) {
        connect(design_, inputs_, outputs_, probes_);
        for (size_t k = 0; k < inputs_.size(); ++k) {
            auto& data = inputs_[k].data;
            data.resize(frames * inputs_[k].layout.size * inputs_[k].layout.bytes);
            std::ifstream file("in_" + to_string(k) + ".bin", std::ios::binary);
            file.read(reinterpret_cast<char*>(data.data()), static_cast<std::streamsize>(data.size()));
            if (!file) fail("in_" + to_string(k) + ".bin is too short");
        }
        for (auto* ports : {&outputs_, &probes_})
            for (auto& port : *ports) port.data.resize(frames * port.layout.size * port.layout.bytes);
    }

    void stall(uint64_t seed, double probability) {
        for (auto& port : inputs_) port.stalls = Stalls(seed = seed * 31 + 1, probability);
        for (auto& port : outputs_) port.stalls = Stalls(seed = seed * 31 + 2, probability);
    }

    void load() {
        std::ifstream file("load.bin", std::ios::binary);
        uint32_t words[2];
        set_reset(design_, false);
        while (file.read(reinterpret_cast<char*>(words), sizeof words)) {
            set_load(design_, true, words[0], words[1]);
            settle(), edge();
        }
        set_load(design_, false, 0, 0);
        for (int k = 0; k < 4; ++k) settle(), edge();
    }

    void reset() {
        for (auto& port : inputs_) port.idle(), port.restart(frames_);
        for (auto* ports : {&outputs_, &probes_})
            for (auto& port : *ports) port.idle(), port.restart(frames_);
        set_reset(design_, true);
        for (int k = 0; k < 2; ++k) settle(), edge();
        set_reset(design_, false);
        cycle_ = moved_ = 0;
    }

    void run_for(int64_t cycles) {
        while (cycles-- > 0 && !done()) step(false);
    }

    void run() {
        while (!done()) {
            step(false);
            if (cycle_ - moved_ > patience_) fail(hang());
            if (cycle_ % 8192 == 0) report();
        }
        cycles_ = cycle_;
    }

    void drain(int64_t cycles) {
        while (cycles-- > 0) step(true);
    }

    void write() const {
        for (size_t k = 0; k < outputs_.size(); ++k)
            save("out_" + to_string(k) + ".bin", outputs_[k].data.data(), outputs_[k].data.size());
        for (size_t k = 0; k < probes_.size(); ++k)
            save("probe_" + to_string(k) + ".bin", probes_[k].data.data(), probes_[k].data.size());
        save("began.bin", earliest(inputs_).data(), frames_ * sizeof(int64_t));
        save("ended.bin", earliest(outputs_).data(), frames_ * sizeof(int64_t));
        std::ofstream("cycles.txt") << cycles_ << "\n";
    }

private:
    const size_t frames_;
    const int64_t patience_;
    VerilatedContext context_;
    Vdesign design_;
    std::vector<Input> inputs_;
    std::vector<Output> outputs_, probes_;
    int64_t cycle_ = 0, moved_ = 0, cycles_ = 0;
    std::chrono::steady_clock::time_point reported_ = std::chrono::steady_clock::now();

    void settle() {
        set_clock(design_, false);
        design_.eval();
    }
    void edge() {
        set_clock(design_, true);
        design_.eval();
    }

    void step(bool draining) {
        for (auto& port : inputs_) port.drive();
        for (auto& port : outputs_) port.drive(draining);
        settle();
        for (auto& port : inputs_)
            if (port.check(cycle_)) moved_ = cycle_;
        for (auto* ports : {&outputs_, &probes_})
            for (auto& port : *ports) {
                if (port.check(cycle_)) moved_ = cycle_;
                if (!port.fault.empty()) fail(string("output ") + port.layout.name + " " + port.fault);
            }
        edge();
        ++cycle_;
    }

    bool done() const {
        for (const auto& port : inputs_)
            if (!port.done()) return false;
        for (const auto* ports : {&outputs_, &probes_})
            for (const auto& port : *ports)
                if (!port.done()) return false;
        return true;
    }

    template <class P>
    std::vector<int64_t> earliest(const std::vector<P>& ports) const {
        auto first = ports[0].first;
        for (const auto& port : ports)
            for (size_t k = 0; k < frames_; ++k) first[k] = std::min(first[k], port.first[k]);
        return first;
    }

    string hang() const {
        string text = "nothing moved for " + to_string(patience_) + " cycles";
        for (const auto& port : inputs_) text += string("; input ") + port.layout.name + " " + port.waits();
        for (const auto* ports : {&outputs_, &probes_})
            for (const auto& port : *ports)
                text += string("; output ") + port.layout.name + " " + port.waits();
        return text;
    }

    void report() {
        const auto now = std::chrono::steady_clock::now();
        if (now - reported_ < std::chrono::milliseconds(200)) return;
        reported_ = now;
        printf("%zu\n", outputs_[0].frame());
        fflush(stdout);
    }

    [[noreturn]] void fail(const string& text) const {
        fprintf(stderr, "%s, at cycle %lld\n", text.c_str(), static_cast<long long>(cycle_));
        std::exit(1);
    }
};

int main(int argc, char** argv) {
    if (argc < 6) return 2;
    Bench bench(std::strtoull(argv[1], nullptr, 10), std::atoll(argv[2]));
    if (const int64_t seed = std::atoll(argv[4]); seed >= 0)
        bench.stall(static_cast<uint64_t>(seed), std::atof(argv[5]));
    bench.load();
    bench.reset();
    for (int k = 6; k < argc; ++k) {
        bench.run_for(std::atoll(argv[k]));
        bench.reset();
    }
    bench.run();
    bench.drain(std::atoll(argv[3]));
    bench.write();
    return 0;
}
