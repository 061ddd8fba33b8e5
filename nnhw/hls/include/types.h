// SPDX-License-Identifier: Apache-2.0
// Types of nnhw's C++: every number is an integer mantissa in an ap_int or ap_uint; it stands for
// mantissa * 2^-frac, and the comment beside each typedef says what frac is.
#ifndef NNHW_TYPES_H
#define NNHW_TYPES_H

#include <ap_int.h>

namespace nnhw {

// Width and sign of an integer type, and the signed type that holds all its values.
template <class T> struct traits;

template <int W> struct traits<ap_int<W> > {
  static const int width = W;
  static const bool is_signed = true;
  typedef ap_int<W> as_signed;
};

template <int W> struct traits<ap_uint<W> > {
  static const int width = W;
  static const bool is_signed = false;
  typedef ap_int<W + 1> as_signed;
};

// Elements that cross a stream together, the first one of the tensor first.
template <class T, int LANES> struct beat {
  T lane[LANES];
};

// The smallest C++ integer of at least BITS bits, for a C compiler's sake only; see below.
template <int BYTES, bool SIGNED> struct native;
template <> struct native<1, true> { typedef signed char type; };
template <> struct native<2, true> { typedef short type; };
template <> struct native<4, true> { typedef int type; };
template <> struct native<8, true> { typedef long long type; };
template <> struct native<1, false> { typedef unsigned char type; };
template <> struct native<2, false> { typedef unsigned short type; };
template <> struct native<4, false> { typedef unsigned int type; };
template <> struct native<8, false> { typedef unsigned long long type; };

template <int BITS> struct bytes {
  static const int value = BITS <= 8 ? 1 : BITS <= 16 ? 2 : BITS <= 32 ? 4 : 8;
};

template <class T, bool FITS> struct as_native { typedef T type; };
template <class T> struct as_native<T, true> {
  typedef typename native<bytes<traits<T>::width>::value, traits<T>::is_signed>::type type;
};

template <class T, int BITS, bool FITS> struct as_word { typedef T type; };
template <class T, int BITS> struct as_word<T, BITS, true> {
  typedef typename native<BITS <= 31 ? 4 : 8, true>::type type;
};

#if defined(__SYNTHESIS__) || defined(NNHW_AS_SYNTHESIZED)
static const bool use_native = false;
#else
static const bool use_native = true;
#endif

// Three types differ between synthesis and simulation with a C compiler, where ap_int is slow. None
// changes a bit: a table entry fits its T and is read as a T; so does a value of a program; and a sum of which no partial sum
// needs more than BITS bits is the same whether it is kept in BITS bits or more, and is brought
// into T at the end. Compile with -DNNHW_AS_SYNTHESIZED to have ap_int throughout.

// How the entries of a constant table are stored.
template <class T> struct stored {
  typedef typename as_native<T, use_native && traits<T>::width <= 64>::type type;
};

// What a value that never leaves the range of T is kept in.
template <class T> struct exact {
  typedef typename as_word<T, traits<T>::width, use_native && traits<T>::width <= 63>::type type;
};

// What a sum that ends in a T is kept in.
template <class T, int BITS> struct working {
  typedef typename as_word<T, BITS, use_native && BITS <= 63>::type type;
};

}  // namespace nnhw

#endif
