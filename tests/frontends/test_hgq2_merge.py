# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.errors import UnsupportedError
from nnhw.frontends.hgq2_layer import Hgq2Layer
from tests.frontends.hgq2_networks import Quantizers, layer, merged, results


def quantizers(*shapes, seed=0, **modes):
    q = Quantizers(seed, **modes)
    for number, shape in enumerate(shapes):
        q.add(f"iq{number}", shape)
    return q


def several(kind, *shapes, seed=0, **config):
    """Quantized operands of a layer, and its result."""
    q = quantizers(*shapes, seed=seed)
    x, y = merged(layer(kind, q, **config), *shapes)
    return [q(f"iq{n}", each) for n, each in enumerate(x)], y


@pytest.mark.parametrize("overflow", ["WRAP", "SAT"])
def test_sums(overflow):
    q = quantizers((4, 3), (4, 3), overflow=overflow)
    (a, b), y = merged(layer("QAdd", q), (4, 3), (4, 3))
    assert np.array_equal(y, q("iq0", a) + q("iq1", b))


@pytest.mark.parametrize(("kind", "function"), [
    ("QAdd", lambda a, b, c: a + b + c), ("QMultiply", lambda a, b, c: a * b * c),
    ("QMaximum", lambda a, b, c: np.maximum(np.maximum(a, b), c)),
    ("QMinimum", lambda a, b, c: np.minimum(np.minimum(a, b), c)),
    ("QAveragePow2", lambda a, b, c: (a + b + c) / 4)])
def test_three_operands_are_broadcast(kind, function):
    (a, b, c), y = several(kind, (4, 3), (1, 3), (4, 1))
    assert np.array_equal(y, function(a, b, c))


def test_fewer_axes_are_filled_up_in_front():
    (a, b), y = several("QAdd", (2, 4, 3), (3,))
    assert np.array_equal(y, a + b[:, None, None])


def test_differences():
    (a, b), y = several("QSubtract", (4, 3), (1, 3), seed=2)
    assert np.array_equal(y, a - b)


def test_an_output_quantizer():
    q = quantizers((4, 3), (4, 3), seed=3).add("oq", (4, 3))
    (a, b), y = merged(layer("QMultiply", q, enable_oq=True), (4, 3), (4, 3))
    assert np.array_equal(y, q("oq", q("iq0", a) * q("iq1", b)))


@pytest.mark.parametrize(("axis", "other"), [(1, (2, 3)), (2, (4, 5)), (-1, (4, 5))])
def test_concatenation(axis, other):
    quantizers = [Quantizers(n).add("", shape) for n, shape in enumerate([(4, 3), other])]
    one = Hgq2Layer("Concatenate", {"name": "one", "axis": axis}, {})
    x, y = merged(one, (4, 3), other, ahead=[layer("Quantizer", q) for q in quantizers])
    parts = [q("", each) for q, each in zip(quantizers, x, strict=True)]
    assert np.array_equal(y, np.concatenate(parts, axis=axis))


@pytest.mark.parametrize(("axes", "equation"), [((2, 2), "bik,bjk->bij"), ((1, 2), "bki,bjk->bij"),
                                                ((1, -1), "bki,bjk->bij"), (1, "bki,bkj->bij")])
def test_dot(axes, equation):
    shapes = {"i": 2, "j": 5, "k": 3}
    sizes = [tuple(shapes[c] for c in part[1:]) for part in equation.split("->")[0].split(",")]
    (a, b), y = several("QDot", *sizes, axes=axes)
    assert np.array_equal(y, np.einsum(equation, a, b))


def test_dot_of_vectors():
    (a, b), y = several("QDot", (3,), (3,), axes=-1)
    assert np.array_equal(y, np.einsum("bi,bi->b", a, b)[:, None])


@pytest.mark.parametrize(("equation", "shapes"), [
    ("bnc,bmc->bnm", [(4, 3), (2, 3)]), ("bnc,bcn->bn", [(4, 3), (3, 4)]),
    ("bij,bjk,bk->bi", [(2, 3), (3, 4), (4,)]), ("bi,bj->bji", [(2,), (3,)]),
    ("b...c,bc->b...", [(2, 4, 3), (3,)])])
def test_einsums(equation, shapes):
    operands, y = several("QEinsum", *shapes, equation=equation)
    assert np.array_equal(y, np.einsum(equation, *operands))


@pytest.mark.parametrize(("axes", "keepdims"), [((1,), False), ((2,), True), (-1, False),
                                                ((1, 3), False), ((1, 2), True)])
def test_sums_along_axes(axes, keepdims):
    shape = (4, 2, 3)
    q = Quantizers(4).add("iq", shape)
    x, y = results(shape, layer("QSum", q, axes=axes, scale=0.25, keepdims=keepdims))
    assert np.array_equal(y, q("iq", x).sum(axis=axes, keepdims=keepdims) / 4)


def test_means_are_divided_by_the_nearest_power_of_two():
    q = Quantizers(5).add("iq", (3, 4))
    x, y = results((3, 4), layer("QMeanPow2", q, axes=[1], keepdims=False))
    assert np.array_equal(y, q("iq", x).sum(axis=1) / 4)


@pytest.mark.parametrize(("one", "shapes", "message"), [
    (layer("QAdd", quantizers((4,), (3,))), [(4,), (3,)],
     r"one: shapes \(4,\), \(3,\) is not supported in QAdd"),
    (layer("QDot", quantizers((3,), (3,)), axes=-1, normalize=True), [(3,), (3,)],
     "one: normalize is not supported"),
    (layer("QEinsum", quantizers((3, 3), (3,)), equation="bii,bi->bi"), [(3, 3), (3,)],
     "one: equation bii,bi->bi is not supported"),
    (layer("QDense", quantizers((3,), (3,))), [(3,), (3,)],
     "one: a call with several tensors is not supported in QDense"),
])
def test_what_is_not_known_is_refused(one, shapes, message):
    with pytest.raises(UnsupportedError, match=message):
        merged(one, *shapes)


@pytest.mark.parametrize(("axes", "message"), [
    ((1, 2), "a sum of everything without its axes"), ((0,), "a sum over the batch")])
def test_sums_that_are_refused(axes, message):
    with pytest.raises(UnsupportedError, match=message):
        results((4, 3), layer("QSum", Quantizers(1).add("iq", (4, 3)), axes=axes))
