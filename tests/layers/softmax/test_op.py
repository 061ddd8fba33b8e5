# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.layers.softmax.op import Softmax
from nnhw.numeric.types import FixedType
from tests.layers.support import draw, every_input, golden_of, tensor


def real(op, x, scale=1.0):
    """Softmax in float64."""
    v = x * scale * 2.0**-op.x.frac
    e = np.exp(v - v.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def worst(op, x, scale=1.0):
    return float(np.abs(golden_of(op, x) * 2.0**-op.frac - real(op, x, scale)).max())


@pytest.mark.parametrize("frac", [1, 4, 8, 15])
@pytest.mark.parametrize("table_size", [2, 4, 16, 2048])
@pytest.mark.parametrize("x_frac", [0, 2, 5])
@pytest.mark.parametrize("interpolated", [False, True])
def test_error_bound_holds_for_every_input(frac, table_size, x_frac, interpolated):
    for classes, bits in ((2, 6), (3, 4), (4, 3), (1, 4)):
        element = FixedType(bits, x_frac)
        op = Softmax.design("s", tensor((classes,), element.min, element.max, x_frac), frac,
                            table_size, interpolated=interpolated)
        assert worst(op, every_input(op.x)) <= op.error_bound
        assert max(len(op.exp_table), len(op.recip_table)) <= table_size


@pytest.mark.parametrize("scale", [0.013, 0.7, 3.3])
def test_error_bound_holds_with_a_scale(scale):
    op = Softmax.design("s", tensor((3,), -16, 15, 2), 10, 256, scale=scale)
    assert worst(op, every_input(op.x), scale) <= op.error_bound


@pytest.mark.parametrize("classes", [5, 10, 100])
@pytest.mark.parametrize(("width", "x_frac"), [(8, 3), (16, 10), (16, 6), (24, 12)])
@pytest.mark.parametrize("table_size", [64, 1024])
@pytest.mark.parametrize("interpolated", [False, True])
def test_error_bound_holds_at_random_and_in_hard_cases(classes, width, x_frac, table_size,
                                                       interpolated):
    element = FixedType(width, x_frac)
    op = Softmax.design("s", tensor((classes,), element.min, element.max, x_frac), 15, table_size,
                        interpolated=interpolated)
    rng = np.random.default_rng(classes)
    one = 1 << x_frac
    near = rng.integers(-2 * one, 2 * one + 1, (300, classes))
    ramps = (np.arange(classes) * rng.integers(0, one + 1, (100, 1))) % element.max
    equal = np.zeros((1, classes), dtype=int)
    alone = np.where(np.arange(classes) == 0, element.max, element.min)[None]
    inputs = np.concatenate([near, ramps, equal, alone, draw(op.x, 200)])
    inputs = np.clip(inputs, element.min, element.max)
    assert worst(op, inputs) <= op.error_bound


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_sums_are_one_within_the_bound_of_each(classes):
    op = Softmax.design("s", tensor((classes,), -64, 63, 4), 12)
    sums = golden_of(op, draw(op.x, 500)).sum(axis=-1) * 2.0**-12
    assert np.abs(sums - 1).max() <= classes * op.error_bound


def test_interpolation_is_worth_a_table_of_the_size_squared():
    x = tensor((10,), -128, 127, 3)
    inputs = draw(x, 3000)
    plain, fine, squared = (Softmax.design("s", x, 22, size, interpolated=interpolated)
                            for size, interpolated in ((256, False), (256, True), (65536, False)))
    assert worst(plain, inputs) > 64 * worst(fine, inputs)
    assert worst(fine, inputs) < worst(squared, inputs)


@pytest.mark.parametrize("table_size", [4, 64, 2048])
@pytest.mark.parametrize("interpolated", [False, True])
def test_a_larger_operand_never_gets_a_smaller_result(table_size, interpolated):
    op = Softmax.design("s", tensor((3,), -8, 7, 1), 6, table_size, interpolated=interpolated)
    x = every_input(op.x)
    y = golden_of(op, x)
    order = np.argsort(x, axis=-1, kind="stable")
    assert (np.diff(np.take_along_axis(y, order, axis=-1), axis=-1) >= 0).all()


def test_results_are_from_zero_to_one():
    op = Softmax.design("s", tensor((3,), -32, 31, 1), 5)
    y = golden_of(op, every_input(op.x))
    assert op.y.bounds == (0, 32) and op.y.frac == 5
    assert (y.min(), y.max()) == (0, 32)


@pytest.mark.parametrize("table_size", [4, 16, 2048])
def test_tables_descend(table_size):
    op = Softmax.design("s", tensor((5,), -500, 500, 6), 15, table_size)
    assert (np.diff(op.exp_table) <= 0).all()
    assert (np.diff(op.recip_table) <= 0).all()
    assert op.one == 1 << 17
