// SPDX-License-Identifier: Apache-2.0
// What lies between layers and at the ports: copies, width converters, packing of port words.
#ifndef NNHW_WIRES_H
#define NNHW_WIRES_H

#include <hls_stream.h>

#include "types.h"

namespace nnhw {

// SIZE elements, LANES a cycle.
template <int SIZE, int LANES, class T, class U> void copy(const T x[SIZE], U y[SIZE]) {
  for (int at = 0; at < SIZE; at += LANES) {
#pragma HLS PIPELINE II=1
    for (int lane = 0; lane < LANES; ++lane) {
#pragma HLS UNROLL
      if (at + lane < SIZE) y[at + lane] = x[at + lane];
    }
  }
}

// An array as beats, and beats as an array.
template <int SIZE, int LANES, class T>
void from_array(const T x[SIZE], hls::stream<beat<T, LANES> > &y) {
  for (int at = 0; at < SIZE; at += LANES) {
#pragma HLS PIPELINE II=1
    beat<T, LANES> out;
    for (int lane = 0; lane < LANES; ++lane) {
#pragma HLS UNROLL
      out.lane[lane] = at + lane < SIZE ? x[at + lane] : T(0);
    }
    y.write(out);
  }
}

template <int SIZE, int LANES, class T, class U>
void to_array(hls::stream<beat<T, LANES> > &x, U y[SIZE]) {
  for (int at = 0; at < SIZE; at += LANES) {
#pragma HLS PIPELINE II=1
    const beat<T, LANES> in = x.read();
    for (int lane = 0; lane < LANES; ++lane) {
#pragma HLS UNROLL
      if (at + lane < SIZE) y[at + lane] = in.lane[lane];
    }
  }
}

// The same tensor for two readers.
template <int SIZE, int LANES, class T> void fork(const T x[SIZE], T a[SIZE], T b[SIZE]) {
  for (int at = 0; at < SIZE; at += LANES) {
#pragma HLS PIPELINE II=1
    for (int lane = 0; lane < LANES; ++lane) {
#pragma HLS UNROLL
      if (at + lane < SIZE) a[at + lane] = b[at + lane] = x[at + lane];
    }
  }
}

template <int SIZE, int LANES, class T>
void fork(hls::stream<beat<T, LANES> > &x, hls::stream<beat<T, LANES> > &a,
          hls::stream<beat<T, LANES> > &b) {
  for (int at = 0; at < SIZE; at += LANES) {
#pragma HLS PIPELINE II=1
    const beat<T, LANES> in = x.read();
    a.write(in);
    b.write(in);
  }
}

// Beats taken apart: each is held while its parts go out in turn. OUT divides IN.
template <int SIZE, int IN, int OUT, class T>
void narrow(hls::stream<beat<T, IN> > &x, hls::stream<beat<T, OUT> > &y) {
  beat<T, IN> held;
  int part = 0;
  for (int at = 0; at < SIZE; at += OUT) {
#pragma HLS PIPELINE II=1
    if (part == 0) held = x.read();
    beat<T, OUT> out;
    for (int lane = 0; lane < OUT; ++lane) {
#pragma HLS UNROLL
      out.lane[lane] = held.lane[part * OUT + lane];
    }
    y.write(out);
    part = part == IN / OUT - 1 ? 0 : part + 1;
  }
}

// Beats put together; lanes of the last one that no element fills are 0. IN divides OUT.
template <int SIZE, int IN, int OUT, class T>
void widen(hls::stream<beat<T, IN> > &x, hls::stream<beat<T, OUT> > &y) {
  beat<T, OUT> held;
  int part = 0;
  for (int at = 0; at < SIZE; at += IN) {
#pragma HLS PIPELINE II=1
    const beat<T, IN> in = x.read();
    for (int lane = 0; lane < OUT; ++lane) {
#pragma HLS UNROLL
      if (lane / IN == part) held.lane[lane] = in.lane[lane % IN];
      else if (part == 0) held.lane[lane] = 0;
    }
    const bool full = part == OUT / IN - 1 || at + IN >= SIZE;
    if (full) y.write(held);
    part = full ? 0 : part + 1;
  }
}

// Port words to beats. Element k of a word lies at bits k * STRIDE and up, as in nnhw's RTL.
template <int SIZE, int LANES, int STRIDE, class T>
void unpack(hls::stream<ap_uint<LANES * STRIDE> > &x, hls::stream<beat<T, LANES> > &y) {
  for (int at = 0; at < SIZE; at += LANES) {
#pragma HLS PIPELINE II=1
    const ap_uint<LANES * STRIDE> word = x.read();
    beat<T, LANES> out;
    for (int lane = 0; lane < LANES; ++lane) {
#pragma HLS UNROLL
      const ap_uint<traits<T>::width> bits =
          word.range(lane * STRIDE + traits<T>::width - 1, lane * STRIDE);
      out.lane[lane] = at + lane < SIZE ? T(bits) : T(0);
    }
    y.write(out);
  }
}

// Beats to port words; elements are extended to STRIDE bits, unused ones are 0.
template <int SIZE, int LANES, int STRIDE, class T>
void pack(hls::stream<beat<T, LANES> > &x, hls::stream<ap_uint<LANES * STRIDE> > &y) {
  for (int at = 0; at < SIZE; at += LANES) {
#pragma HLS PIPELINE II=1
    const beat<T, LANES> in = x.read();
    ap_uint<LANES * STRIDE> word = 0;
    for (int lane = 0; lane < LANES; ++lane) {
#pragma HLS UNROLL
      const ap_int<STRIDE + 1> wide = in.lane[lane];
      const ap_uint<STRIDE> bits = at + lane < SIZE ? ap_uint<STRIDE>(wide) : ap_uint<STRIDE>(0);
      word.range(lane * STRIDE + STRIDE - 1, lane * STRIDE) = bits;
    }
    y.write(word);
  }
}

}  // namespace nnhw

#endif
