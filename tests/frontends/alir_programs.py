# SPDX-License-Identifier: Apache-2.0
"""Random DAIS and ALIR programs, as every version writes them, and their exact meaning."""

import random
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor

import numpy as np

__all__ = ["Line", "Sketch", "meaning", "random_inputs", "sketch", "write"]

#: Codes that each version knows; 0 is da4ml before there were versions.
CODES = {0: (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10), 2: (-2, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
         4: (-2, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)}


@dataclass
class Type:
    """Fixed point as the tools describe it."""

    signed: bool
    width: int
    frac: int

    @property
    def step(self):
        return Fraction(2) ** -self.frac

    @property
    def interval(self):
        low = -(1 << self.width - 1) if self.signed else 0
        high = (1 << self.width - self.signed) - 1
        return low * self.step, high * self.step, self.step

    def fit(self, value):
        """Wrapped and cut, as quantizations do it."""
        low = -(1 << self.width - 1) if self.signed else 0
        return ((floor(value / self.step) - low) % (1 << self.width) + low) * self.step


@dataclass
class Line:
    """One operation in the form of version 4; ``negate`` is for version 0."""

    opcode: int
    args: tuple[int, ...]
    data: tuple[int, ...]
    interval: tuple[Fraction, Fraction, Fraction]
    type: Type
    negate: tuple[bool, ...] = ()


@dataclass
class Sketch:
    """A program: operations, tables (integers and their step), what is read and shown."""

    version: int
    inputs: int
    shifts: list[int]
    lines: list[Line] = field(default_factory=list)
    tables: list[tuple[list[int], Fraction]] = field(default_factory=list)
    outputs: list[tuple[int, int, bool]] = field(default_factory=list)


def type_of(low, high, step):
    """Narrowest type of an interval."""
    if low == high == 0:
        return Type(False, 0, 0)
    reach = max(abs(low / step), high / step + 1)
    bits = (int(reach) - 1).bit_length()
    frac = step.denominator.bit_length() - step.numerator.bit_length()
    return Type(low < 0, bits + (low < 0), frac)


def sketch(seed, version, steps=30, inputs=4, only=None):
    """A random program of every operation that ``version`` knows."""
    rng = random.Random(seed)
    made = Sketch(version, inputs, [rng.randint(-2, 2) for _ in range(inputs)])
    for k in [*range(inputs), rng.randrange(inputs)]:
        kind = Type(rng.random() < 0.6, rng.randint(1, 7), rng.randint(-1, 5))
        made.lines.append(Line(-1, (), (k,), kind.interval, kind))
    while len(made.lines) < steps:
        line = _line(made, rng, rng.choice(only or CODES[version]))
        if line.type.width <= 20 and abs(line.type.frac) < 30:
            made.lines.append(line)
    for _ in range(6):
        at = rng.choice((-1, *range(len(made.lines))))
        made.outputs.append((at, rng.randint(-3, 3), rng.random() < 0.3))
    made.outputs.append((len(made.lines) - 1, 0, False))
    return made


def _free(opcode, args, data, interval, negate=()):
    """A line of the narrowest type; 0 has steps of 1, or the tools' interpreters disagree."""
    if interval[0] == interval[1] == 0:
        interval = (Fraction(0), Fraction(0), Fraction(1))
    return Line(opcode, args, data, interval, type_of(*interval), negate)


def _line(made, rng, opcode):
    at = [rng.randrange(len(made.lines)) for _ in range(3)]
    negate = made.version == 0 and rng.random() < 0.3
    shift = rng.randint(-3, 3)
    ends = [made.lines[k].interval for k in at]
    (low, high, step), b = ends[0], _scaled(ends[1], shift)
    match opcode:
        case -2:
            return _free(-2, (at[0],), (), (-high, -low, step))
        case 0 | 1:
            other = b if opcode == 0 else (-b[1], -b[0], b[2])
            return _free(opcode, tuple(at[:2]), (shift,),
                         (low + other[0], high + other[1], min(step, b[2])))
        case 2 | 3:
            source = made.lines[at[0]].type
            by = shift if opcode == 3 and made.version >= 4 else 0
            width = max(1, source.width - rng.randint(-1, 4))
            kind = Type(opcode == 3 and rng.random() < 0.5, width,
                        source.frac - by - rng.randint(0, 3))
            return Line(opcode, (at[0],), (by,) if opcode == 3 else (), kind.interval, kind,
                        (negate,))
        case 4:
            frac = made.lines[at[0]].type.frac + rng.randint(0 if made.version == 0 else -2, 3)
            number = rng.randint(-40, 40)
            value, unit = number * Fraction(2) ** -frac, Fraction(2) ** -frac
            return _free(4, (at[0],), (number, frac), (low + value, high + value, min(step, unit)))
        case 5:
            unit, number = Fraction(2) ** rng.randint(-4, 2), rng.choice((0, 1, -1, 13, -20))
            return _free(5, (), (number,), (number * unit, number * unit, unit))
        case 7:
            corners = [x * y for x in ends[0][:2] for y in ends[1][:2]]
            return _free(7, tuple(at[:2]), (), (min(corners), max(corners), step * ends[1][2]))
        case 8:
            return _lookup(made, rng, at[0])
        case 11:
            return _many(made, rng)
    return _bits(made, rng, opcode, at, shift, negate)


def _scaled(interval, shift):
    return tuple(end * Fraction(2) ** shift for end in interval)


def _lookup(made, rng, at):
    narrow = [k for k, line in enumerate(made.lines) if 0 < line.type.width <= 6
              and line.interval == line.type.interval]
    at = rng.choice(narrow or [0])
    low, high, step = made.lines[at].interval
    entries = [rng.randint(-60, 60) for _ in range(int((high - low) / step) + 1)]
    unit = Fraction(2) ** rng.randint(-5, 1)
    entries[0] |= 1  # so that the step is what the tool would find
    made.tables.append((entries, unit))
    ends = (min(entries) * unit, max(entries) * unit, unit)
    return _free(8, (at,), (len(made.tables) - 1,), ends)


def _many(made, rng):
    args = tuple(rng.randrange(len(made.lines)) for _ in range(rng.randint(2, 5)))
    data, low, high, step = [], Fraction(0), Fraction(0), None
    for k in args:
        plus, shift = rng.randint(0, 1), rng.randint(-3, 3)
        a = _scaled(made.lines[k].interval, shift)
        low, high = (low + a[0], high + a[1]) if plus else (low - a[1], high - a[0])
        step = a[2] if step is None else min(step, a[2])
        data += [plus, shift]
    return _free(11, args, tuple(data), (low, high, step))


def _bits(made, rng, opcode, at, shift, negate):
    types = [made.lines[k].type for k in at]
    if opcode == 9:
        sort = rng.randrange(3)
        if sort == 0:
            return Line(9, (at[0],), (0,), types[0].interval, types[0])
        flag = (negate and types[0].signed,)  # of others da4ml's own interpreters disagree
        return _free(9, (at[0],), (sort,), (Fraction(0), Fraction(1), Fraction(1)), flag)
    ends = [made.lines[at[0]].interval, _scaled(made.lines[at[1]].interval, shift)]
    flags = (negate and opcode == 10 and rng.random() < 0.5, negate)
    ends = [(-end[1], -end[0], end[2]) if flag else end
            for end, flag in zip(ends, flags, strict=True)]
    wide = type_of(min(e[0] for e in ends), max(e[1] for e in ends), min(e[2] for e in ends))
    if opcode == 6:
        signs = [k for k, line in enumerate(made.lines)
                 if line.type.width and (line.type.signed or line.type.width == 1)]
        if not all(kind.width for kind in types[:2]):
            return _free(5, (), (3,), (Fraction(3), Fraction(3), Fraction(1)))
        return Line(6, (at[0], at[1], rng.choice(signs or [0])), (shift,), wide.interval, wide,
                    (False, negate, False))  # the condition never is
    if not wide.width:
        return _free(5, (), (3,), (Fraction(3), Fraction(3), Fraction(1)))
    return Line(10, tuple(at[:2]), (shift, rng.randrange(3)), wide.interval, wide, flags)


def random_inputs(made, samples, seed=0):
    """Floats beyond every input's range and finer than its step, shape (samples, inputs)."""
    rng = np.random.default_rng(seed)
    return (rng.integers(-2**14, 2**14, (samples, made.inputs)) / 2**7).astype(np.float32)


def meaning(made, x):
    """Results of one sample, exactly."""
    values = []
    for line in made.lines:
        args = [-values[a] if k < len(line.negate) and line.negate[k] else values[a]
                for k, a in enumerate(line.args)]
        values.append(_value(made, line, args, x))
    return [(-1 if negated else 1) * values[k] * Fraction(2) ** by if k >= 0 else Fraction(0)
            for k, by, negated in made.outputs]


def _value(made, line, args, x):
    data, types = line.data, [made.lines[a].type for a in line.args]
    match line.opcode:
        case -2:
            return -args[0]
        case -1:
            return line.type.fit(Fraction(float(x[data[0]])) * Fraction(2) ** made.shifts[data[0]])
        case 0 | 1:
            return args[0] + (1 - 2 * line.opcode) * args[1] * Fraction(2) ** data[0]
        case 2:
            return line.type.fit(max(args[0], Fraction(0)))
        case 3:
            return line.type.fit(args[0] * Fraction(2) ** data[0])
        case 4:
            return args[0] + data[0] * Fraction(2) ** -data[1]
        case 5:
            return data[0] * line.type.step if line.type.width else Fraction(0)
        case 6:
            top = args[2] < 0 if types[2].signed else args[2] != 0
            return line.type.fit(args[0] if top else args[1] * Fraction(2) ** data[0])
        case 7:
            return args[0] * args[1]
        case 8:
            low, _, step = made.lines[line.args[0]].interval
            entries, unit = made.tables[data[0]]
            return entries[int((args[0] - low) / step)] * unit
        case 9:
            return _one(types[0], int(args[0] / types[0].step), data[0])
        case 10:
            step = line.type.step
            a, b = int(args[0] / step), int(args[1] * Fraction(2) ** data[0] / step)
            return (a & b, a | b, a ^ b)[data[1]] * step
    return sum(((1 if plus else -1) * a * Fraction(2) ** by
                for a, plus, by in zip(args, data[::2], data[1::2], strict=True)), Fraction(0))


def _one(kind, bits, sort):
    if sort == 0:
        return (~bits if kind.signed else ~bits % (1 << kind.width)) * kind.step
    return Fraction(int(bits != 0 if sort == 1 else
                        bits % (1 << kind.width) == (1 << kind.width) - 1))


def write(made):
    """The program as its version's JSON."""
    record = {0: _record_0, 2: _record_2, 3: _record_3, 4: _record_3}[made.version]
    tables = [{"spec": {"hash": str(k), "inp_width": (len(entries) - 1).bit_length(),
                        "out_qint": {"min": float(min(entries) * unit),
                                     "max": float(max(entries) * unit), "step": float(unit)}},
               "table": entries} for k, (entries, unit) in enumerate(made.tables)]
    places, shifts, negations = zip(*made.outputs, strict=True)
    model = [[made.inputs, len(made.outputs)], made.shifts, list(places), list(shifts),
             list(negations), [record(line) for line in made.lines], -1, -1, tables or None]
    if made.version == 0:
        return model
    return {"model": model, "meta": "ALIRModel", "spec_version": made.version}


def _tail(line):
    return [[float(end) for end in line.interval], 0.0, 0.0]


def _record_3(line):
    return [list(line.args), line.opcode, list(line.data), *_tail(line)]


def _record_2(line):
    a, b = (*line.args, -1, -1)[:2]
    low, high = (*line.data, 0, 0)[:2]
    match line.opcode:
        case -1:
            a, data = line.data[0], 0
        case 4:
            data = (low & 0xFFFFFFFF) | high << 32
        case 6:
            data = line.args[2] | low << 32
        case 10:
            data = (low & 0xFFFFFFFF) | high << 56
        case _:
            data = low
    return [a, b, line.opcode, data, *_tail(line)]


def _record_0(line):
    a, b, opcode, data, *tail = _record_2(line)
    if opcode == 4:
        step = line.interval[2]
        data = int(line.data[0] * Fraction(2) ** -line.data[1] / step)
    if opcode == 10:
        data |= sum(flag << 32 + k for k, flag in enumerate(line.negate))
    elif any(line.negate):
        opcode = -opcode
    return [a, b, opcode, data, *tail]
