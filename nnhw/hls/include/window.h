// SPDX-License-Identifier: Apache-2.0
// Window: every place of a kernel on an image, cut out of a stream of pixels by line buffers.
#ifndef NNHW_WINDOW_H
#define NNHW_WINDOW_H

#include <hls_stream.h>

#include "types.h"

namespace nnhw {

// Chains of delays, all of one length: tap[chain][LINKS] is the word that arrives, and each tap
// before it LENGTH pushes older. Long delays are memories, `at` being the place of the oldest word.
template <class W, int CHAINS, int LINKS, int LENGTH, bool IN_MEMORY> struct chains {
  static const int stored = LINKS > 0 ? LINKS : 1;

  static void push(W held[CHAINS][stored][LENGTH], int at, const W word[CHAINS],
                   W tap[CHAINS][LINKS + 1]) {
#pragma HLS INLINE
#pragma HLS ARRAY_PARTITION variable=held complete dim=1
#pragma HLS ARRAY_PARTITION variable=held complete dim=2
#pragma HLS DEPENDENCE variable=held inter false
    for (int chain = 0; chain < CHAINS; ++chain) {
#pragma HLS UNROLL
      tap[chain][LINKS] = word[chain];
      for (int link = LINKS - 1; link >= 0; --link) {
#pragma HLS UNROLL
        tap[chain][link] = held[chain][link][at];
        held[chain][link][at] = tap[chain][link + 1];
      }
    }
  }
};

// Short delays are registers.
template <class W, int CHAINS, int LINKS, int LENGTH>
struct chains<W, CHAINS, LINKS, LENGTH, false> {
  static const int stored = LINKS > 0 ? LINKS : 1;

  static void push(W held[CHAINS][stored][LENGTH], int, const W word[CHAINS],
                   W tap[CHAINS][LINKS + 1]) {
#pragma HLS INLINE
#pragma HLS ARRAY_PARTITION variable=held complete dim=0
    for (int chain = 0; chain < CHAINS; ++chain) {
#pragma HLS UNROLL
      tap[chain][LINKS] = word[chain];
      for (int link = LINKS - 1; link >= 0; --link) {
#pragma HLS UNROLL
        tap[chain][link] = held[chain][link][LENGTH - 1];
        for (int k = LENGTH - 1; k > 0; --k) held[chain][link][k] = held[chain][link][k - 1];
        held[chain][link][0] = tap[chain][link + 1];
      }
    }
  }
};

// Which window comes next, and at which push.
template <class C> struct window_place {
  int due;             // push of its next beat
  int part;            // beat of its pixel
  int column;          // of the result
  int top, left;       // row and column of its first tap, below zero in the padding

  window_place() : due(C::first), part(0), column(0), top(-C::before_rows),
                   left(-C::before_columns) {}

  bool inside(int row, int column_of_kernel) const {
#pragma HLS INLINE
    const int y = top + row * C::dilation_rows, x = left + column_of_kernel * C::dilation_columns;
    return !C::padded || (y >= 0 && y < C::height && x >= 0 && x < C::width);
  }

  void next() {
#pragma HLS INLINE
    if (part != C::pixel_beats - 1) {
      ++part;
      ++due;
      return;
    }
    part = 0;
    if (column != C::columns - 1) {
      ++column;
      left += C::stride_columns;
      due += C::column_gap;
    } else {
      column = 0;
      left = -C::before_columns;
      top += C::stride_rows;
      due += C::row_gap;
    }
  }
};

// One beat a push goes through the delays of rows, then through those of columns; a window comes
// out when its last tap has arrived. When the frame has ended, empty pushes bring the rest out.
template <class C>
void window(hls::stream<beat<typename C::x_t, C::lanes> > &x,
            hls::stream<beat<typename C::y_t, C::lanes * C::taps> > &y) {
  typedef beat<typename C::x_t, C::lanes> word_t;
  typedef chains<word_t, 1, C::kernel_rows - 1, C::line_length, (C::line_length > 8)> lines;
  typedef chains<word_t, C::kernel_rows, C::kernel_columns - 1, C::step_length,
                 (C::step_length > 8)> steps;
  static word_t line[1][lines::stored][C::line_length];
  static word_t step[C::kernel_rows][steps::stored][C::step_length];
#ifdef NNHW_VIVADO_HLS
#pragma HLS DATA_PACK variable=line
#pragma HLS DATA_PACK variable=step
#else
#pragma HLS AGGREGATE variable=line
#pragma HLS AGGREGATE variable=step
#endif
  word_t word[1];
  int line_at = 0, step_at = 0;
  window_place<C> place;
  for (int push = 0; push < C::pushes; ++push) {
#pragma HLS PIPELINE II=1
    word_t rows[1][C::kernel_rows], tap[C::kernel_rows][C::kernel_columns];
#pragma HLS ARRAY_PARTITION variable=rows complete dim=0
#pragma HLS ARRAY_PARTITION variable=tap complete dim=0
    if (push < C::frame_beats) word[0] = x.read();
    lines::push(line, line_at, word, rows);
    steps::push(step, step_at, rows[0], tap);
    line_at = line_at == C::line_length - 1 ? 0 : line_at + 1;
    step_at = step_at == C::step_length - 1 ? 0 : step_at + 1;
    if (push == place.due) {
      beat<typename C::y_t, C::lanes * C::taps> out;
      for (int row = 0; row < C::kernel_rows; ++row) {
#pragma HLS UNROLL
        for (int column = 0; column < C::kernel_columns; ++column) {
#pragma HLS UNROLL
          const bool inside = place.inside(row, column);
          for (int lane = 0; lane < C::lanes; ++lane) {
#pragma HLS UNROLL
            out.lane[lane * C::taps + row * C::kernel_columns + column] =
                inside ? typename C::y_t(tap[row][column].lane[lane]) : C::padding();
          }
        }
      }
      y.write(out);
      place.next();
    }
  }
}

}  // namespace nnhw

#endif
