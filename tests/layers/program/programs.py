# SPDX-License-Identifier: Apache-2.0
"""Programs with every instruction on operands of every sign, for the tests of all facets."""

import random

import numpy as np

from nnhw.layers.program.listing import OPERANDS, Code, Listing
from nnhw.layers.program.op import StraightLine
from tests.layers.support import tensor

__all__ = ["TABLES", "every_code", "random_program"]

TABLES = (np.arange(-5, 60, 4), np.array([3]), np.arange(700) % 11 - 4)


def _p_q(code, rng):
    if code in (Code.ADD, Code.SUBTRACT):
        return rng.randint(0, 3), rng.randint(0, 3)
    return {Code.INPUT: lambda: (rng.randrange(4), 0), Code.CONST: lambda: (rng.randint(-9, 9), 0),
            Code.SHIFT: lambda: (rng.randint(-4, 3), 0), Code.BIT: lambda: (rng.randint(0, 9), 0),
            Code.WRAP: lambda: (rng.randint(1, 9), rng.randint(0, 1)),
            Code.EQUAL: lambda: (rng.randint(-3, 5), 0),
            Code.TABLE: lambda: (rng.randrange(3), rng.randint(-20, 20))}.get(
                code, lambda: (0, 0))()


def _append(listing, codes, code, rng):
    args = [rng.randrange(len(codes)) for _ in range(OPERANDS[code])]
    if code is Code.SELECT:
        flags = [k for k, c in enumerate(codes) if c in (Code.BIT, Code.EQUAL)]
        if not flags:
            return
        args[0] = rng.choice(flags)
    p, q = _p_q(code, rng)
    if code is Code.SHIFT and p == 0:
        return
    if listing.add(code, args, p, q) == len(codes):
        codes.append(code)


def random_program(seed, steps=40, name="program"):
    """A program on elements of 6, 5, 3 and 1 bits."""
    rng, listing = random.Random(seed), Listing()
    codes = []
    for k in range(4):
        codes.append(Code.INPUT)
        listing.add(Code.INPUT, (), k)
    while len(codes) < steps:
        listing.origin = len(codes)
        code = rng.choice(list(Code))
        before = len(codes)
        _append(listing, codes, code, rng)
        if len(codes) > before and _too_wide(listing):
            codes[-1] = Code.WRAP  # bring it back to a few bits
            codes.append(Code.WRAP)
            listing.add(Code.WRAP, (len(codes) - 2,), 9, 1)
    results = [rng.randrange(len(codes)) for _ in range(5)] + [len(codes) - 1]
    return _program(listing, results, name)


def _program(listing, results, name="program"):
    x = tensor((4,), np.array([-30, 0, -4, 0]), np.array([31, 29, 3, 1]))
    return StraightLine(name, x, listing.array(), np.array(results), TABLES)


def _too_wide(listing):
    low, high = _program(listing, [0]).intervals[-1]
    return high - low > 1 << 16


def every_code():
    """A program that shows the value of every instruction on several kinds of operands."""
    listing = Listing()
    values = [listing.add(Code.INPUT, (), k) for k in range(4)]
    flag = listing.add(Code.BIT, (values[0],), 1)
    numbers = {Code.INPUT: [(2, 0)], Code.CONST: [(7, 0), (-7, 0)], Code.ADD: [(0, 0), (2, 1)],
               Code.SUBTRACT: [(0, 0), (0, 3)], Code.SHIFT: [(2, 0), (-2, 0)],
               Code.WRAP: [(4, 0), (4, 1), (9, 0)], Code.BIT: [(0, 0), (3, 0), (8, 0)],
               Code.EQUAL: [(3, 0), (99, 0)], Code.TABLE: [(0, -6), (1, 0), (2, -29)]}
    results = []
    for k, code in enumerate(Code):
        listing.origin = k
        for at in range(4):
            args = [values[(at + n) % 4] for n in range(OPERANDS[code])]
            if code is Code.SELECT:
                args[0] = flag
            results += [listing.add(code, args, *pair) for pair in numbers.get(code, [(0, 0)])]
    return _program(listing, results)
