# SPDX-License-Identifier: Apache-2.0
"""Gates in LUTs, and what is there in the end."""

import pytest

from nnhw.estimate.logic import ONE, ZERO, Logic


@pytest.mark.parametrize(("inputs", "reads", "luts"), [
    (6, 6, 1), (6, 7, 2), (4, 4, 1), (4, 5, 2), (4, 8, 3), (6, 1, 0)])
def test_a_tree_fills_luts(inputs, reads, luts):
    logic = Logic(inputs)
    logic.want([logic.tree(logic.leaves(reads))])
    logic.settle()
    assert logic.luts() == luts


def test_what_two_read_is_a_lut_of_its_own():
    logic = Logic(6)
    a, b, c, d = logic.leaves(4)
    shared = logic.gate(a, b)
    logic.want([logic.gate(shared, c), logic.gate(shared, d)])
    logic.settle()
    assert logic.luts() == 3


def test_what_nothing_reads_is_not_there():
    logic = Logic(4)
    a, b = logic.leaves(2)
    logic.register(logic.gate(a, b))
    kept = logic.register(a)
    logic.want([kept])
    logic.settle()
    assert logic.registers() == [kept] and logic.luts() == 0


def test_equal_registers_are_one():
    logic = Logic(4)
    a, enable, other = logic.leaves(3)
    assert logic.register(a, enable) == logic.register(a, enable) != logic.register(a, other)
    assert logic.register(ZERO, enable) == ZERO and logic.register(ONE) == ONE


def test_a_register_that_is_cleared_needs_no_lut_for_its_data():
    logic = Logic(4)
    clear, data, enable = logic.leaves(3)
    logic.want([logic.register(logic.mux(clear, ZERO, data), enable)])
    logic.settle()
    assert logic.luts() == 1  # when to clear


def test_a_placeholder_is_what_it_stands_for():
    logic = Logic(4)
    later, a = logic.state(), logic.leaf()
    result = logic.gate(later, a)
    logic.alias(later, logic.gate(*logic.leaves(2)))
    logic.want([result])
    logic.settle()
    assert logic.luts() == 1 and not logic.registers()
