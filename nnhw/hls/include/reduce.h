// SPDX-License-Identifier: Apache-2.0
// Sums, maxima and minima: of the elements of each vector, or of all vectors of a frame.
#ifndef NNHW_REDUCE_H
#define NNHW_REDUCE_H

#include <hls_stream.h>

#include "types.h"

namespace nnhw {

enum reduction { SUM, MAX, MIN };

template <reduction HOW, class T> T combine(const T &a, const T &b) {
#pragma HLS INLINE
  if (HOW == SUM) return T(a + b);
  return (HOW == MAX ? a > b : a < b) ? a : b;
}

// A balanced tree over a vector. Sums may wrap on the way; the last one is in range.
template <class C> struct reduce {
  static void apply(const typename C::x_t x[C::fan_in], typename C::y_t y[1]) {
#pragma HLS INLINE
    typename C::wide_t value[C::fan_in];
#pragma HLS ARRAY_PARTITION variable=value complete
    for (int k = 0; k < C::fan_in; ++k) {
#pragma HLS UNROLL
      value[k] = x[k];
    }
    for (int step = 1; step < C::fan_in; step *= 2) {
#pragma HLS UNROLL
      for (int k = 0; k + step < C::fan_in; k += 2 * step) {
#pragma HLS UNROLL
        value[k] = combine<C::how>(value[k], value[k + step]);
      }
    }
    y[0] = typename C::y_t(value[0]);
  }
};

// All vectors of a frame into one, an accumulator a channel.
template <class C>
void total(hls::stream<beat<typename C::x_t, C::lanes> > &x,
           hls::stream<beat<typename C::y_t, C::lanes> > &y) {
  typename C::wide_t held[C::parts][C::lanes];
#pragma HLS ARRAY_PARTITION variable=held complete dim=2
  for (int vector = 0; vector < C::vectors; ++vector) {
    for (int part = 0; part < C::parts; ++part) {
#pragma HLS PIPELINE II=1
      const beat<typename C::x_t, C::lanes> in = x.read();
      beat<typename C::y_t, C::lanes> out;
      for (int lane = 0; lane < C::lanes; ++lane) {
#pragma HLS UNROLL
        const typename C::wide_t value = in.lane[lane];
        const typename C::wide_t reached =
            vector == 0 ? value : combine<C::how>(held[part][lane], value);
        held[part][lane] = reached;
        out.lane[lane] = typename C::y_t(reached);
      }
      if (vector == C::vectors - 1) y.write(out);
    }
  }
}

}  // namespace nnhw

#endif
