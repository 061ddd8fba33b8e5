# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.ir.types import TensorType
from nnhw.numeric.types import FixedType


def test_of_gives_every_element_the_whole_type():
    for element in (FixedType(5, 2), FixedType(64, 0, signed=False), FixedType(70, 3)):
        x = TensorType.of((2, 3), element)
        assert x.bounds == (element.min, element.max)
        assert (x.size, x.element, x.is_uniform) == (6, element, True)
        low, high = x.flat_bounds()
        assert low.tolist() == [element.min] * 6 and high.tolist() == [element.max] * 6


def test_bounds_and_binary_points_broadcast():
    x = TensorType((2, 2), np.array([-1, -7]), np.array([[3], [9]]), np.array([1, 4]))
    low, high = x.flat_bounds()
    assert low.tolist() == [-1, -7, -1, -7]
    assert high.tolist() == [3, 3, 9, 9]
    assert x.bounds == (-7, 9)
    assert not x.is_uniform
    assert x.element == FixedType(5, 4)


def test_equal_binary_points_are_one():
    assert TensorType((3,), 0, 1, np.array([2, 2, 2])).frac == 2


def test_reshaped_keeps_the_order():
    x = TensorType((2, 3), np.array([-1, -2, -3]), 5, np.array([1, 2, 3])).reshaped((3, 2))
    assert x.shape == (3, 2)
    assert x.flat_bounds()[0].tolist() == [-1, -2, -3, -1, -2, -3]
    assert np.asarray(x.frac).tolist() == [[1, 2], [3, 1], [2, 3]]
    assert x.bounds == (-3, 5)


def test_scalar():
    x = TensorType((), -2, 1)
    assert (x.size, str(x)) == (1, "fixed<2,2>[scalar]")


def test_text():
    assert str(TensorType.of((2, 5), FixedType(8, 3))) == "fixed<8,5>[2x5]"


def test_an_empty_interval_is_a_mistake():
    with pytest.raises(AssertionError):
        TensorType((2,), np.array([0, 3]), np.array([1, 2]))
