// SPDX-License-Identifier: Apache-2.0
// Stream ports of a design: producers that drive its inputs, consumers that watch its outputs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

using Words = std::vector<uint64_t>;

// How a tensor lies on a port; see nnhw/hw/layout.py.
struct Layout {
    const char* name;
    size_t size;    // elements of a tensor
    size_t lanes;   // elements of a beat
    size_t stride;  // bits from one element to the next
    size_t bytes;   // bytes of an element in the data files
    bool is_signed;

    size_t beats() const { return (size + lanes - 1) / lanes; }
    size_t payload_bits() const { return lanes * stride; }
    size_t words() const { return payload_bits() / 64 + 2; }
    // Verilator keeps 1 to 64 bits in 1, 2, 4 or 8 bytes and more in 4-byte words.
    size_t pin_bytes() const {
        const size_t bits = payload_bits();
        return bits <= 8 ? 1 : bits <= 16 ? 2 : (bits + 31) / 32 * 4;
    }
};

struct Pins {
    uint8_t* payload;
    uint8_t* valid;
    uint8_t* ready;  // null where beats are only watched
    uint8_t* last;   // null on bare ports
};

// xorshift64*: the same stalls on every machine.
struct Random {
    uint64_t state;
    explicit Random(uint64_t seed) : state(seed * 0x9E3779B97F4A7C15u + 0x2545F4914F6CDD1Du) {
        if (!state) state = 1;
    }
    uint64_t next() {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        return state * 0x2545F4914F6CDD1Du;
    }
    double unit() { return static_cast<double>(next() >> 11) / 9007199254740992.0; }
};

// Decides when a port stalls. The rate changes every 64 cycles, so that either side leads at times.
class Stalls {
public:
    Stalls() : random_(1) {}
    Stalls(uint64_t seed, double probability)
        : enabled_(true), probability_(probability), random_(seed) {}
    bool enabled() const { return enabled_; }
    uint64_t noise() { return random_.next(); }
    bool now() {
        if (!enabled_) return false;
        if (count_++ % 64 == 0) {
            rate_ = 2 * probability_ * random_.unit();
            if (rate_ > 0.98) rate_ = 0.98;
        }
        return random_.unit() < rate_;
    }

private:
    bool enabled_ = false;
    double probability_ = 0, rate_ = 0;
    uint64_t count_ = 0;
    Random random_;
};

inline uint64_t low_bits(size_t count) { return count >= 64 ? ~0ull : (1ull << count) - 1; }

// Write or read `count` <= 64 bits at bit `at`; the words beyond must exist, and be 0 to write.
inline void put_bits(Words& words, size_t at, size_t count, uint64_t value) {
    const size_t word = at / 64, shift = at % 64;
    value &= low_bits(count);
    words[word] |= value << shift;
    if (shift + count > 64) words[word + 1] |= value >> (64 - shift);
}

inline uint64_t get_bits(const Words& words, size_t at, size_t count) {
    const size_t word = at / 64, shift = at % 64;
    uint64_t value = words[word] >> shift;
    if (shift + count > 64) value |= words[word + 1] << (64 - shift);
    return value & low_bits(count);
}

// One element of the data files, or 8 bytes of a longer one; by sizes that are known when this is
// compiled, for there are two such copies an element and cycle.
inline uint64_t load(const uint8_t* from, size_t bytes) {
    uint64_t value = 0;
    switch (bytes) {
        case 1: memcpy(&value, from, 1); break;
        case 2: memcpy(&value, from, 2); break;
        case 4: memcpy(&value, from, 4); break;
        default: memcpy(&value, from, 8);
    }
    return value;
}

inline void store(uint8_t* to, size_t bytes, uint64_t value) {
    switch (bytes) {
        case 1: memcpy(to, &value, 1); break;
        case 2: memcpy(to, &value, 2); break;
        case 4: memcpy(to, &value, 4); break;
        default: memcpy(to, &value, 8);
    }
}

// What inputs and outputs share: the place in the data, and how to name it.
class Port {
public:
    Port(const Layout& layout, const Pins& pins) : layout(layout), pins(pins) {}
    const Layout layout;
    Stalls stalls;
    std::vector<uint8_t> data;
    std::vector<int64_t> first;  // cycle in which each frame's first beat is offered

    void restart(size_t frames) {
        frames_ = frames;
        frame_ = beat_ = 0;
        first.assign(frames, -1);
    }
    size_t frame() const { return frame_; }
    bool done() const { return frame_ == frames_; }
    size_t moved() const { return frame_ * layout.beats() + beat_; }
    std::string place() const {
        return "frame " + std::to_string(frame_) + ", beat " + std::to_string(beat_) + " of " +
               std::to_string(layout.beats());
    }
    std::string progress() const {
        return std::to_string(moved()) + " of " + std::to_string(frames_ * layout.beats()) +
               " beats";
    }

protected:
    const Pins pins;
    size_t frames_ = 0, frame_ = 0, beat_ = 0;

