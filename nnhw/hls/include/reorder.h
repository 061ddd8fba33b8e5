// SPDX-License-Identifier: Apache-2.0
// Elements in another order: gather through a buffer, concatenation of two tensors.
#ifndef NNHW_REORDER_H
#define NNHW_REORDER_H

#include <hls_stream.h>

#include "types.h"

namespace nnhw {

// Beats in another order, through a circular buffer no larger than the order requires. What
// happens in each cycle is known beforehand: `give` is the place in the buffer of the beat that
// goes out, or C::pad for padding, or C::none; `take` says whether a beat comes in, while the
// frame has any. From the last entry on the tables repeat those from entry `again` on.
template <class C>
void gather(hls::stream<beat<typename C::x_t, C::lanes> > &x,
            hls::stream<beat<typename C::y_t, C::lanes> > &y,
            const typename stored<typename C::take_t>::type take[C::entries],
            const typename stored<typename C::give_t>::type give[C::entries]) {
  static beat<typename C::x_t, C::lanes> buffer[C::depth];
#ifdef NNHW_VIVADO_HLS
#pragma HLS DATA_PACK variable=buffer
#else
#pragma HLS AGGREGATE variable=buffer
#endif
  int entry = 0, arrived = 0, next = 0;
  for (int cycle = 0; cycle < C::cycles; ++cycle) {
#pragma HLS PIPELINE II=1
    const int from = int(give[entry]);
    if (from != C::none) {
      const beat<typename C::x_t, C::lanes> held = buffer[from < C::depth ? from : 0];
      beat<typename C::y_t, C::lanes> out;
      for (int lane = 0; lane < C::lanes; ++lane) {
#pragma HLS UNROLL
        out.lane[lane] = from == C::pad ? C::padding() : typename C::y_t(held.lane[lane]);
      }
      y.write(out);
    }
    if (take[entry] != 0 && arrived < C::frame_beats) {
      buffer[next] = x.read();
      next = next == C::depth - 1 ? 0 : next + 1;
      ++arrived;
    }
    entry = entry == C::entries - 1 ? C::again : entry + 1;
  }
}

// A vector of `a`, shifted left, then one of `b`.
template <class C> struct joined {
  static typename C::y_t from_a(const typename C::a_t &a) {
#pragma HLS INLINE
    return typename C::y_t(typename C::wide_t(a) << C::shift_a);
  }

  static typename C::y_t from_b(const typename C::b_t &b) {
#pragma HLS INLINE
    return typename C::y_t(typename C::wide_t(b) << C::shift_b);
  }
};

template <class C>
void concat(const typename C::a_t a[C::vectors * C::left],
            const typename C::b_t b[C::vectors * C::right], typename C::y_t y[C::size]) {
  for (int at = 0; at < C::vectors; at += C::beat_vectors) {
#pragma HLS PIPELINE II=1
    for (int vector = at; vector < at + C::beat_vectors && vector < C::vectors; ++vector) {
#pragma HLS UNROLL
      const int start = vector * (C::left + C::right);
      for (int k = 0; k < C::left; ++k) y[start + k] = joined<C>::from_a(a[vector * C::left + k]);
      for (int k = 0; k < C::right; ++k)
        y[start + C::left + k] = joined<C>::from_b(b[vector * C::right + k]);
    }
  }
}

template <class C>
void concat(hls::stream<beat<typename C::a_t, C::beat_vectors * C::left> > &a,
            hls::stream<beat<typename C::b_t, C::beat_vectors * C::right> > &b,
            hls::stream<beat<typename C::y_t, C::beat_vectors * (C::left + C::right)> > &y) {
  for (int at = 0; at < C::vectors; at += C::beat_vectors) {
#pragma HLS PIPELINE II=1
    const beat<typename C::a_t, C::beat_vectors * C::left> in_a = a.read();
    const beat<typename C::b_t, C::beat_vectors * C::right> in_b = b.read();
    beat<typename C::y_t, C::beat_vectors * (C::left + C::right)> out;
    for (int vector = 0; vector < C::beat_vectors; ++vector) {
#pragma HLS UNROLL
      const int start = vector * (C::left + C::right);
      for (int k = 0; k < C::left; ++k)
        out.lane[start + k] = joined<C>::from_a(in_a.lane[vector * C::left + k]);
      for (int k = 0; k < C::right; ++k)
        out.lane[start + C::left + k] = joined<C>::from_b(in_b.lane[vector * C::right + k]);
    }
    y.write(out);
  }
}

}  // namespace nnhw

#endif
