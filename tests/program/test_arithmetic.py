# SPDX-License-Identifier: Apache-2.0
import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnhw.numeric import golden as numeric
from nnhw.numeric.types import FixedType, Overflow, Rounding
from nnhw.program import golden
from nnhw.program.arithmetic import dot, fit, product, shift_right, signed_digits, times
from nnhw.program.builder import Kind, Program
from tests.program.circuits import one_port

TEN_BITS = np.arange(-512, 512)


def run_on(make, x, low=None, high=None):
    """Result of ``make(program, value)`` for every element of ``x``."""
    p, (value,) = one_port("made", [(int(x.min()) if low is None else low,
                                     int(x.max()) if high is None else high)])
    result = make(p, value)
    p.output([result])
    y = golden.run(p, {"x": x.astype(object)[:, None]})[:, 0]
    assert result.low <= y.min() and y.max() <= result.high
    return y.tolist()


@pytest.mark.parametrize("rounding", Rounding)
@pytest.mark.parametrize("shift", [-2, 0, 1, 2, 3, 8, 9, 10, 11, 13])
def test_shift_right(rounding, shift):
    for x in (TEN_BITS, TEN_BITS[512:], TEN_BITS[:512], TEN_BITS[505:520], TEN_BITS[700:701]):
        got = run_on(lambda p, v: shift_right(p, v, shift, rounding), x)
        assert got == numeric.shift_right(x, shift, rounding).tolist()


@pytest.mark.parametrize("overflow", Overflow)
@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("width", range(1, 12))
def test_fit(overflow, signed, width):
    to = FixedType(width, 0, signed)
    for x in (TEN_BITS, TEN_BITS[512:], TEN_BITS[:512], TEN_BITS[505:520], TEN_BITS[490:512]):
        got = run_on(lambda p, v: fit(p, v, to, overflow), x)
        assert got == numeric.fit(x, to, overflow).tolist()


def test_an_interval_that_fits_needs_no_step():
    for overflow in Overflow:
        p, (x,) = one_port("inside", [(-7, 7)])
        assert fit(p, x, FixedType(4), overflow) is x


@given(st.integers(-10**9, 10**9))
def test_signed_digits_are_canonical(number):
    digits = signed_digits(number)
    assert sum(sign << position for position, sign in digits) == number
    positions = [position for position, _ in digits]
    assert all(b - a > 1 for a, b in pairwise(positions))
    assert all(sign in (-1, 1) for _, sign in digits)


@pytest.mark.parametrize("factor", [*range(-17, 18), 127, -128, 85, 1000, 2**20 - 1])
def test_times(factor):
    assert run_on(lambda p, v: times(p, v, factor), TEN_BITS) == (TEN_BITS * factor).tolist()


def test_times_has_no_multiplier():
    p, (x,) = one_port("product", [(-8, 7)])
    times(p, x, 45)
    assert Kind.MUL not in {step.kind for step in p.steps}


@pytest.mark.parametrize("seed", range(30))
def test_dot(seed):
    rng = random.Random(seed)
    count = rng.randint(1, 9)
    weights = [rng.choice((0, 0, 1, -1, 4, -16, rng.randint(-99, 99))) for _ in range(count)]
    bias = rng.choice((0, rng.randint(-1000, 1000)))
    lows = [rng.randint(-40, 5) for _ in range(count)]
    bounds = [(low, low + rng.randint(0, 60)) for low in lows]
    p, x = one_port("dot", bounds)
    result = dot(p, x, weights, bias)
    p.output([result])
    rows = [[rng.randint(*b) for b in bounds] for _ in range(50)]
    rows += [[(high if w > 0 else low) for w, (low, high) in zip(weights, bounds, strict=True)],
             [(low if w > 0 else high) for w, (low, high) in zip(weights, bounds, strict=True)]]
    expected = [sum(a * w for a, w in zip(row, weights, strict=True)) + bias for row in rows]
    got = golden.run(p, {"x": np.array(rows, dtype=object)})[:, 0].tolist()
    assert got == expected
    assert result.low <= min(got) and max(got) <= result.high


def test_dot_of_nothing_is_the_bias():
    p = Program("empty")
    assert dot(p, [], [], 5) == p.const(5)


@pytest.mark.parametrize("first", [(-8, 7), (0, 15), (-3, 0), (0, 1), (5, 9)])
@pytest.mark.parametrize("second", [(-4, 3), (0, 7), (-1, 1), (-8, 5), (2, 3)])
def test_products_of_additions(first, second):
    p, (a, b) = one_port("made", [first, second])
    result = product(p, a, b)
    p.output([result])
    pairs = np.array([(x, y) for x in range(first[0], first[1] + 1)
                      for y in range(second[0], second[1] + 1)])
    y = golden.run(p, {"x": pairs.astype(object)})[:, 0]
    assert y.tolist() == (pairs[:, 0] * pairs[:, 1]).tolist()
    assert (result.low, result.high) == (y.min(), y.max())
    assert all(step.kind is not Kind.MUL for step in p.steps)
