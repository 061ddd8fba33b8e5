# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnhw.numeric.types import FixedType
from nnhw.program import golden
from nnhw.program.builder import Kind, Program
from nnhw.program.memories import memory
from tests.program.circuits import every_kind, one_port, random_beats, random_program


def assert_sound(program, inputs):
    """Every step's value lies within the interval it promises."""
    values = []
    for step in program.steps:
        value = golden._apply(step, [values[i] for i in step.args], inputs)
        values.append(value)
        flat = np.asarray(value, dtype=object).ravel().tolist()
        assert step.low <= min(flat) and max(flat) <= step.high, step


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32))
def test_intervals_are_sound(seed):
    program = random_program(seed)
    assert_sound(program, random_beats(program, 20, seed))


def test_intervals_of_every_kind_are_sound_for_all_inputs_of_a_lane():
    program = every_kind()
    assert {step.kind for step in program.steps} == set(Kind) - {Kind.ACC, Kind.DOT}
    grid = np.array(np.meshgrid(range(-37, 91), range(-8, 8, 5), range(14), range(2)),
                    dtype=object).reshape(4, -1).T
    assert_sound(program, {"x": grid})


def test_an_accumulator_has_no_value_of_its_own():
    p, (x, first) = one_port("sum", [(0, 3), (0, 1)])
    p.output([p.accumulate(x, first, p.const(0), 0, 9)])
    with pytest.raises(AssertionError, match="has a state"):
        golden.run(p, {"x": np.zeros((1, 2), dtype=object)})


def test_constants_are_as_many_as_the_beats():
    p, (x,) = one_port("constants", [(0, 3)])
    p.output([p.const(7), x])
    assert golden.run(p, {"x": np.array([[1], [2]])}).tolist() == [[7, 1], [7, 2]]


def test_values_beyond_int64():
    p, (x,) = one_port("wide", [(-2**80, 2**80)])
    p.output([p.add(x, x, 3), p.mul(x, x)])
    assert golden.run(p, {"x": np.array([[2**79 + 1]], dtype=object)}).tolist() == [
        [9 * (2**79 + 1), (2**79 + 1)**2]]


def test_several_bundles():
    p = Program("two")
    a = p.port("a", FixedType(4), [(-8, 7)] * 2)
    b = p.port("b", FixedType(4, 0, False), [(0, 15)])
    p.output([p.subtract(a[1], b[0]), a[0]])
    inputs = {"a": np.array([[1, 2], [-8, 7]]), "b": np.array([[3], [15]])}
    assert golden.run(p, inputs).tolist() == [[-1, 1], [-8, -8]]


def test_tables_at_a_constant_are_constants():
    p = Program("constant")
    at = p.const(2)
    assert p.table(at, [1, 5, 9, 13]) == p.const(9)
    assert memory(p, at, [[1, 2, 3], [4, 4, 4]]) == [p.const(3), p.const(4)]
