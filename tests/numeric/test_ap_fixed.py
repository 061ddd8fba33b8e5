# SPDX-License-Identifier: Apache-2.0
"""Our arithmetic against the real ``ap_fixed``, compiled from the headers that da4ml brings."""

import shutil
import subprocess
from importlib import util
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from nnhw.numeric.golden import requantize
from nnhw.numeric.types import FixedType, Overflow, Quantizer, parse_type

ROUNDINGS = ("TRN", "TRN_ZERO", "RND", "RND_MIN_INF", "RND_CONV", "RND_INF", "RND_ZERO")
OVERFLOWS = ("WRAP", "WRAP_SM", "SAT", "SAT_ZERO", "SAT_SYM")
#: Source: ten bits, three of them fractional.
SOURCES = (FixedType(10, 3), FixedType(10, 3, signed=False))
ALL_CASES = [
    *product(SOURCES, (FixedType(5, 0), FixedType(5, 0, signed=False)), ROUNDINGS, OVERFLOWS),
    *product(SOURCES, (FixedType(12, 3 - shift) for shift in (-2, 1, 2, 9, 10)), ROUNDINGS,
             ("WRAP",)),
    *product(SOURCES, (FixedType(w, 3, s) for w in (2, 6, 9, 10) for s in (True, False)),
             ("TRN",), OVERFLOWS)]
#: ap_ufixed refuses WRAP_SM at run time.
CASES = [case for case in ALL_CASES if case[1].signed or case[3] != "WRAP_SM"]

PROGRAM = """
#include <cstdio>
#include <ap_fixed.h>
template <class From, class To, bool sign, int width> void run() {
    for (int code = 0; code < 1024; code++) {
        From x; x.range(9, 0) = code;
        To y = x;
        long bits = (long)y.range(width - 1, 0).to_uint64();
        if (sign && (bits >> (width - 1))) bits -= 1L << width;
        std::printf("%%ld ", bits);
    }
    std::printf("\\n");
}
int main() {
%s}
"""


def cpp(type_, modes=""):
    sign = "" if type_.signed else "u"
    return f"ap_{sign}fixed<{type_.width}, {type_.integer}{modes}>"


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    compiler, package = shutil.which("g++"), util.find_spec("da4ml")
    if compiler is None or package is None:
        pytest.skip("g++ and da4ml (for ap_fixed.h) are needed")
    headers = Path(package.origin).parent / "codegen/hls/source/ap_types/include"
    folder = tmp_path_factory.mktemp("ap_fixed")
    calls = "".join(
        f"    run<{cpp(source)}, {cpp(to, f', AP_{rounding}, AP_{overflow}')}, "
        f"{str(to.signed).lower()}, {to.width}>();\n"
        for source, to, rounding, overflow in CASES)
    (folder / "main.cpp").write_text(PROGRAM % calls)
    subprocess.run([compiler, "-std=c++17", "-O0", "-w", f"-I{headers}", "main.cpp", "-o", "main"],
                   cwd=folder, check=True)
    done = subprocess.run([folder / "main"], check=True, capture_output=True, text=True)
    return [[int(word) for word in line.split()] for line in done.stdout.splitlines()]


@pytest.mark.slow
def test_every_mode_equals_ap_fixed(results):
    assert len(results) == len(CASES)
    for (source, to, rounding, overflow), got in zip(CASES, results, strict=True):
        x = np.arange(1024)
        x = np.where((x >= 512) & source.signed, x - 1024, x)
        quantizer = parse_type(f"int<{to.width},{rounding},{overflow}>")
        quantizer = Quantizer(to, quantizer.rounding, quantizer.overflow)
        expected = requantize(x, source.frac, quantizer)
        compared = np.ones(1024, dtype=bool)
        if quantizer.overflow is Overflow.WRAP_SIGN:
            # ap_fixed takes the lost bit from before rounding; see golden._wrap_sign.
            lost = to.width + source.frac - to.frac
            rounded = requantize(x, source.frac, Quantizer(FixedType(30, to.frac),
                                                           quantizer.rounding))
            compared = ((x >> lost) & 1) == ((rounded >> to.width) & 1)
            assert compared.sum() > 900
        assert np.array_equal(expected[compared], np.array(got)[compared]), (
            source, to, rounding, overflow)
