# SPDX-License-Identifier: Apache-2.0
"""Signals of what many components have: counters, memories, delays, selections."""

from typing import Any

from nnhw.estimate.arithmetic import add, constant
from nnhw.estimate.fabric import Fabric
from nnhw.estimate.logic import ONE, Logic
from nnhw.estimate.memories import place

__all__ = ["counted", "delayed", "memory", "payload_bits", "select"]


def payload_bits(port: Any) -> int:
    """Bits of a stream's payload."""
    return len(port.payload.as_value())


def memory(logic: Logic, fabric: Fabric, words: int, word: list[int], write: list[int],
            read: list[int], *, late: int = ONE, block: bool = False) -> list[int]:
    """A memory that is written and read; ``late`` enables the register of a word that is read."""
    where = place(fabric, words, len(word), written=True, block=block, at_once=late == ONE)
    found = logic.part("memory", [*word, *write, *read], len(word), where=where)
    if late == ONE or (where.cell is not None and where.cell.bram):
        return found
    return [logic.register(bit, late) for bit in found]


def delayed(logic: Logic, fabric: Fabric, word: list[int], length: int, push: int) -> list[int]:
    """A word again, ``length`` pushes later; see ``nnhw.hw.delay_line``."""
    if length <= 2:
        for _ in range(length):
            word = [logic.register(bit, push) for bit in word]
        return word
    state = [logic.state() for _ in range((length - 1).bit_length())]
    end = logic.tree(state)
    after = [logic.part("mask", [bit, end], 1)[0] for bit in add(
        logic, fabric, state, constant(1, len(state)))]
    for bit, following in zip(state, after, strict=True):
        logic.feed(bit, following, push)
    return memory(logic, fabric, length, word, [*state, push], after, late=push)


def counted(logic: Logic, fabric: Fabric, count: int, enable: int, last: int,
             ) -> tuple[list[int], int]:
    """A counter that begins anew where ``last`` says."""
    width = max(count - 1, 1).bit_length()
    state = [logic.state() for _ in range(width)]
    after = add(logic, fabric, state, constant(1, width), counts=True)
    clear = logic.gate(last, enable)
    for bit, following in zip(state, after, strict=True):
        logic.feed(bit, following, enable, clear)
    return state, logic.tree(state)


def select(logic: Logic, index: list[int], parts: list[list[int]]) -> list[int]:
    """The part that an index names."""
    if len(parts) == 1:
        return parts[0]
    return logic.part("select", [*index, *(bit for part in parts for bit in part)], len(parts[0]),
                      ways=len(parts))
