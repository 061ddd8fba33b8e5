# SPDX-License-Identifier: Apache-2.0
import pytest

from nnhw.config.config import TARGETS
from nnhw.numeric.types import FixedType
from nnhw.program.builder import Kind, Program
from nnhw.program.delays import delay_model
from nnhw.program.schedule import is_registered, live_steps, schedule
from tests.program.circuits import every_kind, one_port, random_program

CLOCKS = (1, 25, 50, 100, 200, 300, 400, 600, 1000)


def programs():
    return [every_kind(), *(random_program(seed) for seed in range(40))]


def longest_path(program, plan, model):
    """Longest chain of delays between two registers, from the stages alone."""
    time, worst = {}, 0.0
    for k in plan.live:
        step = program.steps[k]
        at = plan.stage[k] - is_registered(step)
        before = max((time[i] for i in step.args
                      if plan.stage[i] == at and program.steps[i].kind is not Kind.CONST),
                     default=0.0)
        delay = model.of(program, step)
        alone = before == 0.0
        if not alone:
            worst = max(worst, before + (0.0 if is_registered(step) else delay))
        time[k] = 0.0 if is_registered(step) else before + delay
    return worst


@pytest.mark.parametrize("target", TARGETS)
def test_no_path_is_longer_than_a_period(target):
    model = delay_model(target)
    for program in programs():
        for clock in CLOCKS:
            plan = schedule(program, model, clock)
            limit = 1000.0 / clock - model.register
            # A step that alone is longer has a rank to itself, which longest_path leaves out.
            assert longest_path(program, plan, model) <= max(limit, 0.0) + 1e-9


def test_every_operand_is_there_when_it_is_read():
    for program in programs():
        for clock in CLOCKS:
            plan = schedule(program, delay_model("ecp5"), clock)
            use = plan.last_use(program)
            for k in plan.live:
                step = program.steps[k]
                for i in step.args:
                    if program.steps[i].kind is not Kind.CONST:
                        assert plan.stage[i] <= plan.stage[k] - is_registered(step) <= use[i]
            for value in program.outputs:
                assert plan.stage[value.index] <= plan.depth == use[value.index]


@pytest.mark.parametrize("target", ["ecp5", "nexus"])
def test_a_rank_is_left_for_a_multipliers_own_registers(target):
    model = delay_model(target)
    assert model.operand_ranks == 1
    for program in programs():
        plan = schedule(program, model, 150)
        for k in plan.live:
            for i in program.steps[k].args if program.steps[k].kind is Kind.MUL else ():
                if program.steps[i].kind is Kind.FIELD:  # a part of a word, no more than wires
                    (i,) = program.steps[i].args
                if program.steps[i].kind is not Kind.CONST:
                    assert plan.stage[i] < plan.stage[k] - 1


@pytest.mark.parametrize("target", ["xcup", "ice40"])
def test_a_faster_clock_never_needs_fewer_ranks(target):
    for program in programs():
        depths = [schedule(program, delay_model(target), clock).depth for clock in CLOCKS]
        assert depths == sorted(depths)


def test_outputs_are_registered():
    p, (x,) = one_port("wire", [(0, 3)])
    p.output([x])
    assert schedule(p, delay_model("xcup"), 1).depth == 1


def test_dead_steps_are_left_out():
    p, (x, y) = one_port("dead", [(0, 3), (0, 3)])
    unused = p.add(x, y)
    p.output([p.add(x, x)])
    assert unused.index not in live_steps(p)
    assert y.index not in live_steps(p)


def test_the_gate_is_live_and_all_accumulators_lie_at_one_rank():
    p = Program("sums")
    x = p.port("x", FixedType(8), [(-128, 127)] * 4)
    first, last = (p.port(n, FixedType(1, 0, False), [(0, 1)])[0] for n in ("first", "last"))
    early = p.accumulate(x[0], first, p.const(0), -5000, 5000)
    late = p.accumulate(p.sum([p.mul(a, b) for a in x for b in x]), first, p.const(3),
                        -10**6, 10**6)
    p.gate = last
    p.output([early, late])
    for clock in CLOCKS:
        plan = schedule(p, delay_model("ice40"), clock)
        assert plan.stage[early.index] == plan.stage[late.index] == plan.gate <= plan.depth
        assert last.index in plan.live


def test_a_table_is_read_as_late_as_its_reader_allows():
    p, (x, y) = one_port("late", [(0, 15), (-99, 99)])
    deep = y
    for _ in range(6):
        deep = p.add(p.mul(deep, y), x)
    word = p.table(x, [k * 97 % 31 for k in range(16)], registered=True)
    total = p.add(deep, word)
    p.output([total])
    plan = schedule(p, delay_model("xcup"), 200)
    assert plan.stage[word.index] == plan.stage[total.index]
