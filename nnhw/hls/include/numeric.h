// SPDX-License-Identifier: Apache-2.0
// Rounding and overflow on integer mantissas, for every mode of nnhw.
#ifndef NNHW_NUMERIC_H
#define NNHW_NUMERIC_H

#include "types.h"

namespace nnhw {

// Where a discarded fraction goes; the name of the ap_fixed mode with the same meaning behind it.
enum rounding {
  FLOOR,      // toward -inf; AP_TRN
  ZERO,       // toward zero; AP_TRN_ZERO
  CEIL,       // toward +inf
  AWAY,       // away from zero
  HALF_UP,    // nearest, ties toward +inf; AP_RND
  HALF_DOWN,  // nearest, ties toward -inf; AP_RND_MIN_INF
  HALF_EVEN,  // nearest, ties to even; AP_RND_CONV
  HALF_AWAY,  // nearest, ties away from zero; AP_RND_INF
  HALF_ZERO   // nearest, ties toward zero; AP_RND_ZERO
};

// What becomes of a value that its type cannot hold.
enum overflow {
  WRAP,               // drop the high bits; AP_WRAP
  WRAP_SIGN,          // the lowest lost bit becomes the sign, the rest follows; AP_WRAP_SM
  SATURATE,           // nearest representable; AP_SAT
  SATURATE_ZERO,      // zero; AP_SAT_ZERO
  SATURATE_SYMMETRIC  // nearest in -max..max; AP_SAT_SYM
};

// x * 2^-SHIFT in whole numbers, rounded by MODE; a negative SHIFT multiplies exactly.
template <rounding MODE, int SHIFT, int W, bool RIGHT> struct shifter;

template <rounding MODE, int SHIFT, int W> struct shifter<MODE, SHIFT, W, false> {
  typedef ap_int<W - SHIFT> type;

  static type apply(const ap_int<W> &x) {
#pragma HLS INLINE
    return type(x) << -SHIFT;
  }
};

template <rounding MODE, int SHIFT, int W> struct shifter<MODE, SHIFT, W, true> {
  static const int sum_width = (W > SHIFT + 1 ? W : SHIFT + 1) + 1;
  typedef ap_int<sum_width> sum_t;
  typedef ap_int<sum_width - SHIFT> type;

  // What to add before the low bits are dropped.
  static sum_t tie(const ap_int<W> &x) {
#pragma HLS INLINE
    const sum_t half = sum_t(1) << (SHIFT - 1);
    const sum_t ones = (sum_t(1) << SHIFT) - 1;
    const bool negative = x < 0;
    switch (MODE) {
      case ZERO: return negative ? ones : sum_t(0);
      case CEIL: return ones;
      case AWAY: return negative ? sum_t(0) : ones;
      case HALF_UP: return half;
      case HALF_DOWN: return half - 1;
      case HALF_EVEN: return half - 1 + ((sum_t(x) >> SHIFT) & 1);
      case HALF_AWAY: return half - (negative ? 1 : 0);
      case HALF_ZERO: return half - 1 + (negative ? 1 : 0);
      default: return sum_t(0);  // FLOOR
    }
  }

  static type apply(const ap_int<W> &x) {
#pragma HLS INLINE
    return type((sum_t(x) + tie(x)) >> SHIFT);
  }
};

template <rounding MODE, int SHIFT, int W>
typename shifter<MODE, SHIFT, W, (SHIFT > 0)>::type shift_right(const ap_int<W> &x) {
#pragma HLS INLINE
  return shifter<MODE, SHIFT, W, (SHIFT > 0)>::apply(x);
}

// x in the range of T, another integer type with the same binary point.
template <overflow MODE, class T, int W> T fit(const ap_int<W> &x) {
#pragma HLS INLINE
  const int bits = traits<T>::width;
  const bool is_signed = traits<T>::is_signed;
  typedef ap_int<(W > bits ? W : bits) + 2> wide_t;
  const wide_t one = 1, value = x;
  const wide_t high = (one << (is_signed ? bits - 1 : bits)) - 1;
  const wide_t most_negative = is_signed ? wide_t(-high - 1) : wide_t(0);
  const wide_t low = MODE == SATURATE_SYMMETRIC && is_signed ? wide_t(-high) : most_negative;
  switch (MODE) {
    case WRAP: return T(value);
    case WRAP_SIGN: {
      const wide_t ends = (value >> (bits - 1)) & 3;  // the lowest lost bit above the sign
      return is_signed && (ends == 1 || ends == 2) ? T(~value) : T(value);
    }
    case SATURATE_ZERO: return value < low || value > high ? T(0) : T(value);
    default: return value < low ? T(low) : value > high ? T(high) : T(value);
  }
}

}  // namespace nnhw

#endif
