# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.ir import serial
from nnhw.layers.program.listing import Code, Listing
from nnhw.layers.program.op import StraightLine
from tests.layers.program.programs import every_code, random_program
from tests.layers.support import assert_interval, draw, every_input, golden_of, tensor


def slow(op, vector):
    """The instructions' descriptions on Python integers."""
    values = []
    for step in op.instructions:
        a, b, c = (*(values[k] for k in step.args), 0, 0, 0)[:3]
        p, q = step.p, step.q
        values.append({
            Code.INPUT: lambda p=p: vector[p], Code.CONST: lambda p=p: p,
            Code.ADD: lambda a=a, b=b, p=p, q=q: a * 2**p + b * 2**q,
            Code.SUBTRACT: lambda a=a, b=b, p=p, q=q: a * 2**p - b * 2**q,
            Code.SHIFT: lambda a=a, p=p: a * 2**p if p > 0 else a // 2**-p,
            Code.MULTIPLY: lambda a=a, b=b: a * b, Code.RELU: lambda a=a: max(a, 0),
            Code.WRAP: lambda a=a, p=p, q=q: (a + q * 2**(p - 1)) % 2**p - q * 2**(p - 1),
            Code.BIT: lambda a=a, p=p: a // 2**p % 2, Code.EQUAL: lambda a=a, p=p: int(a == p),
            Code.SELECT: lambda a=a, b=b, c=c: b if a else c,
            Code.TABLE: lambda a=a, p=p, q=q: int(
                op.tables[p][min(max(a - q, 0), len(op.tables[p]) - 1)]),
            Code.AND: lambda a=a, b=b: a & b, Code.OR: lambda a=a, b=b: a | b,
            Code.XOR: lambda a=a, b=b: a ^ b}[step.code]())
    return [int(values[k]) for k in op.results]


@pytest.mark.parametrize("op", [every_code(), *map(random_program, range(20))],
                         ids=["every_code", *map(str, range(20))])
def test_instructions_do_what_they_say(op):
    x = draw(op.x, 100)
    assert golden_of(op, x).tolist() == [slow(op, vector) for vector in x.tolist()]


def test_every_code_is_in_the_program_of_every_code():
    assert {op.code for op in every_code().instructions} == set(Code)


def test_intervals_hold_all_results():
    op = every_code()
    x = every_input(op.x)
    assert_interval(op, x, tight=False)
    for seed in range(20):
        assert_interval(random_program(seed), x[::7], tight=False)


def test_numbers_beyond_64_bits():
    x = tensor((1,), -2**40, 2**40)
    listing = Listing()
    value = listing.add(Code.INPUT)
    square = listing.add(Code.MULTIPLY, (value, value))
    op = StraightLine("big", x, listing.array(), np.array([square]))
    assert golden_of(op, np.array([[2**40], [-3]])).tolist() == [[2**80], [9]]
    code = listing.add(Code.SHIFT, (square,), -70)
    op = StraightLine("small", x, listing.array(), np.array([code]))
    assert golden_of(op, np.array([[2**40], [-3]])).tolist() == [[2**10], [0]]
    assert op.y.bounds == (-2**10, 2**10)


def test_equal_instructions_are_written_once():
    listing = Listing()
    first = listing.add(Code.INPUT, (), 1)
    listing.origin = 9
    assert listing.add(Code.INPUT, (), 1) == first
    assert listing.array().tolist() == [[0, 0, 0, 0, 1, 0, 0]]


def test_survives_the_disk(tmp_path):
    op = random_program(3)
    serial.write(op, tmp_path / "op.json", tmp_path / "op.npz")
    again = serial.read(tmp_path / "op.json", tmp_path / "op.npz")
    assert again.instructions == op.instructions
    x = draw(op.x, 20)
    assert np.array_equal(golden_of(again, x), golden_of(op, x))


@pytest.mark.parametrize("bits", [27, 28, 29, 30, 31, 32, 58, 60, 61, 62, 63])
def test_exact_in_integers_of_every_size(bits):
    x = tensor((2,), -2**(bits - 2), 2**(bits - 2) - 1)
    listing = Listing()
    a, b = listing.add(Code.INPUT, (), 0), listing.add(Code.INPUT, (), 1)
    total = listing.add(Code.ADD, (a, b), 0, 1)
    results = [
        total, listing.add(Code.SUBTRACT, (a, b), 1, 0), listing.add(Code.WRAP, (a,), bits, 1),
        listing.add(Code.WRAP, (total,), bits - 3, 0), listing.add(Code.EQUAL, (a,), 2**bits),
        listing.add(Code.TABLE, (a,), 0, -2**bits), listing.add(Code.TABLE, (a,), 0, 2**bits)]
    op = StraightLine("wide", x, listing.array(), np.array(results), (np.array([5, 7, 9]),))
    inputs = draw(x, 60)
    assert golden_of(op, inputs).tolist() == [slow(op, vector) for vector in inputs.tolist()]
