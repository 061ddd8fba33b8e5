// SPDX-License-Identifier: Apache-2.0
// How elements get to a layer's arithmetic: beat by beat, from arrays or from streams. A beat is
// what one clock cycle takes; its lanes are the same as in nnhw's RTL.
#ifndef NNHW_FLOW_H
#define NNHW_FLOW_H

#include <hls_stream.h>

#include "types.h"

namespace nnhw {

// The channel (place on the last axis) of every lane, from beat to beat.
template <int CHANNELS, int LANES> struct channels {
  int first;  // channel of lane 0

  channels() : first(0) {}

  int at(int lane) const {
#pragma HLS INLINE
    const int channel = first + lane % CHANNELS;
    return channel < CHANNELS ? channel : channel - CHANNELS;
  }

  void next() {
#pragma HLS INLINE
    const int sum = first + LANES % CHANNELS;
    first = sum < CHANNELS ? sum : sum - CHANNELS;
  }
};

// Apply KERNEL<C> to every element by itself.
template <template <class> class KERNEL, class C>
void each(const typename C::x_t x[C::size], typename C::y_t y[C::size]) {
  channels<C::channels, C::lanes> place;
  for (int at = 0; at < C::size; at += C::lanes) {
#pragma HLS PIPELINE II=1
    for (int lane = 0; lane < C::lanes; ++lane) {
#pragma HLS UNROLL
      if (at + lane < C::size) y[at + lane] = KERNEL<C>::apply(x[at + lane], place.at(lane));
    }
    place.next();
  }
}

template <template <class> class KERNEL, class C>
void each(hls::stream<beat<typename C::x_t, C::lanes> > &x,
          hls::stream<beat<typename C::y_t, C::lanes> > &y) {
  channels<C::channels, C::lanes> place;
  for (int at = 0; at < C::size; at += C::lanes) {
#pragma HLS PIPELINE II=1
    const beat<typename C::x_t, C::lanes> in = x.read();
    beat<typename C::y_t, C::lanes> out;
    for (int lane = 0; lane < C::lanes; ++lane) {
#pragma HLS UNROLL
      out.lane[lane] = KERNEL<C>::apply(in.lane[lane], place.at(lane));
    }
    y.write(out);
    place.next();
  }
}

// Apply KERNEL<C> to every two elements at the same place.
template <template <class> class KERNEL, class C>
void pairs(const typename C::a_t a[C::size], const typename C::b_t b[C::size],
           typename C::y_t y[C::size]) {
  for (int at = 0; at < C::size; at += C::lanes) {
#pragma HLS PIPELINE II=1
    for (int lane = 0; lane < C::lanes; ++lane) {
#pragma HLS UNROLL
      if (at + lane < C::size) y[at + lane] = KERNEL<C>::apply(a[at + lane], b[at + lane]);
    }
  }
}

template <template <class> class KERNEL, class C>
void pairs(hls::stream<beat<typename C::a_t, C::lanes> > &a,
           hls::stream<beat<typename C::b_t, C::lanes> > &b,
           hls::stream<beat<typename C::y_t, C::lanes> > &y) {
  for (int at = 0; at < C::size; at += C::lanes) {
#pragma HLS PIPELINE II=1
    const beat<typename C::a_t, C::lanes> in_a = a.read();
    const beat<typename C::b_t, C::lanes> in_b = b.read();
    beat<typename C::y_t, C::lanes> out;
    for (int lane = 0; lane < C::lanes; ++lane) {
#pragma HLS UNROLL
      out.lane[lane] = KERNEL<C>::apply(in_a.lane[lane], in_b.lane[lane]);
    }
    y.write(out);
  }
}

// Apply KERNEL<C> to every vector of fan_in elements, which gives fan_out; a beat carries
// beat_vectors of them.
template <template <class> class KERNEL, class C>
void vectors(const typename C::x_t x[C::vectors * C::fan_in],
             typename C::y_t y[C::vectors * C::fan_out]) {
  for (int at = 0; at < C::vectors; at += C::beat_vectors) {
#pragma HLS PIPELINE II=1
    for (int lane = 0; lane < C::beat_vectors; ++lane) {
#pragma HLS UNROLL
      if (at + lane < C::vectors) {
        typename C::x_t in[C::fan_in];
        typename C::y_t out[C::fan_out];
#pragma HLS ARRAY_PARTITION variable=in complete
#pragma HLS ARRAY_PARTITION variable=out complete
        for (int k = 0; k < C::fan_in; ++k) in[k] = x[(at + lane) * C::fan_in + k];
        KERNEL<C>::apply(in, out);
        for (int k = 0; k < C::fan_out; ++k) y[(at + lane) * C::fan_out + k] = out[k];
      }
    }
  }
}

template <template <class> class KERNEL, class C>
void vectors(hls::stream<beat<typename C::x_t, C::beat_vectors * C::fan_in> > &x,
             hls::stream<beat<typename C::y_t, C::beat_vectors * C::fan_out> > &y) {
  for (int at = 0; at < C::vectors; at += C::beat_vectors) {
#pragma HLS PIPELINE II=1
    const beat<typename C::x_t, C::beat_vectors * C::fan_in> beat_in = x.read();
    beat<typename C::y_t, C::beat_vectors * C::fan_out> beat_out;
    for (int lane = 0; lane < C::beat_vectors; ++lane) {
#pragma HLS UNROLL
      typename C::x_t in[C::fan_in];
      typename C::y_t out[C::fan_out];
#pragma HLS ARRAY_PARTITION variable=in complete
#pragma HLS ARRAY_PARTITION variable=out complete
      for (int k = 0; k < C::fan_in; ++k) in[k] = beat_in.lane[lane * C::fan_in + k];
      KERNEL<C>::apply(in, out);
      for (int k = 0; k < C::fan_out; ++k) beat_out.lane[lane * C::fan_out + k] = out[k];
    }
    y.write(beat_out);
  }
}

}  // namespace nnhw

#endif
