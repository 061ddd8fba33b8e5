# SPDX-License-Identifier: Apache-2.0
import itertools
import math
from contextlib import suppress
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from nnhw.numeric.types import FixedType
from nnhw.program.adding import rebuild_sums
from nnhw.program.builder import Kind
from nnhw.program.delays import delay_model
from nnhw.program.patterns import search
from nnhw.program.registers import place_registers, register_bits
from nnhw.program.rtl import Pipeline
from nnhw.program.schedule import Clock, is_registered, live_steps, schedule
from nnhw.program.sums import Forms
from nnhw.program.tuning import tune
from tests.program.circuits import (
    every_kind,
    expected,
    matrix_vector,
    one_port,
    random_beats,
    random_program,
    simulated,
)

XCUP = delay_model("xcup")


def two_layers(seed=0, size=8):
    """A matrix, ReLU, wrapping, and another matrix."""
    rng = np.random.default_rng(seed)
    p, x = one_port("two_layers", [(-128, 127)] * size)
    for layer in range(2):
        weight = rng.integers(-32, 32, (size, size))
        names = [f"layer{layer}_{k}" for k in range(size)]
        x = matrix_vector(p, x, weight, rng.integers(-99, 99, size), names)
        if not layer:
            x = [p.mux(p.negative(v), p.const(0), p.known(v, 0, v.high)) for v in x]
            x = [p.wrap(p.shift(p.add(v, p.const(4)), -3), FixedType(8, 0, False)) for v in x]
    p.output(x)
    return p


def forms_of(program, operands, anew=False):
    forms = Forms(program, operands)
    if anew:
        forms.share_anew(partial(search, operands=operands))
    forms.give_up_parts()
    return forms


def live_kinds(program, plan):
    return [program.steps[k].kind for k in plan.live]


@pytest.mark.parametrize(("operands", "mhz"), list(itertools.product((2, 3), (50, 300, 900))))
@pytest.mark.parametrize("seed", range(12))
def test_rebuilt_sums_are_equal(seed, operands, mhz):
    program = random_program(seed)
    clock = Clock(XCUP, 1000 / mhz)
    due = {k: (k % 3, 0.5) for k in range(0, len(program.steps), 2)}
    for some, anew in itertools.product(({}, due), (False, True)):
        rebuilt = rebuild_sums(forms_of(program, operands, anew), XCUP, clock, some).target
        inputs = random_beats(program, 30, seed)
        assert expected(rebuilt, inputs) == expected(program, inputs)


@pytest.mark.parametrize("operands", [2, 3])
def test_low_bits_of_partial_sums_pass(operands):
    """-a + 8 b - 8 c + 64 d + 64 e: no adder but the last has a minus at its lowest operand."""
    p, x = one_port("low", [(-8, 7)] * 5)
    total = p.const(0)
    for v, by, sign in zip(x, (0, 3, 3, 6, 6), (-1, 1, -1, 1, 1), strict=True):
        total = p.add(total, v, 0, by, subtract=sign < 0)
    p.output([total])
    rebuilt = rebuild_sums(forms_of(p, operands), XCUP, Clock(XCUP, 50.0)).target
    sums = [rebuilt.steps[k] for k in live_steps(rebuilt)
            if rebuilt.steps[k].kind in (Kind.ADD, Kind.SUM)]
    for step in sums[:-1]:
        terms = step.param if step.kind is Kind.SUM else (
            (step.param[0], 1), (step.param[1], step.param[2]))
        assert min(terms)[1] > 0
    inputs = random_beats(p, 200)
    assert expected(rebuilt, inputs) == expected(p, inputs)


@pytest.mark.parametrize("signs", list(itertools.product((1, -1), repeat=5)))
def test_sums_of_every_sign(signs):
    p, x = one_port("signs", [(-8, 7), (0, 3), (-1, 0), (0, 15), (-4, 3)])
    total = p.const(0)
    for v, sign in zip(x, signs, strict=True):
        total = p.add(total, v, subtract=sign < 0)
    p.output([total, p.add(x[0], x[4], 1, subtract=True)])
    inputs = random_beats(p, 60)
    for operands, anew in itertools.product((2, 3), (False, True)):
        rebuilt = rebuild_sums(forms_of(p, operands, anew), XCUP, Clock(XCUP, 5.0)).target
        assert expected(rebuilt, inputs) == expected(p, inputs)


