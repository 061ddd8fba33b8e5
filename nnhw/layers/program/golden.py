# SPDX-License-Identifier: Apache-2.0
"""Program: the reference result, bit for bit."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnhw.layers.program.intervals import BITWISE_CODES
from nnhw.layers.program.listing import Code, Instruction
from nnhw.layers.program.op import StraightLine
from nnhw.numeric.bits import BITWISE
from nnhw.numeric.golden import as_mantissas
from nnhw.numeric.types import Mantissas

__all__ = ["run"]

#: Samples at once: many for each call of NumPy, but the values still to be read fit a cache.
_CHUNK = 8192
#: Bits that integers of a kind hold without any doubt; beyond the last, Python's own.
_SAFE = ((30, np.int32), (62, np.int64))


def run(op: StraightLine, x: Mantissas) -> Mantissas:
    """Apply ``op`` to an array of shape (..., elements)."""
    flat, widest = x.reshape(-1, x.shape[-1]), _widest(op)
    kind = np.dtype(next((kind for bits, kind in _SAFE if widest <= bits), object))
    forgotten = _forgotten(op)
    parts = [_chunk(op, flat[at:at + _CHUNK].T.astype(kind), forgotten)
             for at in range(0, max(len(flat), 1), _CHUNK)]
    return as_mantissas(np.concatenate(parts).reshape(*x.shape[:-1], -1))


def _widest(op: StraightLine) -> int:
    """Bits of the largest number met on the way, shifted operands and constants included."""
    widest = 1
    for step, ends in zip(op.instructions, op.intervals, strict=True):
        widest = max([widest, *(end.bit_length() for end in ends)])
        if step.code in (Code.ADD, Code.SUBTRACT):
            widest = max([widest, *(end.bit_length() + by for a, by in zip(
                step.args, (step.p, step.q), strict=True) for end in op.intervals[a])])
        elif step.code is Code.WRAP:
            ends = op.intervals[step.args[0]]
            widest = max([widest, step.p + 1, *(end.bit_length() + 1 for end in ends)])
        elif step.code in (Code.EQUAL, Code.TABLE):
            widest = max(widest, step.p.bit_length(), step.q.bit_length() + 1)
    return widest


def _forgotten(op: StraightLine) -> dict[int, list[int]]:
    """Values that nobody reads behind an instruction."""
    last = {a: k for k in op.live for a in op.instructions[k].args}
    kept, result = set(op.results.tolist()), dict[int, list[int]]()
    for value, k in last.items():
        if value not in kept:
            result.setdefault(k, []).append(value)
    return result


def _chunk(op: StraightLine, x: Any, forgotten: dict[int, list[int]]) -> Any:
    """Results, shape (samples, results), of elements, shape (elements, samples)."""
    values: dict[int, Any] = {}
    samples, kind = x.shape[1], x.dtype
    for k in op.live:
        step = op.instructions[k]
        if step.code is Code.INPUT:
            values[k] = x[step.p]
        else:
            values[k] = _apply(op, step, [values[a] for a in step.args])
        if step.code in (Code.EQUAL, Code.TABLE):
            values[k] = np.asarray(values[k]).astype(kind)
        for value in forgotten.get(k, ()):
            del values[value]
    return np.stack([np.broadcast_to(np.asarray(values[k], dtype=kind), (samples,))
                     for k in op.results.tolist()], axis=1)


def _shifted(a: Any, left: int) -> Any:
    if left == 0:
        return a  # most operands of sums
    return a << left if left > 0 else a >> -left


def _apply(op: StraightLine, step: Instruction, args: Sequence[Any]) -> Any:
    if step.code in BITWISE_CODES:
        return BITWISE[BITWISE_CODES[step.code]](args[0], args[1])
    p, q = step.p, step.q
    match step.code:
        case Code.CONST:
            return p
        case Code.ADD:
            return _shifted(args[0], p) + _shifted(args[1], q)
        case Code.SUBTRACT:
            return _shifted(args[0], p) - _shifted(args[1], q)
        case Code.SHIFT:
            return _shifted(args[0], p)
        case Code.MULTIPLY:
            return args[0] * args[1]
        case Code.RELU:
            return np.maximum(args[0], 0)
        case Code.BIT:
            return (args[0] >> p) & 1
        case Code.EQUAL:
            return np.equal(args[0], p) * 1
        case Code.SELECT:
            return np.where(np.asarray(args[0], dtype=bool), args[1], args[2])
        case Code.WRAP:
            half = 1 << p >> 1 if q else 0
            return ((args[0] + half) & ((1 << p) - 1)) - half
        case _:
            table = op.tables[p]
            return table[np.clip(args[0] - q, 0, len(table) - 1).astype(np.int64)]