    bool is_last() const { return beat_ + 1 == layout.beats(); }
    void advance() {
        if (++beat_ == layout.beats()) {
            beat_ = 0;
            ++frame_;
        }
    }
    size_t used() const {  // elements of this beat
        const size_t left = layout.size - beat_ * layout.lanes;
        return left < layout.lanes ? left : layout.lanes;
    }
    uint8_t* elements() {  // of this beat
        return &data[(frame_ * layout.size + beat_ * layout.lanes) * layout.bytes];
    }
};

class Input : public Port {
public:
    Input(const Layout& layout, const Pins& pins) : Port(layout, pins), words_(layout.words()) {}

    void idle() {
        offering_ = false;
        *pins.valid = 0;
    }
    void drive() {
        if (offering_) return;
        offering_ = !done() && !stalls.now();
        *pins.valid = offering_;
        if (offering_) pack();
        else if (stalls.enabled()) scramble();
        if (pins.last) *pins.last = offering_ && is_last();
    }
    // After the design has settled, before the clock edge; returns whether a beat moves.
    bool check(int64_t cycle) {
        if (offering_ && beat_ == 0 && first[frame_] < 0) first[frame_] = cycle;
        if (!offering_ || !*pins.ready) return false;
        offering_ = false;
        advance();
        return true;
    }
    std::string waits() const {
        if (done()) return "has taken " + progress();
        return std::string(offering_ ? "waits for ready" : "is idle") + " at " + place() + " (" +
               progress() + " in)";
    }

private:
    Words words_;
    bool offering_ = false;

    void pack() {
        std::fill(words_.begin(), words_.end(), 0);
        const size_t count = used();
        const uint8_t* from = elements();
        for (size_t lane = 0; lane < layout.lanes; ++lane)
            for (size_t byte = 0; byte * 8 < layout.stride; byte += 8) {
                uint64_t value = 0;
                if (lane < count)
                    value = load(from + lane * layout.bytes + byte, layout.bytes);
                else if (stalls.enabled())
                    value = stalls.noise();
                put_bits(words_, lane * layout.stride + byte * 8,
                         std::min<size_t>(64, layout.stride - byte * 8), value);
            }
        memcpy(pins.payload, words_.data(), layout.pin_bytes());
    }
    void scramble() {  // a payload that is not valid must not matter
        std::fill(words_.begin(), words_.end(), 0);
        for (size_t at = 0; at < layout.payload_bits(); at += 64)
            put_bits(words_, at, std::min<size_t>(64, layout.payload_bits() - at), stalls.noise());
        memcpy(pins.payload, words_.data(), layout.pin_bytes());
    }
};

class Output : public Port {
public:
    Output(const Layout& layout, const Pins& pins)
        : Port(layout, pins), words_(layout.words()), held_(layout.pin_bytes()) {}
    std::string fault;  // the rule it broke, if any

    void idle() {
        stalled_ = false;
        if (pins.ready) *pins.ready = 0;
    }
    void drive(bool draining) {
        if (pins.ready) *pins.ready = draining || !stalls.now();
    }
    bool check(int64_t cycle) {
        if (stalled_) check_held();
        if (!*pins.valid) return false;
        if (done()) {
            fault = "offers a beat too many after " + progress();
            return false;
        }
        if (beat_ == 0 && first[frame_] < 0) first[frame_] = cycle;
        stalled_ = pins.ready && !*pins.ready;
        if (stalled_) memcpy(held_.data(), pins.payload, held_.size());
        if (stalled_ && pins.last) held_last_ = *pins.last;
        if (stalled_) return false;
        take();
        return true;
    }
    std::string waits() const {
        if (done()) return "has given " + progress();
        return std::string(*pins.valid ? "offers" : "owes") + " " + place() + " (" + progress() +
               " out)";
    }

private:
    Words words_;
    std::vector<uint8_t> held_;
    uint8_t held_last_ = 0;
    bool stalled_ = false;

    void check_held() {
        if (!*pins.valid)
            fault = "drops valid while ready is low at " + place();
        else if (memcmp(held_.data(), pins.payload, held_.size()) != 0)
            fault = "changes its payload while ready is low at " + place();
        else if (pins.last && held_last_ != *pins.last)
            fault = "changes tlast while ready is low at " + place();
        stalled_ = false;
    }
    void take() {
        if (pins.last && *pins.last != is_last())
            fault = std::string(*pins.last ? "asserts" : "lacks") + " tlast at " + place();
        memcpy(words_.data(), pins.payload, layout.pin_bytes());
        const size_t count = used();
        uint8_t* to = elements();
        for (size_t lane = 0; lane < count; ++lane) unpack(lane, to + lane * layout.bytes);
        advance();
    }
    void unpack(size_t lane, uint8_t* to) {
        const size_t at = lane * layout.stride;
        const bool negative = layout.is_signed && get_bits(words_, at + layout.stride - 1, 1);
        for (size_t byte = 0; byte < layout.bytes; byte += 8) {
            const size_t bits = std::min<size_t>(64, layout.stride - byte * 8);
            uint64_t value = get_bits(words_, at + byte * 8, bits);
            if (negative) value |= ~low_bits(bits);
            store(to + byte, layout.bytes, value);
        }
    }
};
