// SPDX-License-Identifier: Apache-2.0
// Layers that treat whole vectors of the last axis.
#ifndef NNHW_VECTOR_H
#define NNHW_VECTOR_H

#include "types.h"

namespace nnhw {

// Index of the largest element, by a tournament: the first (or, with C::last, the last) of equals.
template <class C> struct argmax {
  static void apply(const typename C::x_t x[C::fan_in], typename C::y_t y[1]) {
#pragma HLS INLINE
    typename C::x_t best[C::fan_in];
    int place[C::fan_in];
#pragma HLS ARRAY_PARTITION variable=best complete
#pragma HLS ARRAY_PARTITION variable=place complete
    for (int k = 0; k < C::fan_in; ++k) {
#pragma HLS UNROLL
      best[k] = x[k];
      place[k] = k;
    }
    for (int step = 1; step < C::fan_in; step *= 2) {
#pragma HLS UNROLL
      for (int k = 0; k + step < C::fan_in; k += 2 * step) {
#pragma HLS UNROLL
        const bool second = C::last ? best[k + step] >= best[k] : best[k + step] > best[k];
        if (second) {
          best[k] = best[k + step];
          place[k] = place[k + step];
        }
      }
    }
    y[0] = typename C::y_t(place[0]);
  }
};

// Exact product as a P, which holds it; the multiplier is as wide as the factors.
template <class P, class A, class B> P exact_product(const A &a, const B &b) {
#pragma HLS INLINE
  return use_native ? P(P(a) * b) : P(a * b);
}

// A straight-line program, written out in the layer's struct.
template <class C> struct program {
  static void apply(const typename C::x_t x[C::fan_in], typename C::y_t y[C::fan_out]) {
#pragma HLS INLINE
    C::evaluate(x, y);
  }
};

// Softmax from a table of exponentials of the distance to the maximum, and one of reciprocals of
// their sum, shifted until its top bit is set.
template <class C> struct softmax {
  typedef typename C::x_t x_t;
  typedef typename C::sum_t sum_t;

  static x_t maximum(const x_t x[C::fan_in]) {
#pragma HLS INLINE
    x_t best[C::fan_in];
#pragma HLS ARRAY_PARTITION variable=best complete
    for (int k = 0; k < C::fan_in; ++k) {
#pragma HLS UNROLL
      best[k] = x[k];
    }
    for (int step = 1; step < C::fan_in; step *= 2) {
#pragma HLS UNROLL
      for (int k = 0; k + step < C::fan_in; k += 2 * step) {
#pragma HLS UNROLL
        if (best[k + step] > best[k]) best[k] = best[k + step];
      }
    }
    return best[0];
  }

  static typename C::exp_t exponential(const x_t &highest, const x_t &x) {
#pragma HLS INLINE
    const typename C::distance_t distance = typename C::distance_t(highest) - x;
    const typename C::distance_t place = (distance + C::exp_half()) >> C::exp_shift;
    return C::exponential(place < C::exp_entries ? int(place) : C::exp_entries - 1);
  }

  // Shifts `sum` until its top bit is set; returns by how much.
  static int normalise(sum_t &sum) {
#pragma HLS INLINE
    int shift = 0;
    for (int power = C::shift_powers - 1; power >= 0; --power) {
#pragma HLS UNROLL
      const int amount = 1 << power;
      if (amount < C::sum_bits && (sum >> (C::sum_bits - amount)) == 0) {
        sum = sum << amount;
        shift += amount;
      }
    }
    return shift;
  }

  static void apply(const x_t x[C::fan_in], typename C::y_t y[C::fan_in]) {
#pragma HLS INLINE
    const x_t highest = maximum(x);
    typename C::exp_t e[C::fan_in];
#pragma HLS ARRAY_PARTITION variable=e complete
    sum_t sum = 0;
    for (int k = 0; k < C::fan_in; ++k) {
#pragma HLS UNROLL
      e[k] = exponential(highest, x[k]);
      sum += e[k];
    }
    const int shift = normalise(sum);
    const sum_t above = sum - (sum_t(1) << (C::sum_bits - 1));
    const typename C::recip_t reciprocal = C::reciprocal(above);
    for (int k = 0; k < C::fan_in; ++k) {
#pragma HLS UNROLL
      const typename C::product_t product = typename C::product_t(e[k] * reciprocal) << shift;
      const typename C::product_t rounded = (product + C::y_half()) >> C::y_shift;
      y[k] = rounded > C::one() ? typename C::y_t(C::one()) : typename C::y_t(rounded);
    }
  }
};

}  // namespace nnhw

#endif
