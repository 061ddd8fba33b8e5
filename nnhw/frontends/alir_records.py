# SPDX-License-Identifier: Apache-2.0
"""Operations of DAIS and ALIR programs as each version writes them down."""

from collections.abc import Callable
from dataclasses import dataclass
from math import frexp
from typing import Any

from nnhw.errors import UnsupportedError

__all__ = ["NAMES", "RECORDS", "Operation"]

#: What each code of version 4 means.
NAMES = {-2: "negation", -1: "input", 0: "addition", 1: "subtraction", 2: "relu", 3: "quantization",
         4: "addition of a constant", 5: "constant", 6: "select by top bit", 7: "multiplication",
         8: "table", 9: "bitwise of one", 10: "bitwise of two", 11: "sum"}
#: Number of operands (None: any) and, at least, of data.
_FORM = {-2: (1, 0), -1: (0, 1), 0: (2, 1), 1: (2, 1), 2: (1, 0), 3: (1, 1), 4: (1, 2), 5: (0, 1),
         6: (3, 1), 7: (2, 0), 8: (1, 1), 9: (1, 1), 10: (2, 2), 11: (None, 0)}
#: Largest shift that a program may ask for; a damaged one might ask for any.
_REACH = 1024


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, in the form of version 4.

    Parameters
    ----------
    opcode : int
        See ``NAMES``.
    args : tuple of int
        Earlier operations.
    data : tuple of int
        Shifts, constants, numbers of inputs and tables.
    interval : (float, float, float)
        Smallest and largest value, and the step between values.
    negated : tuple of bool
        Operands negated before use; only before version 2.
    """

    opcode: int
    args: tuple[int, ...]
    data: tuple[int, ...]
    interval: tuple[float, float, float]
    negated: tuple[bool, ...]


def _operation(k: int, opcode: int, args: tuple[int, ...], data: tuple[int, ...], interval: Any,
               negated: tuple[bool, ...] = ()) -> Operation:
    if opcode not in NAMES:
        raise _unknown(k, opcode)
    operands, numbers = _FORM[opcode]
    if operands not in (None, len(args)) or len(data) < numbers:
        raise ValueError(f"operation {k} ({NAMES[opcode]}) has {len(args)} operands and "
                         f"{len(data)} numbers")
    low, high, step = (float(end) for end in interval)
    if not (step > 0 and frexp(step)[0] == 0.5 and low <= high):
        raise ValueError(f"operation {k} has the interval [{low}, {high}] in steps of {step}")
    shifts = {0: data[:1], 1: data[:1], 3: data[:1], 4: data[1:2], 6: data[:1], 10: data[:1],
              11: data[1::2]}.get(opcode, ())
    if any(abs(by) > _REACH for by in shifts):
        raise ValueError(f"operation {k} ({NAMES[opcode]}) shifts by {max(shifts, key=abs)} bits")
    return Operation(opcode, args, data, (low, high, step), negated or (False,) * len(args))


def _unknown(k: int, opcode: int) -> UnsupportedError:
    return UnsupportedError(f"operation {k} has the code {opcode}, which is not supported; codes "
                            f"{min(NAMES)} to {max(NAMES)} are")


def _signed(number: int, bits: int) -> int:
    """Low bits of a number as two's complement."""
    return ((number + (1 << bits - 1)) & ((1 << bits) - 1)) - (1 << bits - 1)


def _first(k: int, record: Any) -> Operation:
    """Of da4ml: negative codes negate an operand; constants count steps of the result."""
    a, b, opcode, data = (int(number) for number in record[:4])
    interval = record[4]
    if opcode in (-2, -3, -6, -9):
        positive = _packed(k, a, b, -opcode, data, interval)
        flags = [False] * len(positive.args)
        flags[1 if opcode == -6 else 0] = True
        return _operation(k, -opcode, positive.args, positive.data, interval, tuple(flags))
    if opcode == 4:
        frac = 1 - frexp(interval[2])[1]
        return _operation(k, 4, (a,), (_signed(data, 64), frac), interval)
    if opcode == 10:
        flags = [bool(data >> 32 & 1), bool(data >> 33 & 1)]
        found = _packed(k, a, b, opcode, data, interval)
        return _operation(k, 10, found.args, found.data, interval, tuple(flags))
    return _packed(k, a, b, opcode, data, interval)


def _second(k: int, record: Any) -> Operation:
    """Version 2: two operands, and all numbers packed into one."""
    a, b, opcode, data = (int(number) for number in record[:4])
    return _packed(k, a, b, opcode, data, record[4])


def _packed(k: int, a: int, b: int, opcode: int, data: int, interval: Any) -> Operation:
    low, high = _signed(data, 32), _signed(data >> 32, 32)
    whole = _signed(data, 64)
    match opcode:
        case -2 | 2:
            return _operation(k, opcode, (a,), (), interval)
        case -1:
            return _operation(k, opcode, (), (a,), interval)
        case 0 | 1:
            return _operation(k, opcode, (a, b), (whole,), interval)
        case 3:
            return _operation(k, opcode, (a,), (0,), interval)
        case 4:
            return _operation(k, opcode, (a,), (low, high), interval)
        case 5:
            return _operation(k, opcode, (), (whole,), interval)
        case 6:
            return _operation(k, opcode, (a, b, low), (high,), interval)
        case 7:
            return _operation(k, opcode, (a, b), (), interval)
        case 8 | 9:
            return _operation(k, opcode, (a,), (whole,), interval)
        case 10:
            return _operation(k, opcode, (a, b), (low, data >> 56 & 0xFF), interval)
    raise _unknown(k, opcode)


def _third(k: int, record: Any) -> Operation:
    """Version 3: any number of operands; a quantization does not shift."""
    opcode = int(record[1])
    data = (0,) if opcode == 3 else tuple(int(number) for number in record[2])
    return _operation(k, opcode, tuple(int(a) for a in record[0]), data, record[3])


def _fourth(k: int, record: Any) -> Operation:
    """Version 4: what the others are read into."""
    args, data = (tuple(int(number) for number in part) for part in (record[0], record[2]))
    return _operation(k, int(record[1]), args, data, record[3])


#: Reader of an operation by version; 0 is da4ml before there were versions.
RECORDS: dict[int, Callable[[int, Any], Operation]] = {
    0: _first, 2: _second, 3: _third, 4: _fourth}
