# SPDX-License-Identifier: Apache-2.0
"""Coefficients that may change: the types they get, and intervals that hold for all of them."""

from itertools import product

import numpy as np
import pytest

from nnhw.layers.dense.design import any_sum, fits, writable_types
from nnhw.layers.dense.op import Dense
from nnhw.layers.grouped.op import Grouped
from nnhw.numeric.types import FixedType
from tests.layers.support import every_input, golden_of, tensor

TYPES = (FixedType(3), FixedType(4))


def reached(make, shape, x):
    """Smallest and largest result of each element over all weights, extreme biases and inputs."""
    low = high = None
    for numbers in product(range(-4, 4), repeat=int(np.prod(shape))):
        for bias in (-8, 7):
            y = golden_of(make(np.array(numbers).reshape(shape), bias), every_input(x))
            low = y.min(axis=0) if low is None else np.minimum(low, y.min(axis=0))
            high = y.max(axis=0) if high is None else np.maximum(high, y.max(axis=0))
    return low, high


@pytest.mark.parametrize(("low", "high"), [(-2, 1), ([-1, 2], [1, 3]), ([-3, 0], [-1, 0])])
def test_interval_of_a_dense_is_sound_and_tight(low, high):
    x = tensor((2,), low, high)

    def make(weight, bias):
        return Dense("d", x, weight, np.array([bias]), writable=TYPES)

    op = make(np.zeros((1, 2), int), 0)
    assert [b.tolist() for b in op.y.flat_bounds()] == [
        b.tolist() for b in reached(make, (1, 2), x)]


def test_interval_of_a_grouped_is_sound_and_tight():
    x = tensor((2, 1), [[-2], [1]], [[1], [3]])

    def make(weight, bias):
        return Grouped("g", x, weight, np.full((2, 1), bias), writable=TYPES)

    op = make(np.zeros((2, 1, 1), int), 0)
    assert [b.tolist() for b in op.y.flat_bounds()] == [
        b.ravel().tolist() for b in reached(make, (2, 1, 1), x)]


def test_all_rows_have_one_interval():
    op = Dense("d", tensor((3, 2), -1, 1), np.zeros((5, 2), int), np.zeros(5, int), writable=TYPES)
    assert op.y.shape == (3, 5)
    assert op.y.bounds == (-2 * 4 - 8, 2 * 4 + 7)


def test_coefficients_must_be_of_their_types():
    for weight, bias in (([[4]], [0]), ([[0]], [8])):
        with pytest.raises(AssertionError):
            Dense("d", tensor((1,), 0, 1), np.array(weight), np.array(bias), writable=TYPES)


def test_types_are_those_declared():
    x = tensor((2,), -8, 7)
    weight, bias = np.array([[1, -1]]), np.array([0])
    assert writable_types(x, weight, bias, (-16, 15)) == (FixedType(5), FixedType(10))
    assert writable_types(x, weight, bias, (0, 16)) == (FixedType(6), FixedType(11))
    assert writable_types(x, weight, np.array([1900]), (-16, 15))[1] == FixedType(12)


def test_types_without_a_declared_one_are_the_narrowest():
    x = tensor((2,), 0, 3)
    assert writable_types(x, np.array([[5, -9]]), np.array([0]))[0] == FixedType(5)
    weight, bias = writable_types(x, np.array([[5, 2]]), np.array([0]))
    assert (weight, bias) == (FixedType(3, 0, False), FixedType(6, 0, False))


def test_sums_beyond_int64():
    x = np.array([-2**61, 2**61], dtype=object)
    low, high = any_sum(x, x, FixedType(20))
    assert (low[0], high[0]) == (-2**80 - 2**80 + 2**61, 2**80 + 2**80 - 2**61)
    assert fits(FixedType(3), np.array([-4, 3])) and not fits(FixedType(3), np.array([4]))
