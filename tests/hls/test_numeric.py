# SPDX-License-Identifier: Apache-2.0
"""The C++ of rounding and overflow: against ap_fixed itself, and against golden."""

import subprocess
from itertools import product
from pathlib import Path

import numpy as np
import pytest

import nnhw.hls
from nnhw.hls.headers import find_headers
from nnhw.ir.types import TensorType
from nnhw.layers.requantize.op import Requantize
from nnhw.numeric.types import FixedType, Overflow, Quantizer, Rounding
from nnhw.sim.tools import require_compiler
from tests.hls.check import check_layers

AP_ROUNDING = {
    "FLOOR": "AP_TRN", "ZERO": "AP_TRN_ZERO", "HALF_UP": "AP_RND", "HALF_DOWN": "AP_RND_MIN_INF",
    "HALF_EVEN": "AP_RND_CONV", "HALF_AWAY": "AP_RND_INF", "HALF_ZERO": "AP_RND_ZERO",
}
AP_OVERFLOW = {
    "WRAP": "AP_WRAP", "WRAP_SIGN": "AP_WRAP_SM", "SATURATE": "AP_SAT",
    "SATURATE_ZERO": "AP_SAT_ZERO", "SATURATE_SYMMETRIC": "AP_SAT_SYM",
}
#: Source width, frac, sign; target width, frac, sign. All values up to 9 bits, random ones above.
SMALL = [(7, 4, True, 4, 2, True), (7, 4, False, 4, 2, False), (8, 2, True, 5, 0, False),
         (6, 5, False, 3, 1, True), (5, 1, True, 6, 3, True), (6, 4, True, 3, -1, True)]
LARGE = [(40, 20, True, 24, 8, True), (90, 50, True, 70, 33, True), (70, 69, False, 40, 12, False)]

PROGRAM = r"""
#include <ap_int.h>
#include <ap_fixed.h>
#include <cstdio>
#include "numeric.h"

static unsigned long long seed = 88172645463325252ULL;
static unsigned long long draw() {
  seed ^= seed << 13; seed ^= seed >> 7; seed ^= seed << 17;
  return seed;
}

template <class S, class T, class FIXED_S, class FIXED_T, int SHIFT, nnhw::rounding R,
          nnhw::overflow O>
int differing() {
  const int bits = nnhw::traits<S>::width;
  const long count = bits <= 9 ? 1L << bits : 500;
  int wrong = 0;
  for (long k = 0; k < count; ++k) {
    ap_uint<128> raw = bits <= 9 ? (unsigned long long)k : draw();
    if (bits > 9) raw = (raw << 64) | ap_uint<128>(draw());
    const ap_uint<nnhw::traits<S>::width> cut = raw;
    const S x = cut;
    FIXED_S source;
    source.range() = cut;
    const FIXED_T expected = source;
    typedef typename nnhw::traits<S>::as_signed wide;
    // Where rounding carries into the lost bits, AP_WRAP_SM looks at the bit from before it.
    const wide whole = x;
    if (O == nnhw::WRAP_SIGN &&
        (nnhw::shift_right<R, SHIFT>(whole) >> nnhw::traits<T>::width) !=
            (nnhw::shift_right<nnhw::FLOOR, SHIFT>(whole) >> nnhw::traits<T>::width))
      continue;
    const T got = nnhw::fit<O, T>(nnhw::shift_right<R, SHIFT>(whole));
    const ap_uint<nnhw::traits<T>::width> a = expected.range(), b = got;
    if (a != b && wrong++ == 0)
      std::printf("case %s: %s expected %s got %s\n", __PRETTY_FUNCTION__,
                  x.to_string(10).c_str(), a.to_string(16).c_str(), b.to_string(16).c_str());
  }
  return wrong;
}

int main() {
  int wrong = 0;
CASES
  return wrong ? 1 : 0;
}
"""


def integer(width, signed):
    return f"ap_{'' if signed else 'u'}int<{width}>"


def fixed(width, frac, signed, modes=""):
    return f"ap_{'' if signed else 'u'}fixed<{width}, {width - frac}{modes}>"


def case(sizes, rounding, overflow):
    w, f, s, w2, f2, s2 = sizes
    modes = f", {AP_ROUNDING[rounding]}, {AP_OVERFLOW[overflow]}"
    arguments = [integer(w, s), integer(w2, s2), fixed(w, f, s), fixed(w2, f2, s2, modes),
                 str(f - f2), f"nnhw::{rounding}", f"nnhw::{overflow}"]
    return f"  wrong += differing<{', '.join(arguments)} >();"


def run_program(text, folder):
    source = folder / "program.cpp"
    source.write_text(text)
    include = Path(nnhw.hls.__file__).parent / "include"
    subprocess.run([require_compiler(), "-std=c++14", "-O1", "-w", f"-I{include}", "-isystem",
                    str(find_headers()), str(source), "-o", str(folder / "program")], check=True)
    done = subprocess.run([str(folder / "program")], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("sizes", SMALL + LARGE, ids=lambda s: f"{s[0]}_to_{s[3]}")
def test_every_mode_equals_ap_fixed(sizes, tmp_path):
    cases = [case(sizes, r, o) for r, o in product(AP_ROUNDING, AP_OVERFLOW)
             if sizes[5] or o != "WRAP_SIGN"]  # ap_ufixed refuses AP_WRAP_SM at run time
    run_program(PROGRAM.replace("CASES", "\n".join(cases)), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("width", [7, 90])
def test_every_mode_equals_golden(width, tmp_path):
    """CEIL and AWAY too, which ap_fixed does not have."""
    low, high = (np.full(8, end, dtype=object) for end in (-1 << width - 1, (1 << width - 1) - 1))
    x, ops = TensorType((8,), low, high, 3), []
    for r, o, signed in product(Rounding, Overflow, (True, False)):
        to = Quantizer(FixedType(max(3, width - 5), 0, signed), r, o)
        ops.append(Requantize.between(f"q{len(ops)}", x, to))
    assert check_layers(ops, tmp_path, samples=64).equal
