# SPDX-License-Identifier: Apache-2.0
"""Constants of each channel, or of each element, in beats narrower than what they belong to."""

import numpy as np
import pytest

from nnhw.layers.lookup.op import Lookup
from nnhw.layers.reduce.op import Reduce
from nnhw.layers.relu.op import Relu
from nnhw.layers.requantize.op import Requantize
from nnhw.layers.threshold.op import Threshold
from nnhw.numeric.types import FixedType, Quantizer, Rounding
from nnhw.sim.pysim import gaps
from tests.layers.support import (
    assert_interval,
    check_kernel,
    check_stage,
    check_timing,
    draw,
    every_input,
    golden_of,
    tensor,
)

RNG = np.random.default_rng(0)
X = tensor((2, 3, 4), -50, 50)
TO = Quantizer(FixedType(6), Rounding.HALF_UP)
#: Constants of fewer and fewer elements.
SHAPES = [(2, 3, 4), (2, 3, 1), (2, 1, 4), (1, 3, 1), (2, 1, 1), (3, 4), (3, 1), (4,), ()]


def requantize(shape, x=X):
    return Requantize("q", x, TO, 4, RNG.integers(-9, 9, shape), RNG.integers(-99, 99, shape))


@pytest.mark.parametrize("shape", SHAPES)
def test_requantize_of_python_integers(shape):
    op = requantize(shape)
    x = draw(X, 20)
    factors, terms = (np.broadcast_to(v, X.shape) for v in (op.multiplier, op.offset))
    y = golden_of(op, x)
    for (frame, *at), value in np.ndenumerate(x):
        exact = int(value) * int(factors[*at]) + int(terms[*at])
        assert y[frame, *at] == min(max((exact + 8) >> 4, -32), 31)


@pytest.mark.parametrize("shape", [(2, 2), (2, 1), (1, 2), (2,)])
def test_requantize_interval(shape):
    x = tensor((2, 2), [[-4, 0], [1, -3]], [[5, 3], [2, -1]])
    assert_interval(requantize(shape, x), every_input(x))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("lanes", [1, 2, 3, 4, 5, 8, 9, 24])
def test_requantize(shape, lanes):
    check_kernel(requantize(shape), [draw(X, 10)], lanes)


@pytest.mark.parametrize("shape", [(2, 3, 4), (3, 1), (4,)])
@pytest.mark.parametrize("lanes", [2, 5])
def test_requantize_stage(shape, lanes):
    op = requantize(shape)
    check_stage(op, [draw(X, 4)], lanes)
    check_timing(op, lanes)


LAYERS = {
    "relu": Relu("relu", X, RNG.integers(-9, 9, 4), 2),
    "threshold": Threshold("threshold", X, np.sort(RNG.integers(-50, 50, (4, 3))),
                           np.array([True, False, False, True]), -1, 2),
    "lookup": Lookup("lookup", X, RNG.integers(-9, 9, (4, 8)), -20, 3),
    "large lookup": Lookup("lookup", X, RNG.integers(-99, 99, (4, 101)), -50),
    "requantize": requantize((4,)),
}


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("lanes", [1, 2, 3, 5, 6, 8])
def test_one_layer(layer, lanes):
    check_kernel(LAYERS[layer], [draw(X, 20)], lanes)


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("lanes", [1, 3])
def test_one_stage(layer, lanes):
    check_stage(LAYERS[layer], [draw(X, 4)], lanes)
    check_timing(LAYERS[layer], lanes)


@pytest.mark.parametrize("lanes", [2, 4, 6, 12])
def test_layers_of_unlike_periods_in_one_stage(lanes):
    """A beat's number counts up to a common multiple, or over the whole frame."""
    head = Reduce("sum", tensor((3, 4, 2), -8, 7))
    relu = Relu("relu", head.y, RNG.integers(-9, 9, 4), 1)
    scale = requantize((3, 1), relu.y)
    table = Lookup("table", scale.y, RNG.integers(-9, 9, (4, 16)), -32, 2)
    check_stage(head, [draw(head.x, 5)], lanes, ops=(relu, scale, table), stalls=[(gaps, gaps)])
    check_timing(head, lanes, ops=(relu, scale, table))
