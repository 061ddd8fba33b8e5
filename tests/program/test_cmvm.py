# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.program import cmvm
from nnhw.program.arithmetic import dot
from nnhw.program.builder import Kind
from nnhw.program.schedule import live_steps
from tests.program.circuits import expected, one_port, random_beats

solver = pytest.mark.skipif(not cmvm.has_solver(), reason="da4ml has no wheel here")


def product(weight, bias, bounds):
    p, x = one_port("product", bounds)
    p.output(cmvm.matrix_vector(p, x, weight, bias, [f"y{k}" for k in range(len(weight))]))
    return p


def adders(p):
    return sum(p.steps[k].kind is Kind.ADD for k in live_steps(p))


def check(weight, bias, bounds):
    p = product(weight, bias, bounds)
    inputs = random_beats(p, 40)
    assert np.array_equal(expected(p, inputs), inputs["x"] @ weight.T + bias)
    return p


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
    check(np.array([[3, -5], [0, 0], [-1, -2]]), np.array([1, 0, -7]), [(-8, 7), (0, 15)])


@solver
def test_shares_what_trees_do_not():
    rng = np.random.default_rng(0)
    weight, bias = rng.integers(-128, 128, (16, 16)), np.zeros(16, dtype=int)
    shared = check(weight, bias, [(-128, 127)] * 16)
    p, x = one_port("trees", [(-128, 127)] * 16)
    p.output([dot(p, x, row.tolist(), 0) for row in weight])
    assert adders(shared) < 0.75 * adders(p)


@solver
def test_signs_alone_are_not_shared():
    rng = np.random.default_rng(0)
    weight = rng.integers(-1, 2, (8, 12))
    p = check(weight, np.zeros(8, dtype=int), [(-8, 7)] * 12)
    q, x = one_port("trees", [(-8, 7)] * 12)
    q.output([dot(q, x, row.tolist(), 0) for row in weight])
    assert [step.kind for step in p.steps] == [step.kind for step in q.steps]


@solver
def test_intervals_are_those_of_the_rows():
    weight = np.array([[7, -9], [-3, 14]])
    p = product(weight, np.zeros(2, dtype=int), [(-8, 7), (0, 15)])
    assert [(v.low, v.high) for v in p.outputs] == [(-8 * 7 - 135, 49), (-21, 24 + 14 * 15)]


def test_large_numbers_go_to_trees():
    check(np.array([[1 << 40, -3], [5, 7]]), np.array([1 << 50, 0]), [(-8, 7), (0, 15)])
