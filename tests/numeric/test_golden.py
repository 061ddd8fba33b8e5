# SPDX-License-Identifier: Apache-2.0
import random
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnhw.numeric.golden import (
    as_mantissas,
    dequantize,
    fit,
    quantize,
    requantize,
    round_float,
    shift_right,
)
from nnhw.numeric.types import FixedType, Overflow, Quantizer, Rounding
from tests.numeric.models import bring_in, round_fraction

TEN_BITS = np.arange(-512, 512, dtype=np.int64)


@pytest.mark.parametrize("rounding", Rounding)
@pytest.mark.parametrize("shift", range(-3, 13))
def test_shift_right_of_all_ten_bit_inputs(rounding, shift):
    expected = [round_fraction(Fraction(x) / Fraction(2)**shift, rounding)
                for x in TEN_BITS.tolist()]
    assert shift_right(TEN_BITS, shift, rounding).tolist() == expected
    assert shift_right(TEN_BITS.astype(object), shift, rounding).tolist() == expected


@pytest.mark.parametrize("rounding", Rounding)
@pytest.mark.parametrize("shift", [-70, -40, 40, 60, 61, 62, 63, 64, 100])
def test_shift_right_beyond_int64(rounding, shift):
    rng = random.Random(shift)
    numbers = [rng.randrange(-2**k, 2**k) for k in range(1, 130)]
    numbers += [sign * 2**k + near for k in (61, 62, 63, 64, 100) for near in (-1, 0, 1)
                for sign in (-1, 1)]
    expected = [round_fraction(Fraction(x) / Fraction(2)**shift, rounding) for x in numbers]
    assert shift_right(as_mantissas(numbers), shift, rounding).tolist() == expected


@pytest.mark.parametrize("overflow", Overflow)
@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("width", range(1, 11))
def test_fit_of_all_ten_bit_inputs(overflow, signed, width):
    to = FixedType(width, 0, signed)
    expected = [bring_in(x, to, overflow) for x in TEN_BITS.tolist()]
    assert fit(TEN_BITS, to, overflow).tolist() == expected
    assert fit(TEN_BITS.astype(object), to, overflow).tolist() == expected


@pytest.mark.parametrize("overflow", Overflow)
@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("width", [60, 61, 62, 63, 64, 65, 100])
def test_fit_of_wide_types(overflow, signed, width):
    to = FixedType(width, 0, signed)
    rng = random.Random(width)
    numbers = [rng.randrange(-2**k, 2**k) for k in range(50, 120)]
    numbers += [sign * 2**k + near for k in (width - 1, width) for near in (-1, 0, 1)
                for sign in (-1, 1)]
    for some in (numbers, [n for n in numbers if abs(n) < 2**63]):
        array = np.array(some, dtype=object if some is numbers else np.int64)
        assert fit(array, to, overflow).tolist() == [bring_in(x, to, overflow) for x in some]


def test_fit_leaves_what_is_inside_alone():
    inside = np.arange(-7, 8)
    for overflow in Overflow:
        assert fit(inside, FixedType(4), overflow) is inside


def test_requantize_rounds_before_it_looks_at_the_range():
    to = Quantizer(FixedType(4, 1), Rounding.HALF_UP, Overflow.WRAP)
    assert requantize(np.array([29, 30]), 3, to).tolist() == [7, -8]


@pytest.mark.parametrize("rounding", Rounding)
@pytest.mark.parametrize("overflow", Overflow)
def test_requantize_is_round_then_fit(rounding, overflow):
    for to in (FixedType(5, 2), FixedType(6, 7, signed=False)):
        expected = [bring_in(round_fraction(Fraction(x) * Fraction(2)**(to.frac - 5), rounding),
                             to, overflow) for x in TEN_BITS.tolist()]
        got = requantize(TEN_BITS, 5, Quantizer(to, rounding, overflow))
        assert got.tolist() == expected


