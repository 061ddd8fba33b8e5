# SPDX-License-Identifier: Apache-2.0
"""Sums and comparisons of signals."""

import pytest

from nnhw.estimate.arithmetic import add, add_three, constant, counter, less, wide
from nnhw.estimate.fabric import FABRICS
from nnhw.estimate.logic import ONE, ZERO, Logic


def made(logic, result):
    """LUTs, and bits of carry chains, of what is needed for a result."""
    logic.want(result)
    logic.settle()
    chains = [part for part in logic.live_parts() if part.kind in ("chain", "chain3")]
    return logic.luts(), sum(len(part.outputs) for part in chains)


@pytest.mark.parametrize(("family", "luts"), [("ecp5", 0), ("gowin", 0), ("xc7", 6)])
def test_low_bits_of_one_operand_are_wires(family, luts):
    logic = Logic(6)
    a, b = logic.leaves(8), [ZERO, ZERO, *logic.leaves(6)]
    result = add(logic, FABRICS[family], a, b)
    assert result[:2] == a[:2]
    assert made(logic, result) == (luts, 6)


def test_a_difference_is_inverted_apart_on_ice40_alone():
    for family, luts in (("ice40", 8), ("ecp5", 0), ("xc7", 8)):
        logic = Logic(4)
        assert made(logic, add(logic, FABRICS[family], logic.leaves(8), logic.leaves(8),
                               subtract=True)) == (luts, 8)


def test_a_constant_needs_luts_where_it_is_1_on_xilinx():
    logic = Logic(6)
    assert made(logic, add(logic, FABRICS["xc7"], logic.leaves(8), constant(0b101, 8))) == (2, 8)


def test_logic_in_front_of_a_sum_shares_the_luts_beside_its_chain():
    logic = Logic(6)
    first = logic.leaf()
    kept = [logic.gate(first, bit) for bit in logic.leaves(8)]
    assert made(logic, add(logic, FABRICS["xc7"], kept, logic.leaves(8))) == (8, 8)


def test_one_changing_bit_makes_no_chain():
    logic = Logic(4)
    bit = logic.leaf()
    assert made(logic, add(logic, FABRICS["ecp5"], constant(3, 3), [bit, ZERO, ZERO])) == (1, 0)


def test_three_operands_share_a_chain():
    logic = Logic(6)
    terms = [logic.leaves(8), [ZERO, *logic.leaves(7)], constant(0, 8)]
    assert made(logic, add_three(logic, FABRICS["xc7"], terms)) == (0, 7)


def test_a_constant_comes_with_two_operands():
    logic = Logic(4)
    terms = [logic.leaves(8), [ZERO, *logic.leaves(7)], constant(6, 8)]
    result = add_three(logic, FABRICS["ecp5"], terms)
    assert made(logic, result) == (0, 7) and [part.kind for part in logic.parts] == ["chain"]


def test_small_words_are_compared_in_one_lut():
    logic = Logic(4)
    assert made(logic, [less(logic, FABRICS["ice40"], logic.leaves(4), constant(5, 4))]) == (1, 0)


def test_counters_end():
    logic = Logic(4)
    assert counter(logic, FABRICS["ecp5"], 1, ONE) == ([ZERO], ONE)
    state, end = counter(logic, FABRICS["ecp5"], 10, logic.leaf())
    logic.want([end])
    logic.settle()
    assert len(state) == 4 and logic.registers() and logic.counters == set(state)


def test_words_are_extended_by_their_sign():
    assert wide([ONE, ZERO, ONE], True, 5) == [1, 0, 1, 1, 1]
    assert wide([ONE, ZERO, ONE], False, 5) == [1, 0, 1, 0, 0]
    assert wide([ONE, ZERO, ONE], False, 2) == [1, 0]
