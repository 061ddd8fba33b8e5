# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.layers.requantize.floats import floats
from nnhw.layers.requantize.op import Requantize
from nnhw.numeric.types import FixedType, Overflow, Quantizer, Rounding
from tests.layers.support import draw, golden_of, tensor

#: Multiplier, offset and shift.
SCALES = [(1, 0, 3), (1, 0, 0), (1, 0, -2), (3, 5, 4), (np.array([4, -5]), np.array([7, 0]), 4),
          (np.array([1, 64]), 0, 5), (0, 3, 1), (1, np.array([7, 0]), 2)]


@pytest.mark.parametrize("rounding", Rounding)
@pytest.mark.parametrize("overflow", Overflow)
def test_equal_golden_on_every_input(rounding, overflow):
    made = 0
    inputs = np.repeat(np.arange(-400, 401)[:, None], 2, axis=1)
    for to in (FixedType(5), FixedType(6, 2, False), FixedType(14)):
        for multiplier, offset, shift in SCALES:
            op = Requantize("q", tensor((2,), -400, 400), Quantizer(to, rounding, overflow), shift,
                            multiplier, offset)
            for kind in (np.float32, np.float64):
                run = floats(op, kind)
                if run:
                    made += 1
                    x = inputs.astype(kind)
                    y = run(x, None)
                    assert y.dtype == kind and (x == inputs).all()
                    assert y.astype(np.int64).tolist() == golden_of(op, inputs).tolist()
                    assert run(x, x) is x or overflow is Overflow.WRAP
    usual = overflow in (Overflow.WRAP, Overflow.SATURATE, Overflow.SATURATE_SYMMETRIC)
    ties = rounding not in (Rounding.AWAY, Rounding.HALF_AWAY, Rounding.HALF_ZERO)
    assert made == (6 * len(SCALES) if usual and ties else 0)


@pytest.mark.parametrize(("kind", "bits"), [(np.float32, 24), (np.float64, 53)])
@pytest.mark.parametrize("rounding", [Rounding.FLOOR, Rounding.HALF_UP, Rounding.HALF_EVEN])
def test_exact_up_to_the_last_bit_or_not_at_all(kind, bits, rounding):
    for multiplier in (1, 3, 64):
        peak, near, shift = (1 << bits) // multiplier, [], 7
        for top in range(peak - 70, peak + 3):
            x = tensor((1,), -top, top)
            op = Requantize("q", x, Quantizer(FixedType(bits), rounding), shift, multiplier)
            run = floats(op, kind)
            near.append(run is not None)
            if run:
                inputs = np.array([[top], [-top], [top - 1], [1 - top], [63 - top], [top - 64]])
                assert run(inputs.astype(kind), None).tolist() == golden_of(op, inputs).tolist()
        assert near[0] or rounding is Rounding.HALF_UP
        assert not near[-1] or multiplier == 64


def test_limits_narrower_than_the_type():
    op = Requantize("q", tensor((1,), -300, 300), Quantizer(FixedType(8)), 1, low=-3, high=100)
    inputs = np.arange(-300, 301)[:, None]
    run = floats(op, np.float32)
    assert run(inputs.astype(np.float32), None).tolist() == golden_of(op, inputs).tolist()


def test_scales_that_no_float32_holds_are_refused():
    x = tensor((1,), -3, 3)
    for shift, multiplier in ((-90, 1), (90, 1), (0, 1 << 70)):
        assert floats(Requantize("q", x, Quantizer(FixedType(99)), shift, multiplier),
                      np.float64) is None


@pytest.mark.parametrize(("multiplier", "offset"), [
    (1, np.arange(12).reshape(2, 2, 3)), (np.array([[[1, 2, -5]]]), np.arange(3)),
    (np.arange(12).reshape(2, 2, 3), 0)])
def test_constants_broadcast_to_the_whole_tensor(multiplier, offset):
    x = tensor((2, 2, 3), -50, 60)
    op = Requantize("q", x, Quantizer(FixedType(7)), 1, multiplier, offset)
    inputs = draw(x, 30)
    y = floats(op, np.float32)(inputs.astype(np.float32), None)
    assert y.tolist() == golden_of(op, inputs).tolist()
