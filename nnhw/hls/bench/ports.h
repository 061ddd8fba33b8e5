// SPDX-License-Identifier: Apache-2.0
// What test bench and bulk program share: numbers as text and bytes, and filling of stream ports.
#ifndef NNHW_BENCH_PORTS_H
#define NNHW_BENCH_PORTS_H

#include <hls_stream.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "../include/types.h"

namespace nnhw {

// Elements into the words of a stream port: element k at bits k * STRIDE and up.
template <int SIZE, int LANES, int STRIDE, class T>
void feed(const T x[SIZE], hls::stream<ap_uint<LANES * STRIDE> > &port) {
  for (int at = 0; at < SIZE; at += LANES) {
    ap_uint<LANES * STRIDE> word = 0;
    for (int lane = 0; lane < LANES && at + lane < SIZE; ++lane) {
      const ap_int<STRIDE + 1> wide = x[at + lane];
      word.range(lane * STRIDE + STRIDE - 1, lane * STRIDE) = ap_uint<STRIDE>(wide);
    }
    port.write(word);
  }
}

template <int SIZE, int LANES, int STRIDE, class T>
void collect(hls::stream<ap_uint<LANES * STRIDE> > &port, T y[SIZE]) {
  for (int at = 0; at < SIZE; at += LANES) {
    const ap_uint<LANES * STRIDE> word = port.read();
    for (int lane = 0; lane < LANES && at + lane < SIZE; ++lane) {
      const ap_uint<traits<T>::width> bits =
          word.range(lane * STRIDE + traits<T>::width - 1, lane * STRIDE);
      y[at + lane] = T(bits);
    }
  }
}

// A mantissa written as decimal digits, or as 0x and the digits of its two's complement.
template <class T> T parse(const std::string &text) {
  if (text.compare(0, 2, "0x") != 0) return T(std::strtoll(text.c_str(), 0, 10));
  T value = 0;
  for (std::string::size_type k = 2; k < text.size(); ++k) {
    const char digit = text[k];
    value = T(value << 4) | T(digit <= '9' ? digit - '0' : digit - 'a' + 10);
  }
  return value;
}

// The inverse of parse.
template <class T> std::string print(const T &value) {
  if (traits<T>::width < 64) return std::to_string(static_cast<long long>(value));
  std::string digits;
  for (int at = 0; at < traits<T>::width; at += 4) {
    int digit = 0;
    for (int bit = 3; bit >= 0; --bit)
      digit = 2 * digit + (at + bit < traits<T>::width && value[at + bit] ? 1 : 0);
    digits.insert(digits.begin(), "0123456789abcdef"[digit]);
  }
  return "0x" + digits;
}

// Mantissas as little-endian bytes: 1, 2, 4 or a multiple of 8 for each.
template <class T, int BYTES, bool SMALL> struct memory;

template <class T, int BYTES> struct memory<T, BYTES, true> {
  typedef typename native<BYTES, traits<T>::is_signed>::type word_t;

  static T load(const char *at) {
    word_t word;
    std::memcpy(&word, at, BYTES);
    return T(word);
  }

  static void store(const T &value, char *at) {
    const word_t word = static_cast<word_t>(value);
    std::memcpy(at, &word, BYTES);
  }
};

template <class T, int BYTES> struct memory<T, BYTES, false> {
  static T load(const char *at) {
    ap_uint<BYTES * 8> whole = 0;
    for (int k = BYTES / 8 - 1; k >= 0; --k) {
      unsigned long long word;
      std::memcpy(&word, at + 8 * k, 8);
      whole = (whole << 64) | ap_uint<BYTES * 8>(word);
    }
    return T(whole);
  }

  static void store(const T &value, char *at) {
    const ap_int<BYTES * 8 + 1> wide = value;
    for (int k = 0; k < BYTES / 8; ++k) {
      const unsigned long long word = ap_uint<64>(wide >> (64 * k));
      std::memcpy(at + 8 * k, &word, 8);
    }
  }
};

template <int BYTES, class T> T load(const char *at) {
  return memory<T, BYTES, BYTES <= 8>::load(at);
}

template <int BYTES, class T> void store(const T &value, char *at) {
  memory<T, BYTES, BYTES <= 8>::store(value, at);
}

}  // namespace nnhw

#endif
