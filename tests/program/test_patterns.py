# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.program.arithmetic import signed_digits
from nnhw.program.builder import Kind
from nnhw.program.delays import delay_model
from nnhw.program.digits import count_digits
from nnhw.program.operands import Operand, levels_for, sum_of
from nnhw.program.patterns import fits, shared_sums
from nnhw.program.rtl import Pipeline
from nnhw.program.tuning import tune
from tests.program.circuits import expected, matrix_vector, one_port, random_beats


def search(matrix, operands):
    inputs = [Operand(0, 0, 8)] * matrix.shape[1]
    return shared_sums(matrix, inputs, operands)


def factors(sums, sources):
    """What every sum is, over the sources alone; fails where one depends on itself."""
    found = {}
    def of(at, inside=()):
        assert at not in inside
        if at < sources:
            return np.eye(sources, dtype=np.int64)[at]
        if at not in found:
            found[at] = sum((factor * of(source, (*inside, at))
                             for source, factor in sums[at - sources].items()),
                            np.zeros(sources, np.int64))
        return found[at]
    return np.array([of(sources + k) for k in range(len(sums))])


def levels(sums, sources, operands):
    """Levels of adders of every sum, each built as flat as its terms allow."""
    found = {}
    def of(at):
        if at < sources:
            return 0
        if at not in found:
            found[at] = levels_for(sum(operands**of(source) * len(signed_digits(factor))
                                       for source, factor in sums[at - sources].items()), operands)
        return found[at]
    return [of(sources + k) for k in range(len(sums))]


def adders(sums, operands):
    terms = [sum(len(signed_digits(factor)) for factor in form.values()) for form in sums]
    return sum(-(-(count - 1) // (operands - 1)) for count in terms if count)


@pytest.mark.parametrize("operands", [2, 3])
@pytest.mark.parametrize("seed", range(24))
def test_sums_are_the_rows(seed, operands):
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 14, 2))
    top = int(rng.choice([1, 3, 31, 5000, 1 << 20]))
    matrix = rng.integers(-top, top + 1, shape)
    matrix[rng.random(shape) < 0.3] = 0
    sums = search(matrix, operands)
    assert np.array_equal(factors(sums, shape[1])[:shape[0]], matrix)
    most = levels_for(max(int(count_digits(matrix).max()), 1), operands)
    assert max(levels(sums, shape[1], operands)) <= most


def test_a_pattern_of_many_terms_is_found():
    """Five terms that two rows have in common, once shifted and with all signs changed."""
    common = np.array([1, -2, 0, 8, 0, 4, 1, 0])
    apart = np.kron(np.eye(2, dtype=int), [1, -1, 2, 4, 1, -8, 1, 2])
    matrix = np.concatenate([[common, -4 * common], apart], axis=1)
    found = factors(search(matrix, 3), matrix.shape[1])[2:, :8]
    assert any(np.array_equal(abs(row), abs(common)) for row in found)


@pytest.mark.parametrize("operands", [2, 3])
def test_fewer_adders_than_without(operands):
    matrix = np.random.default_rng(1).integers(-128, 128, (16, 16))
    alone = [{k: int(factor) for k, factor in enumerate(row)} for row in matrix]
    assert adders(search(matrix, operands), operands) < 0.68 * adders(alone, operands)


@pytest.mark.parametrize("value", [0, 1, 3, 7, 255, 171, 1 << 40, -5])
def test_digits_are_counted(value):
    assert count_digits(np.array([value])) == len(signed_digits(value))


def test_what_a_sum_costs():
    eight = Operand(0, 0, 8)
    pair = sum_of([(eight, 0), (eight, 3)], 2)
    assert (pair.value, pair.bits, pair.waste) == (Operand(1, 0, 12), 9, 0)
    triple = sum_of([(eight, 0), (eight, 0), (eight, 0)], 3)
    assert (triple.value.level, triple.bits, triple.waste) == (1, 10, 0)
    assert sum_of([(eight, 0), (eight, 0)], 3).waste == 1
    assert sum_of([(pair.value, 1), (eight, 0)], 2).value == Operand(2, 0, 14)


@pytest.mark.parametrize("family", ["xcup", "ecp5"])
@pytest.mark.parametrize("seed", range(4))
def test_sums_over_results_of_sums(seed, family):
    """A layer beside a shortcut: sums over sources of which some depend on other sums."""
    rng = np.random.default_rng(seed)
    p, x = one_port("shortcut", [(-16, 15)] * 6)
    y = matrix_vector(p, x, rng.integers(-16, 16, (6, 6)), rng.integers(-9, 9, 6), ["y"] * 6)
    z = [p.mux(p.negative(v), p.const(0), p.known(v, 0, v.high)) for v in y]
    both = rng.integers(-16, 16, (6, 18))
    both[:, :6] = rng.integers(-16, 16, 6)  # the same shortcut in every row
    p.output(matrix_vector(p, [*x, *z, *y], both, rng.integers(-9, 9, 6), ["u"] * 6))
    inputs = random_beats(p, 60, seed)
    assert expected(tune(p, delay_model(family), 100.0).target, inputs) == expected(p, inputs)


def test_a_matrix_takes_fewer_adders_than_trees(monkeypatch):
    """Without a solver, too."""
    monkeypatch.setattr("nnhw.program.cmvm._solver", lambda: None)
    weight = np.random.default_rng(3).integers(-32, 32, (8, 8))
    p, x = one_port("trees", [(-128, 127)] * 8)
    p.output(matrix_vector(p, x, weight, np.arange(8), [f"y{k}" for k in range(8)]))
    program = Pipeline(p, "ecp5", 50.0).program
    trees = count_digits(weight).sum() - 8 + 7  # and a bias in all rows but the first
    assert sum(step.kind is Kind.ADD for step in program.steps) < 0.8 * trees
    inputs = random_beats(p, 40)
    assert expected(program, inputs) == expected(p, inputs)


def test_matrices_too_large_for_the_search_are_left(monkeypatch):
    monkeypatch.setattr("nnhw.program.patterns._MOST_WORK", 100)
    p, x = one_port("large", [(-8, 7)] * 5)
    weight = np.random.default_rng(4).integers(-9, 9, (5, 5))
    p.output(matrix_vector(p, x, weight, np.zeros(5, int), ["y"] * 5))
    inputs = random_beats(p, 40)
    assert expected(tune(p, delay_model("xcup"), 100.0).target, inputs) == expected(p, inputs)
    assert not fits(weight) and fits(weight[:1, :1])
    assert not fits(np.ones((1, 3000), int))
