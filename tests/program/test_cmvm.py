# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.program import cmvm
from nnhw.program.builder import Kind
from nnhw.program.delays import delay_model
from nnhw.program.digits import count_digits
from nnhw.program.schedule import live_steps
from nnhw.program.sharing import Source
from nnhw.program.tuning import tune
from tests.program.circuits import expected, matrix_vector, one_port, random_beats

solver = pytest.mark.skipif(not cmvm.has_solver(), reason="da4ml has no wheel here")


def product(weight, bias, bounds):
    p, x = one_port("product", bounds)
    p.output(matrix_vector(p, x, weight, bias, [f"y{k}" for k in range(len(weight))]))
    return p


def sources(count):
    return [Source(-128, 127, 1)] * count


def digits(sums):
    return sum(int(count_digits(np.array(list(form.values()))).sum()) for form in sums if form)


def check(weight, bias, bounds):
    p = product(weight, bias, bounds)
    inputs = random_beats(p, 40)
    for one in (p, *(tune(p, delay_model(family), 100.0).target for family in ("ecp5", "xcup"))):
        assert np.array_equal(expected(one, inputs), inputs["x"] @ weight.T + bias)


@pytest.mark.parametrize("seed", range(20))
def test_equals_the_matrix_product(seed):
    rng = np.random.default_rng(seed)
    rows, columns = rng.integers(1, 9, 2)
    top = int(rng.choice([1, 2, 9, 127, 5000]))
    weight = rng.integers(-top, top + 1, (rows, columns)) << rng.integers(0, 5, columns)
    weight[rng.random(weight.shape) < 0.3] = 0
    lows = rng.integers(-130, 60, columns)
    bounds = [(int(low), int(low + rng.choice([0, 1, 100]))) for low in lows]
    check(weight, rng.integers(-999, 999, rows), bounds)


def test_without_the_solver(monkeypatch):
    monkeypatch.setattr(cmvm, "_solver", lambda: None)
    assert cmvm.solver_sums(np.array([[3, 5], [9, 7]]), sources(2)) is None
    check(np.array([[3, -5], [0, 0], [-1, -2]]), np.array([1, 0, -7]), [(-8, 7), (0, 15)])


@solver
def test_shares_what_trees_do_not():
    weight = np.random.default_rng(0).integers(-128, 128, (16, 16))
    assert digits(cmvm.solver_sums(weight, sources(16))) < 0.75 * count_digits(weight).sum()


@solver
def test_equal_and_opposite_rows_are_made_once():
    weight = np.array([[7, -9, 5], [14, -18, 10], [-7, 9, -5], [0, 0, 0]])
    sums = cmvm.solver_sums(weight, sources(3))
    assert all(len(form) <= 1 for form in sums[:4]) and len(sums) > 4


@solver
def test_signs_alone_are_not_shared():
    weight = np.random.default_rng(0).integers(-1, 2, (8, 12))
    assert cmvm.solver_sums(weight, sources(12)) is None
    check(weight, np.zeros(8, dtype=int), [(-8, 7)] * 12)


@pytest.mark.parametrize("family", ["ecp5", "xcup"])
def test_intervals_are_those_of_the_rows(family):
    weight = np.array([[7, -9], [-3, 14]])
    p = product(weight, np.zeros(2, dtype=int), [(-8, 7), (0, 15)])
    for one in (p, tune(p, delay_model(family), 100.0).target):
        assert [(v.low, v.high) for v in one.outputs] == [(-8 * 7 - 135, 49), (-21, 24 + 14 * 15)]


def test_rows_that_are_wires():
    p, (x, y, z) = one_port("wires", [(-8, 7), (0, 15), (3, 3)])
    assert p.dot([x, y, z], [0, 0, 5], 7) == p.const(22)
    assert p.dot([x, y, z], [0, 4, 2], -6) == p.shift(y, 2)
    assert p.step(p.dot([x, y], [0, -4], 0)).kind is Kind.DOT
    assert p.dot([x, y, z], [1, 2, 1], 0) == p.dot([x, y], [1, 2], 3)


def test_no_product_is_left():
    p, x = one_port("squares", [(-8, 7)] * 3)
    y = matrix_vector(p, x, np.array([[3, 5, -7], [1, 9, 2]]), np.zeros(2, int), ["u", "v"])
    p.output([p.mul(y[0], y[1]), y[0]])
    inputs = random_beats(p, 40)
    for family in ("ecp5", "xcup"):
        tuned = tune(p, delay_model(family), 100.0).target
        assert Kind.DOT not in {tuned.steps[k].kind for k in live_steps(tuned)}
        assert expected(tuned, inputs) == expected(p, inputs)


def test_large_numbers_go_to_trees():
    weight = np.array([[1 << 40, -3], [5, 7]])
    assert cmvm.solver_sums(weight, sources(2)) is None
    check(weight, np.array([1 << 50, 0]), [(-8, 7), (0, 15)])
