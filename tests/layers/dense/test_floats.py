# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.layers.dense.floats import floats
from nnhw.layers.dense.op import Dense
from tests.layers.support import draw, golden_of, tensor


@pytest.mark.parametrize("fan_out", [1, 5, 3000])
def test_equal_golden_whatever_the_size_of_pieces(fan_out):
    rng = np.random.default_rng(fan_out)
    op = Dense("d", tensor((2, 7), -100, 99), rng.integers(-50, 50, (fan_out, 7)),
               rng.integers(-1000, 1000, fan_out))
    inputs = draw(op.x, 40)
    y = floats(op, np.float32)(inputs.astype(np.float32), None)
    assert y.shape == (40, 2, fan_out) and (y == golden_of(op, inputs)).all()


@pytest.mark.parametrize(("kind", "bits"), [(np.float32, 24), (np.float64, 53)])
def test_refused_as_soon_as_a_partial_sum_could_round(kind, bits):
    top = (1 << bits) // 8 - 1
    for bias, exact in ((8, True), (9, False), (-9, False)):
        op = Dense("d", tensor((2,), -top, top), np.array([[7, -1]]), np.array([bias]))
        run = floats(op, kind)
        assert (run is not None) == exact
        if run:
            inputs = np.array([[top, -top], [-top, top]])
            assert run(inputs.astype(kind), None).tolist() == golden_of(op, inputs).tolist()


def test_weights_beyond_int64_are_refused():
    op = Dense("d", tensor((2,), -1, 1), np.array([[1 << 80, 1]], dtype=object), np.array([0]))
    assert floats(op, np.float64) is None


def test_the_interval_of_each_element_counts():
    top = 1 << 22
    x = tensor((2,), [-top, -1], [top, 1])
    assert floats(Dense("d", x, np.array([[3, 1 << 22]]), np.array([0])), np.float32) is not None
    assert floats(Dense("d", x, np.array([[1 << 22, 3]]), np.array([0])), np.float32) is None