def test_what_cancels_is_gone():
    p, (x, y) = one_port("cancels", [(0, 7), (0, 7)])
    p.output([p.subtract(p.add(x, y), x), p.subtract(p.add(x, y), p.add(y, x))])
    rebuilt = tune(p, XCUP, 200.0).target
    inputs = random_beats(p, 20)
    assert expected(rebuilt, inputs) == expected(p, inputs)
    assert Kind.ADD not in {step.kind for step in rebuilt.steps}


def test_a_sum_that_cancels_altogether_is_0():
    p, (x, y) = one_port("cancels", [(0, 7), (0, 7)])
    nothing = p.subtract(p.add(x, y), p.add(y, x))
    p.output([nothing, p.less(nothing, x), y])
    inputs = random_beats(p, 20)
    assert expected(tune(p, XCUP, 200.0).target, inputs) == expected(p, inputs)


def test_constants_are_added_once():
    p, (x, y) = one_port("constants", [(0, 7), (0, 7)])
    total = p.add(p.add(p.add(x, p.const(5)), y), p.const(9))
    p.output([total])
    plan = Pipeline(p, "xcup")
    kinds = live_kinds(plan.program, plan.schedule)
    assert kinds.count(Kind.SUM) == 1 and Kind.ADD not in kinds


def test_three_operands_make_fewer_adders_and_no_more_ranks():
    program = two_layers()
    for mhz in (150.0, 270.0, 400.0):
        two = rebuild_sums(forms_of(program, 2), XCUP, Clock(XCUP, 1000 / mhz)).target
        three = tune(program, XCUP, mhz).target
        plans = [schedule(one, XCUP, mhz) for one in (two, three)]
        counts = [sum(kind in (Kind.ADD, Kind.SUM) for kind in live_kinds(one, plan))
                  for one, plan in zip((two, three), plans, strict=True)]
        assert counts[1] < 0.85 * counts[0]
        assert plans[1].depth <= plans[0].depth + 1
        inputs = random_beats(program, 30)
        assert expected(three, inputs) == expected(program, inputs)


@pytest.mark.parametrize("family", ["ecp5", "nexus", "ice40", "gowin"])
def test_other_families_add_two(family):
    """Two operands; ECP5 two and a constant."""
    pipeline = Pipeline(two_layers(), family, 100.0)
    steps = pipeline.program.steps
    sums = [steps[k] for k in pipeline.schedule.live if steps[k].kind is Kind.SUM]
    assert bool(sums) == (family == "ecp5")
    assert all(steps[step.args[2]].kind is Kind.CONST for step in sums)


@pytest.mark.parametrize("signs", list(itertools.product((1, -1), repeat=4)))
@pytest.mark.parametrize("count", [2, 3, 4])
def test_constants_come_with_two_of_one_sign(signs, count):
    """They take no adder but where the only two terms differ in sign, or all have a minus."""
    model = delay_model("ecp5")
    for constant, by in itertools.product((1, 8, -3, -64, 200), (0, 2)):
        p, x = one_port("constant", [(-8, 7), (0, 3), (-9, 0), (-4, 3)])
        total = p.const(constant)
        for v, sign in zip(x[:count], signs, strict=False):
            total = p.add(total, v, 0, by, subtract=sign < 0)
        p.output([total])
        forms = forms_of(p, 2)
        rebuilt = rebuild_sums(forms, model, Clock(model, 50.0)).target
        inputs = random_beats(p, 40)
        assert expected(rebuilt, inputs) == expected(p, inputs)
        kinds = [rebuilt.steps[k].kind for k in live_steps(rebuilt)]
        adders = kinds.count(Kind.ADD) + kinds.count(Kind.SUM)
        alone = sum(signs[:count]) == -count or (count == 2 and sum(signs[:2]) == 0)
        assert adders == count - 1 + alone


def test_ranks_of_values_of_the_given_program():
    program = two_layers()
    pipeline = Pipeline(program, "xcup", 300.0)
    ranks = [pipeline.rank(program.value(k)) for k in range(len(program.steps))]
    assert max(ranks[v.index] for v in program.outputs) == pipeline.latency - 1
    for k, step in enumerate(program.steps):
        assert all(ranks[i] <= ranks[k] for i in step.args)


