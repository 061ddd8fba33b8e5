# SPDX-License-Identifier: Apache-2.0
"""Sums, comparisons and products of signals, as a family's cells make them."""

from collections.abc import Sequence

from nnhw.estimate.fabric import Fabric
from nnhw.estimate.logic import ONE, ZERO, Logic

__all__ = ["add", "add_three", "constant", "counter", "equal", "less", "wide"]

Word = list[int]


def constant(number: int, width: int) -> Word:
    """Bits of a number in two's complement."""
    return [number >> k & 1 for k in range(width)]


def wide(word: Sequence[int], signed: bool, width: int) -> Word:
    """A word extended, or cut, to a width."""
    top = word[-1] if signed and word else ZERO
    return [*word[:width], *[top] * (width - len(word))]


def add(logic: Logic, fabric: Fabric, a: Word, b: Word, subtract: bool = False, *,
        counts: bool = False) -> Word:
    """``a + b`` or ``a - b`` of equal widths; low bits that one operand decides are wires.

    ``counts``: it is a counter's.
    """
    base = 0
    while base < len(a) and (b[base] == ZERO or (a[base] == ZERO and not subtract)):
        base += 1
    low = [y if x == ZERO else x for x, y in zip(a[:base], b[:base], strict=True)]
    signals = [s for s in (*a[base:], *b[base:]) if s > ONE]
    if len(signals) == 1:
        return low + [logic.inverse(s) if s > ONE else logic.inverse(signals[0])
                      for s in a[base:]]
    return low + _chain(logic, fabric, a[base:], b[base:], subtract, counts)


def _chain(logic: Logic, fabric: Fabric, a: Word, b: Word, subtract: bool,
           counts: bool) -> Word:
    if len(a) <= fabric.small_sum:
        return _ripple(logic, a, b)
    if fabric.carry == "within" and subtract:
        b = [logic.inverse(bit) for bit in b]
    reads = [*a, *b]
    if fabric.carry == "lut":
        if not subtract and any(map(logic.is_gate, a)) and not any(map(logic.is_gate, b)):
            a, b = b, a
        reads = [*a, *(_beside(logic, x, y, subtract) for x, y in zip(a, b, strict=True))]
    return logic.part("chain", reads, len(a), counts=counts, operands=(tuple(a), tuple(b)))


def _beside(logic: Logic, x: int, y: int, subtract: bool) -> int:
    """The LUT beside a bit of the chain: none where the bit goes into it as it is."""
    if y <= ONE:
        return x if y == int(subtract) else logic.inverse(x)
    return logic.gate(x, y)


def _ripple(logic: Logic, a: Word, b: Word) -> Word:
    carry, result = ZERO, []
    for x, y in zip(a, b, strict=True):
        result.append(logic.gate(x, y, carry))
        carry = logic.gate(x, y, carry)
    return result


def add_three(logic: Logic, fabric: Fabric, terms: Sequence[Word]) -> Word:
    """Three operands in one chain, a LUT for each bit where two of them overlap.

    Where chains are of cells of their own, the last operand is a constant, and free.
    """
    width, base = len(terms[0]), 0
    while base < width and sum(term[base] != ZERO for term in terms) < 2:
        base += 1
    low = [next((bit for bit in bits if bit != ZERO), ZERO)
           for bits in zip(*(term[:base] for term in terms), strict=True)]
    upper = [term[base:] for term in terms]
    reads = [bit for term in upper for bit in term]
    if fabric.carry == "cell":
        a, b, _ = map(tuple, upper)
        return low + logic.part("chain", reads, width - base, operands=(a, b))
    return low + logic.part("chain3", reads, width - base)


def less(logic: Logic, fabric: Fabric, a: Word, b: Word) -> int:
    """Whether ``a < b``, of equal widths."""
    known = all(bit <= ONE for bit in a) or all(bit <= ONE for bit in b)
    bits = [s for s in (*a, *b) if s > ONE]
    if known and len(set(bits)) <= fabric.inputs:
        return logic.gate(*bits)
    if fabric.lookahead:
        return _lookahead(logic, fabric.inputs // (1 if known else 2), a, b)
    pairs = list(zip(a, b, strict=True))
    if len(a) <= fabric.small_sum:
        return _reduced(logic, pairs)
    if fabric.carry == "within":
        b = [logic.inverse(bit) for bit in b]
    out, top = logic.part("compare", [*a, *b], 2)
    result = logic.gate(out, top, a[-1], b[-1])
    logic.compared.add(result)
    return result


def _lookahead(logic: Logic, share: int, a: Word, b: Word) -> int:
    """Groups of bits, each a LUT that it is equal and one that it is larger."""
    pairs = list(zip(a, b, strict=True))[::-1]
    groups = [[s for pair in pairs[k:k + share] for s in pair]
              for k in range(0, len(pairs), share)]
    if len(groups) <= 2:
        return logic.gate(*(logic.gate(*group) for group in groups for _ in range(2)))
    return logic.part("compare", [logic.gate(*group) for group in groups for _ in range(2)], 1)[0]


def _reduced(logic: Logic, pairs: Sequence[tuple[int, int]]) -> int:
    found = ZERO
    for a, b in pairs:
        found = logic.gate(a, b, found)
    return found


def equal(logic: Logic, a: Word, b: Word) -> int:
    """Whether two words are the same."""
    if all(bit <= ONE for bit in b):
        return logic.tree(a)
    if all(bit <= ONE for bit in a):
        return logic.tree(b)
    return logic.tree([logic.gate(x, y) for x, y in zip(a, b, strict=True)])


def counter(logic: Logic, fabric: Fabric, count: int, enable: int) -> tuple[Word, int]:
    """A register that counts from 0 to ``count - 1`` and again; also whether it is at its end."""
    if count == 1:
        return [ZERO], ONE
    width = (count - 1).bit_length()
    state = [logic.state() for _ in range(width)]
    logic.counters.update(state)
    after = add(logic, fabric, state, constant(1, width), counts=True)
    end = logic.tree(state)
    wraps = count == 1 << width
    clear = ZERO if wraps else logic.gate(end, enable)
    for bit, following in zip(state, after, strict=True):
        logic.feed(bit, following, enable, clear)
    return state, end
