# SPDX-License-Identifier: Apache-2.0
"""Softmax: the circuit."""

from collections.abc import Sequence

from nnhw.hw.serial_softmax import SerialSoftmax
from nnhw.layers.lookup.rtl import read
from nnhw.layers.softmax.op import Softmax
from nnhw.numeric.types import FixedType
from nnhw.program.beat import Beat
from nnhw.program.builder import Program, Value

__all__ = ["axis", "component", "fits", "kernel", "lanes"]


def axis(op: Softmax) -> int:
    """A beat carries whole vectors of the last axis."""
    return op.x.shape[-1]


def component(op: Softmax, lanes: int) -> SerialSoftmax:
    """The circuit for one element a beat, which makes a vector's results one after the other."""
    assert lanes == 1, op.name
    return SerialSoftmax(op)


def lanes(op: Softmax, offered: int, reader: object) -> tuple[int, int]:
    """Elements in a beat of that circuit, in and out."""
    return 1, 1


def fits(op: Softmax, offered: int, spare: int) -> bool:
    """Whether that circuit is no slower than what is ahead of it.

    ``offered`` elements come in a beat, and the network takes a frame every ``spare`` cycles.
    """
    return offered < axis(op) and SerialSoftmax(op).interval <= spare


def kernel(op: Softmax, beat: Beat, x: Sequence[Value]) -> list[Value]:
    """Each vector by itself."""
    size = op.x.shape[-1]
    results: list[Value] = []
    for at in range(0, len(x), size):
        results += _vector(op, beat.program, x[at:at + size])
    return results


def _vector(op: Softmax, p: Program, x: Sequence[Value]) -> list[Value]:
    highest = _maximum(p, x)
    exponentials = [_exponential(op, p, highest, value) for value in x]
    total = p.known(p.sum(exponentials, "sum"), op.one, len(x) * op.one)
    shifted, shift_bits = _normalise(op, p, total)
    reciprocal = _reciprocal(op, p, p.subtract(shifted, p.const(1 << op.sum_bits - 1)))
    return [_result(op, p, p.mul(e, reciprocal, "product"), shift_bits) for e in exponentials]


def _maximum(p: Program, x: Sequence[Value]) -> Value:
    level = list(x)
    while len(level) > 1:
        pairs = [p.maximum(a, b, "max") for a, b in zip(level[::2], level[1::2], strict=False)]
        level = pairs + level[len(level) - len(level) % 2:]
    return level[0]


def _exponential(op: Softmax, p: Program, highest: Value, x: Value) -> Value:
    distance = p.subtract(highest, x, "distance")
    distance = p.known(distance, 0, distance.high)
    half = 1 << op.exp_shift >> 1
    place = p.shift(p.add(distance, p.const(half)), -op.exp_shift)
    index = p.clip(place, 0, len(op.exp_table) - 1)
    return read(p, index, op.exp_table.tolist(), "exp")


def _normalise(op: Softmax, p: Program, total: Value) -> tuple[Value, list[Value]]:
    """The sum shifted until its top bit is set, and the binary digits of the shift.

    The sum is at least ``op.one``, so the shift is less than the bits between them.
    """
    most = op.sum_bits - op.one.bit_length()
    bits: list[Value] = []
    for power in reversed(range(most.bit_length())):
        amount = 1 << power
        small = p.less(total, p.const(1 << max(op.sum_bits - amount, 0)), "small")
        kept = p.known(total, 0, (1 << max(op.sum_bits - amount, 0)) - 1)
        total = p.mux(small, p.shift(kept, amount), total, "normal")
        bits.append(small)
    return p.known(total, 1 << op.sum_bits - 1, (1 << op.sum_bits) - 1), bits[::-1]


def _reciprocal(op: Softmax, p: Program, above: Value) -> Value:
    """Of the normalised sum, given how far that is above a power of two."""
    index = p.known(p.shift(above, -op.recip_shift), 0, len(op.recip_table) - 1)
    reciprocal = read(p, index, op.recip_table.tolist(), "reciprocal")
    if op.drop_table is None:
        return reciprocal
    drop = read(p, index, op.drop_table.tolist(), "drop")
    rest = p.wrap(above, FixedType(op.recip_shift, signed=False))
    fall = p.shift(p.mul(drop, rest, "fall"), -op.recip_shift)
    least = int((op.recip_table - op.drop_table).min())
    return p.known(p.subtract(reciprocal, fall), least, reciprocal.high)


def _result(op: Softmax, p: Program, product: Value, shift_bits: Sequence[Value]) -> Value:
    for power, bit in enumerate(shift_bits):
        product = p.mux(bit, p.shift(product, 1 << power), product)
    half = 1 << op.y_shift >> 1
    rounded = p.shift(p.add(product, p.const(half)), -op.y_shift)
    return p.clip(rounded, 0, 1 << op.frac)
