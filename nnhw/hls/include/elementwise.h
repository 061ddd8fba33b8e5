// SPDX-License-Identifier: Apache-2.0
// Layers that treat every element by itself; the constants may differ from channel to channel.
#ifndef NNHW_ELEMENTWISE_H
#define NNHW_ELEMENTWISE_H

#include "numeric.h"

namespace nnhw {

// y = fit(round(x * 2^-shift)), kept within low and high where it is bounded.
template <class C> struct requantize {
  template <class S> static typename C::y_t bring(const S &scaled) {
#pragma HLS INLINE
    const typename C::to_t inside = fit<C::overflow, typename C::to_t>(scaled);
    if (!C::bounded) return typename C::y_t(inside);
    if (inside < C::low()) return typename C::y_t(C::low());
    return inside > C::high() ? typename C::y_t(C::high()) : typename C::y_t(inside);
  }

  static typename C::y_t apply(const typename C::x_t &x, int) {
#pragma HLS INLINE
    typedef typename traits<typename C::x_t>::as_signed x_t;
    return bring(shift_right<C::rounding, C::shift>(x_t(x)));
  }
};

// y = fit(round((x * multiplier + offset) * 2^-shift)).
template <class C> struct rescale {
  static typename C::y_t apply(const typename C::x_t &x, int channel) {
#pragma HLS INLINE
    typename C::scaled_t scaled = typename C::scaled_t(x) * C::multiplier(channel);
    scaled += C::offset(channel);
    return requantize<C>::bring(shift_right<C::rounding, C::shift>(scaled));
  }
};

// y = base + step * (how many thresholds x reaches).
template <class C> struct threshold {
  static typename C::y_t apply(const typename C::x_t &x, int channel) {
#pragma HLS INLINE
    int count = 0;
    for (int level = 0; level < C::levels; ++level) {
#pragma HLS UNROLL
      const typename C::threshold_t bound = C::bound(channel, level);
      const bool reached = C::descending(channel) ? x <= bound : x >= bound;
      count += reached ? 1 : 0;
    }
    return typename C::y_t(C::base() + C::step() * count);
  }
};

// y = table[clip((x - start) >> shift)].
template <class C> struct lookup {
  static typename C::y_t apply(const typename C::x_t &x, int channel) {
#pragma HLS INLINE
    const typename C::place_t distance = typename C::place_t(x) - C::start();
    const typename C::place_t place = distance >> C::shift;
    int index = 0;
    if (place >= C::entries) index = C::entries - 1;
    else if (place > 0) index = int(place);
    return C::entry(channel, index);
  }
};

// y = max(x, 0).
template <class C> struct relu {
  static typename C::y_t apply(const typename C::x_t &x, int) {
#pragma HLS INLINE
    return x >= 0 ? typename C::y_t(x) : typename C::y_t(0);
  }
};

// y = x * 2^slope_frac where x >= 0, else x * slope.
template <class C> struct leaky_relu {
  static typename C::y_t apply(const typename C::x_t &x, int channel) {
#pragma HLS INLINE
    typedef typename C::wide_t wide_t;
    if (x >= 0) return typename C::y_t(wide_t(x) << C::slope_frac);
    return typename C::y_t(wide_t(x) * C::slope(channel));
  }
};

// y = a * 2^shift_a + b * 2^shift_b.
template <class C> struct add {
  static typename C::y_t apply(const typename C::a_t &a, const typename C::b_t &b) {
#pragma HLS INLINE
    typedef typename C::wide_t wide_t;
    return typename C::y_t((wide_t(a) << C::shift_a) + (wide_t(b) << C::shift_b));
  }
};

// y = a * b.
template <class C> struct product {
  static typename C::y_t apply(const typename C::a_t &a, const typename C::b_t &b) {
#pragma HLS INLINE
    typedef typename C::wide_t wide_t;
    return typename C::y_t(wide_t(a) * wide_t(b));
  }
};

// y = the larger or smaller one of a * 2^shift_a and b * 2^shift_b.
template <class C> struct larger {
  static typename C::y_t apply(const typename C::a_t &a, const typename C::b_t &b) {
#pragma HLS INLINE
    const typename C::wide_t left = typename C::wide_t(a) << C::shift_a;
    const typename C::wide_t right = typename C::wide_t(b) << C::shift_b;
    return typename C::y_t(left > right ? left : right);
  }
};

template <class C> struct smaller {
  static typename C::y_t apply(const typename C::a_t &a, const typename C::b_t &b) {
#pragma HLS INLINE
    const typename C::wide_t left = typename C::wide_t(a) << C::shift_a;
    const typename C::wide_t right = typename C::wide_t(b) << C::shift_b;
    return typename C::y_t(left < right ? left : right);
  }
};

}  // namespace nnhw

#endif