def assert_keeps_the_contract(program, plan, clock):
    """Operands are there when they are read, and no path is longer than a period."""
    time = {}
    for k in plan.live:
        step = program.steps[k]
        if step.kind is Kind.CONST:
            continue
        at = plan.stage[k] - is_registered(step)
        assert at >= 0 and plan.stage[k] <= plan.depth
        before = [i for i in step.args if program.steps[i].kind is not Kind.CONST]
        assert all(plan.stage[i] <= at for i in before), step
        start = max((time[i] for i in before if plan.stage[i] == at), default=0.0)
        delay = clock.model.of(program, step)
        if step.kind is Kind.MUL:
            assert start == 0.0
        elif is_registered(step):
            assert start <= (clock.period - clock.model.register) / 2 + 1e-9
        else:
            assert start == 0.0 or start + delay <= clock.period - clock.model.register + 1e-9
        time[k] = 0.0 if is_registered(step) else start + delay
    for value in program.outputs:
        step = program.step(value)
        if step.kind is not Kind.CONST:
            assert plan.stage[value.index] < plan.depth or time[value.index] == 0.0


@pytest.mark.parametrize("mhz", [50.0, 200.0, 500.0, 1500.0])
@pytest.mark.parametrize("seed", range(15))
def test_registers_are_placed_within_the_contract(seed, mhz):
    program = random_program(seed) if seed else every_kind()
    clock = Clock(XCUP, 1000 / mhz)
    greedy = schedule(program, XCUP, mhz)
    best = place_registers(program, greedy, clock)
    assert best.depth == greedy.depth
    assert register_bits(program, best) <= register_bits(program, greedy)
    assert_keeps_the_contract(program, greedy, clock)
    assert_keeps_the_contract(program, best, clock)


def test_registers_are_fewer():
    program = tune(two_layers(size=16), XCUP, 250.0).target
    greedy = schedule(program, XCUP, 250.0)
    best = place_registers(program, greedy, Clock(XCUP, 4.0))
    assert register_bits(program, best) < 0.95 * register_bits(program, greedy)


@pytest.mark.parametrize("mhz", [500.0, 1500.0])
@pytest.mark.parametrize("seed", range(1, 31))
def test_no_placement_has_fewer_registers(seed, mhz):
    """All placements of small programs are tried; what ends in no register stays off the last."""
    program = random_program(seed, steps=5, lanes=2)
    clock, greedy = Clock(XCUP, 1000 / mhz), schedule(program, XCUP, mhz)
    ranks = {k: range(max(greedy.depth + is_registered(program.steps[k]), greedy.stage[k] + 1))
             for k in greedy.live if program.steps[k].kind not in (Kind.CONST, Kind.INPUT)}
    if math.prod(map(len, ranks.values())) > 5000:
        return
    best, tried = place_registers(program, greedy, clock), []
    for at in itertools.product(*ranks.values()):
        stage = dict(zip(ranks, at, strict=True))
        plan = replace(greedy, stage=[stage.get(k, 0) for k in range(len(program.steps))])
        with suppress(AssertionError):
            assert_keeps_the_contract(program, plan, clock)
            tried.append(register_bits(program, plan))
    assert register_bits(program, best) == min(tried)


def test_registers_stay_where_moving_them_takes_too_long(monkeypatch):
    monkeypatch.setattr("nnhw.program.registers._MOST", 0)
    program = two_layers()
    greedy = schedule(program, XCUP, 250.0)
    assert place_registers(program, greedy, Clock(XCUP, 4.0)) is greedy


def test_registers_move_to_the_narrow_side():
    """Three wide products of one narrow value: the value is registered, not the products."""
    p, (x,) = one_port("narrow", [(0, 15)])
    late = p.table(p.table(x, [k * 7 % 16 for k in range(16)]), list(range(15, -1, -1)))
    p.output([p.add(late, p.shift(x, by)) for by in (4, 6, 8)])
    greedy = schedule(p, XCUP, 800.0)
    best = place_registers(p, greedy, Clock(XCUP, 1.25))
    assert register_bits(p, best) <= register_bits(p, greedy)


@pytest.mark.parametrize("mhz", [100.0, 400.0])
def test_pipelines_equal_golden(mhz):
    program = two_layers(size=4)
    inputs = random_beats(program, 12)
    assert simulated(program, inputs, target="xcup", clock_mhz=mhz) == expected(program, inputs)
