# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnhw.errors import ConfigError
from nnhw.numeric.types import FixedType, Overflow, Quantizer, Rounding, parse_type


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("width", [1, 2, 8, 63, 64, 65])
def test_range_is_that_of_twos_complement(width, signed):
    to = FixedType(width, 3, signed)
    codes = [sum(1 << k for k in range(width) if (k < width - 1 or not signed)),
             -(2**(width - 1)) if signed else 0]
    assert [to.max, to.min] == codes
    assert to.integer == width - 3


@given(st.integers(-2**70, 2**70), st.integers(0, 2**70))
def test_containing_is_the_narrowest(low, more):
    high = low + more
    to = FixedType.containing(low, high, 5)
    assert to.min <= low and high <= to.max and to.frac == 5
    assert to.signed == (low < 0)
    if to.width > 1:
        less = FixedType(to.width - 1, 5, to.signed)
        assert low < less.min or high > less.max


def test_containing_of_small_intervals():
    widths = {(low, high): FixedType.containing(low, high).width
              for low in range(-9, 9) for high in range(low, 9)}
    for (low, high), width in widths.items():
        fits = [w for w in range(1, 8) if FixedType(w, 0, low < 0).min <= low
                and high <= FixedType(w, 0, low < 0).max]
        assert width == min(fits), (low, high)


ROUNDINGS = {"TRN": Rounding.FLOOR, "TRN_ZERO": Rounding.ZERO, "RND": Rounding.HALF_UP,
             "RND_MIN_INF": Rounding.HALF_DOWN, "RND_CONV": Rounding.HALF_EVEN,
             "RND_INF": Rounding.HALF_AWAY, "RND_ZERO": Rounding.HALF_ZERO}
OVERFLOWS = {"WRAP": Overflow.WRAP, "WRAP_SM": Overflow.WRAP_SIGN, "SAT": Overflow.SATURATE,
             "SAT_ZERO": Overflow.SATURATE_ZERO, "SAT_SYM": Overflow.SATURATE_SYMMETRIC}


@pytest.mark.parametrize("prefix", ["", "AP_", "AC_", "ap_"])
def test_parse_type_knows_every_mode(prefix):
    for rounding, r in ROUNDINGS.items():
        for overflow, o in OVERFLOWS.items():
            text = f"ap_fixed<7, 3, {prefix}{rounding}, {prefix}{overflow}>"
            assert parse_type(text) == Quantizer(FixedType(7, 4), r, o)


@pytest.mark.parametrize(("text", "type_"), [
    ("fixed<16,6>", FixedType(16, 10)), ("ufixed<8,0>", FixedType(8, 8, signed=False)),
    ("ac_fixed<8,-2>", FixedType(8, 10)), ("ap_ufixed<4,9>", FixedType(4, -5, signed=False)),
    ("int<8>", FixedType(8)), ("uint<1>", FixedType(1, 0, signed=False)),
    ("ap_uint<3>", FixedType(3, 0, signed=False)), ("  Fixed < 6 , 6 > ", FixedType(6)),
    ("fixed<1024,3>", FixedType(1024, 1021))])
def test_parse_type(text, type_):
    assert parse_type(text) == Quantizer(type_, Rounding.HALF_EVEN, Overflow.SATURATE)


def test_one_mode_is_the_rounding():
    assert parse_type("int<4,TRN>") == Quantizer(FixedType(4), Rounding.FLOOR, Overflow.SATURATE)


@given(st.integers(1, 40), st.integers(-20, 40), st.booleans())
def test_a_type_prints_as_it_is_read(width, frac, signed):
    to = FixedType(width, frac, signed)
    assert parse_type(str(to)).type == to


@pytest.mark.parametrize(("text", "message"), [
    ("float", "precision 'float' is not understood; write for instance 'fixed<16,6>', "
              "'ufixed<8,0,RND,SAT>' or 'int<8>'"),
    ("fixed<16,6", "precision 'fixed<16,6' is not understood; write for instance 'fixed<16,6>', "
                   "'ufixed<8,0,RND,SAT>' or 'int<8>'"),
    ("fixed<16>", "precision 'fixed<16>' must have 2 whole numbers, then at most a rounding and "
                  "an overflow mode"),
    ("fixed<16,six>", "precision 'fixed<16,six>' must have 2 whole numbers, then at most a "
                      "rounding and an overflow mode"),
    ("int<>", "precision 'int<>' must have 1 whole number, then at most a rounding and an "
              "overflow mode"),
    ("fixed<8,4,RND,SAT,0>", "precision 'fixed<8,4,RND,SAT,0>' must have 2 whole numbers, then "
                             "at most a rounding and an overflow mode"),
    ("fixed<0,0>", "precision 'fixed<0,0>': width must be 1 to 1024 bits, not 0"),
    ("int<1025>", "precision 'int<1025>': width must be 1 to 1024 bits, not 1025"),
    ("fixed<8,4,RNDD>", "precision 'fixed<8,4,RNDD>': rounding mode RNDD is unknown; "
                        "did you mean RND?"),
    ("fixed<8,4,RND,CLIP>", "precision 'fixed<8,4,RND,CLIP>': overflow mode CLIP is unknown; "
                            "known are SAT, SAT_SYM, SAT_ZERO, WRAP, WRAP_SM")])
def test_parse_type_says_what_is_wrong(text, message):
    with pytest.raises(ConfigError) as caught:
        parse_type(text)
    assert str(caught.value) == message


def test_a_type_has_a_width():
    with pytest.raises(AssertionError):
        FixedType(0)


@pytest.mark.parametrize("name", ["ROUND", "HALF_EVEN", "CEIL", "FLOOR", "UP", "DOWN", "HALF_UP",
                                  "HALF_DOWN"])
def test_qonnx_rounding_names(name):
    quant = pytest.importorskip("qonnx.custom_op.general.quant")
    from nnhw.frontends.quant_spec import _ROUNDING
    from nnhw.numeric.golden import round_float

    values = np.arange(-64, 65) / 8
    expected = quant.resolve_rounding_mode(name)(values)
    assert round_float(values, _ROUNDING[name]).tolist() == expected.astype(np.int64).tolist()


def test_no_qonnx_rounding_name_is_left_out():
    from nnhw.frontends.quant_spec import _ROUNDING

    assert len(_ROUNDING) == 8
