// SPDX-License-Identifier: Apache-2.0
// Dense and Grouped: y = weight * x + bias for each group, exact, folded as nnhw's RTL folds it.
#ifndef NNHW_DENSE_H
#define NNHW_DENSE_H

#include <hls_stream.h>

#include "types.h"

namespace nnhw {

// A multiplier in a DSP block, in LUTs, or (constant products) as the tool likes.
enum multiplier_kind { ANY_MULTIPLIER, DSP_MULTIPLIER, LUT_MULTIPLIER };

template <multiplier_kind KIND> struct multiplier {
  template <class P, class A, class B> static P product(const A &a, const B &b) {
#pragma HLS INLINE
    return P(a * b);
  }
};

template <> struct multiplier<DSP_MULTIPLIER> {
  template <class P, class A, class B> static P product(const A &a, const B &b) {
#pragma HLS INLINE
    P result;
#ifdef NNHW_VIVADO_HLS
#pragma HLS RESOURCE variable=result core=DSP48
#else
#pragma HLS BIND_OP variable=result op=mul impl=dsp
#endif
    result = a * b;
    return result;
  }
};

template <> struct multiplier<LUT_MULTIPLIER> {
  template <class P, class A, class B> static P product(const A &a, const B &b) {
#pragma HLS INLINE
    P result;
#ifdef NNHW_VIVADO_HLS
#pragma HLS RESOURCE variable=result core=Mul_LUT
#else
#pragma HLS BIND_OP variable=result op=mul impl=fabric
#endif
    result = a * b;
    return result;
  }
};

// One step: column block `column_block` of `groups` vectors times a row block of their matrices.
template <class C> struct dense_step {
  static const int lanes = C::groups * C::columns, results = C::groups * C::rows;
  typedef typename working<typename C::y_t, C::sum_bits>::type sum_t;
  typedef typename working<typename C::product_t, C::sum_bits>::type product_t;
  typedef typename working<typename C::x_t, C::sum_bits>::type x_t;
  typedef typename working<typename C::weight_t, C::sum_bits>::type weight_t;
  typedef typename stored<typename C::weight_t>::type stored_weight_t;
  typedef typename stored<typename C::bias_t>::type stored_bias_t;

  static void apply(const x_t x[lanes], sum_t sum[results],
                    const stored_weight_t weight[results][C::columns],
                    const stored_bias_t bias[results], int column_block) {
#pragma HLS INLINE
    for (int row = 0; row < results; ++row) {
#pragma HLS UNROLL
      const int first = row / C::rows * C::columns;
      sum_t total = column_block == 0 ? sum_t(bias[row]) : sum[row];
      for (int column = 0; column < C::columns; ++column) {
#pragma HLS UNROLL
        total += multiplier<C::multiplier>::template product<product_t>(
            x[first + column], weight_t(weight[row][column]));
      }
      sum[row] = total;
    }
  }
};

// Turn by turn, row block by row block, column block by column block: `steps` cycles a vector of
// all groups (the reuse factor), groups * rows * columns multipliers. A turn takes as many groups
// as are worked on at once; a Dense has one. weight[step][row][column] is one wide word a step.
template <class C>
void dense(const typename C::x_t x[C::vectors * C::turns * C::groups * C::fan_in],
           typename C::y_t y[C::vectors * C::turns * C::groups * C::fan_out],
           const typename dense_step<C>::stored_weight_t
               weight[C::steps][C::groups * C::rows][C::columns],
           const typename dense_step<C>::stored_bias_t
               bias[C::turns * C::row_blocks][C::groups * C::rows]) {
#pragma HLS ARRAY_RESHAPE variable=weight complete dim=3
#pragma HLS ARRAY_RESHAPE variable=weight complete dim=2
#pragma HLS ARRAY_RESHAPE variable=bias complete dim=2
  typename dense_step<C>::sum_t sum[dense_step<C>::results];
#pragma HLS ARRAY_PARTITION variable=sum complete
  for (int at = 0; at < C::vectors; at += C::beat_vectors) {
    for (int turn = 0; turn < C::turns; ++turn) {
      for (int row_block = 0; row_block < C::row_blocks; ++row_block) {
        for (int column_block = 0; column_block < C::column_blocks; ++column_block) {
#pragma HLS PIPELINE II=1
          const int word = turn * C::row_blocks + row_block;
          for (int vector = at; vector < at + C::beat_vectors && vector < C::vectors; ++vector) {
#pragma HLS UNROLL
            const int group = (vector * C::turns + turn) * C::groups;
            typename dense_step<C>::x_t block[dense_step<C>::lanes];
#pragma HLS ARRAY_PARTITION variable=block complete
            for (int k = 0; k < dense_step<C>::lanes; ++k) {
#pragma HLS UNROLL
              block[k] = x[(group + k / C::columns) * C::fan_in + column_block * C::columns
                           + k % C::columns];
            }
            dense_step<C>::apply(block, sum, weight[word * C::column_blocks + column_block],
                                 bias[word], column_block);
            if (column_block == C::column_blocks - 1) {
              for (int k = 0; k < dense_step<C>::results; ++k) {
#pragma HLS UNROLL
                y[(group + k / C::rows) * C::fan_out + row_block * C::rows + k % C::rows] =
                    typename C::y_t(sum[k]);
              }
            }
          }
        }
      }
    }
  }
}

// The same from streams: a beat is a column block (all of a vector's, or of several vectors', when
// nothing is folded), and the blocks of a vector are held for as long as row blocks need them.
template <class C>
void dense(hls::stream<beat<typename C::x_t, C::beat_vectors * C::groups * C::columns> > &x,
           hls::stream<beat<typename C::y_t, C::beat_vectors * C::groups * C::rows> > &y,
           const typename dense_step<C>::stored_weight_t
               weight[C::steps][C::groups * C::rows][C::columns],
           const typename dense_step<C>::stored_bias_t
               bias[C::turns * C::row_blocks][C::groups * C::rows]) {
#pragma HLS ARRAY_RESHAPE variable=weight complete dim=3
#pragma HLS ARRAY_RESHAPE variable=weight complete dim=2
#pragma HLS ARRAY_RESHAPE variable=bias complete dim=2
  const int lanes = dense_step<C>::lanes, results = dense_step<C>::results;
  typename dense_step<C>::sum_t sum[results];
#pragma HLS ARRAY_PARTITION variable=sum complete
  beat<typename C::x_t, C::beat_vectors * lanes> held[C::column_blocks];
#ifdef NNHW_VIVADO_HLS
#pragma HLS DATA_PACK variable=held
#else
#pragma HLS AGGREGATE variable=held
#endif
  for (int at = 0; at < C::vectors; at += C::beat_vectors) {
    for (int turn = 0; turn < C::turns; ++turn) {
      for (int row_block = 0; row_block < C::row_blocks; ++row_block) {
        for (int column_block = 0; column_block < C::column_blocks; ++column_block) {
#pragma HLS PIPELINE II=1
          const int word = turn * C::row_blocks + row_block;
          if (row_block == 0) held[column_block] = x.read();
          beat<typename C::y_t, C::beat_vectors * results> out;
          for (int vector = 0; vector < C::beat_vectors; ++vector) {
#pragma HLS UNROLL
            typename dense_step<C>::x_t block[lanes];
#pragma HLS ARRAY_PARTITION variable=block complete
            for (int k = 0; k < lanes; ++k) {
#pragma HLS UNROLL
              block[k] = held[column_block].lane[vector * lanes + k];
            }
            dense_step<C>::apply(block, sum, weight[word * C::column_blocks + column_block],
                                 bias[word], column_block);
            for (int k = 0; k < results; ++k) {
#pragma HLS UNROLL
              out.lane[vector * results + k] = typename C::y_t(sum[k]);
            }
          }
          if (column_block == C::column_blocks - 1) y.write(out);
        }
      }
    }
  }
}

}  // namespace nnhw

#endif