FLOATS = [0.0, -0.0, 0.5, -0.5, 1.5, -1.5, 2.5, 0.49999999999999994, -0.49999999999999994,
          0.5000000000000001, -0.5000000000000001, 5e-324, -5e-324, 1e-300, -1e-300, 0.1, -0.1,
          2.0**52 + 0.5, 2.0**52 - 0.5, -(2.0**52) + 0.5, 2.0**53, 2.0**61, 2.0**62, -(2.0**62),
          2.0**63 + 2.0**11, 1e30, -1e30, 1e308, -1e308, 7.75, -8.25, 127.4999, -128.5]
TYPES = [FixedType(8), FixedType(8, 3), FixedType(8, -3), FixedType(8, 3, signed=False),
         FixedType(3, -60), FixedType(80, 20), FixedType(64, 0, signed=False), FixedType(8, 1100),
         FixedType(8, -1100), FixedType(1024, 0), FixedType(61), FixedType(62), FixedType(63)]


@pytest.mark.parametrize("rounding", Rounding)
@pytest.mark.parametrize("overflow", Overflow)
def test_quantize_is_exact(rounding, overflow):
    rng = random.Random(7)
    floats = FLOATS + [rng.uniform(-20, 20) for _ in range(50)]
    floats += [k / 16 for k in range(-300, 300)]
    for to in TYPES:
        expected = [bring_in(round_fraction(Fraction(x) * Fraction(2)**to.frac, rounding), to,
                             overflow) for x in floats]
        got = quantize(np.array(floats), Quantizer(to, rounding, overflow))
        assert got.tolist() == expected, to


@pytest.mark.parametrize("width", [8, 70])
def test_infinities_saturate_or_wrap_to_zero(width):
    to = FixedType(width)
    ends = {Overflow.SATURATE: [to.min, to.max], Overflow.SATURATE_SYMMETRIC: [-to.max, to.max]}
    for overflow in Overflow:
        got = quantize([-np.inf, np.inf], Quantizer(to, Rounding.HALF_EVEN, overflow))
        assert got.tolist() == ends.get(overflow, [0, 0])


def test_quantize_keeps_the_shape():
    to = Quantizer(FixedType(8, 2))
    assert quantize(1.25, to).shape == () and int(quantize(1.25, to)) == 5
    assert quantize(np.ones((2, 3, 1)), to).tolist() == np.full((2, 3, 1), 4).tolist()
    assert quantize(np.zeros((0, 4)), to).shape == (0, 4)
    assert quantize(np.full((2, 2), 1e30), to).tolist() == [[127, 127]] * 2
    exact = Fraction(float(np.float32(0.3))) * 2**30
    assert quantize(np.float32(0.3), Quantizer(FixedType(40, 30))).tolist() == exact


@given(st.floats(-1e6, 1e6), st.sampled_from(Rounding), st.integers(-30, 60))
def test_round_float_equals_fractions(x, rounding, frac):
    scaled = np.ldexp(x, frac)
    assert int(round_float(scaled, rounding)) == round_fraction(Fraction(float(scaled)), rounding)


def test_dequantize_is_exact_and_takes_many_binary_points():
    assert dequantize(np.array([3, -5]), 2).tolist() == [0.75, -1.25]
    assert dequantize(np.array([3, -5]), [0, -3]).tolist() == [3.0, -40.0]
    assert dequantize(np.array([2**70], dtype=object), 70).tolist() == [1.0]


@pytest.mark.parametrize("numbers", [
    [2**62 - 1, -(2**62) + 1], [2**62], [-(2**62)], [2**63], [2**64], [2**63, -1], [-(2**90), 3],
    [[1, 2**70], [3, 4]], 2**63, 2**64 - 1, -(2**63), []])
def test_as_mantissas_loses_nothing(numbers):
    got = as_mantissas(numbers)
    assert got.tolist() == numbers
    if not isinstance(numbers, int):
        flat = np.array(numbers, dtype=object).ravel().tolist()
        assert (got.dtype == object) == any(abs(n) >= 2**62 for n in flat)


def test_as_mantissas_takes_every_integer_type():
    assert as_mantissas(np.array([2**64 - 1], dtype=np.uint64)).tolist() == [2**64 - 1]
    assert as_mantissas(np.array([255], dtype=np.uint8)).dtype == np.int64
    assert as_mantissas(np.array([5, -5], dtype=object)).dtype == np.int64
    array = np.arange(3)
    assert as_mantissas(array) is array
