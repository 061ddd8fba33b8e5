# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.layers.requantize.op import Requantize
from nnhw.numeric.types import FixedType, Overflow, Quantizer, Rounding
from tests.layers.support import assert_interval, every_input, tensor

SATURATING = (Overflow.SATURATE, Overflow.SATURATE_SYMMETRIC)


@pytest.mark.parametrize("overflow", Overflow)
@pytest.mark.parametrize("rounding", Rounding)
def test_interval_is_sound_and_where_it_saturates_tight(overflow, rounding):
    for low, high in (([-20, 0, 3], [19, 30, 3]), ([-7, -4, 0], [-2, 0, 1])):
        x = tensor((3,), low, high)
        for to in (FixedType(3), FixedType(4, 0, False), FixedType(12)):
            for multiplier, offset, shift in ((1, 0, 2), ([3, -2, 0], [1, -5, 9], 1), (1, 0, -1)):
                op = Requantize("q", x, Quantizer(to, rounding, overflow), shift,
                                np.array(multiplier), np.array(offset))
                assert_interval(op, every_input(x), tight=overflow in SATURATING)


def test_limits():
    x = tensor((1,), -100, 100)
    op = Requantize("q", x, Quantizer(FixedType(5)), low=0, high=9)
    assert op.limits == (0, 9) and op.y.bounds == (0, 9)
    assert_interval(op, every_input(x))
    symmetric = Quantizer(FixedType(5), overflow=Overflow.SATURATE_SYMMETRIC)
    assert Requantize("q", x, symmetric).limits == (-15, 15)
    assert Requantize("q", x, symmetric, low=-99, high=99).limits == (-15, 15)


def test_identity():
    x = tensor((2,), [-8, 0], [3, 7])
    to = Quantizer(FixedType(4))
    assert Requantize("q", x, to).is_identity
    assert not Requantize("q", x, to, shift=1).is_identity
    assert not Requantize("q", x, to, multiplier=np.array([1, 2])).is_identity
    assert not Requantize("q", x, to, offset=1).is_identity
    assert not Requantize("q", x, to, low=0).is_identity
    assert not Requantize("q", x, Quantizer(FixedType(3))).is_identity
    narrow = Quantizer(FixedType(4), overflow=Overflow.SATURATE_SYMMETRIC)
    assert not Requantize("q", x, narrow).is_identity


def test_between_aligns_the_binary_points():
    x = tensor((1,), 0, 63, 5)
    op = Requantize.between("q", x, Quantizer(FixedType(4, 2, False)))
    assert (op.shift, op.y.frac) == (3, 2)
