# SPDX-License-Identifier: Apache-2.0
"""Where a memory goes, and LUTs of a table that goes into logic."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nnhw.estimate.fabric import Fabric, Memory
from nnhw.estimate.logic import Logic
from nnhw.program.steps import Table

__all__ = ["Place", "place", "table_luts", "table_outputs"]


@dataclass(frozen=True)
class Place:
    """Where a memory lies.

    Parameters
    ----------
    cell : Memory or None
        None is logic and registers.
    cells : int
        How many of it.
    rows : int
        How many lie behind each other, between which a word is selected.
    """

    cell: Memory | None
    cells: int = 0
    rows: int = 1


def place(fabric: Fabric, words: int, width: int, *, written: bool, block: bool = False,
          reads: int = 1, at_once: bool = False) -> Place:
    """The cheapest by Yosys' own weights.

    Parameters
    ----------
    written : bool
        Whether it is more than a table.
    block : bool
        Whether a memory block is asked for.
    reads : int
        Ports that read it: blocks with two such ports serve them in pairs.
    at_once : bool
        Whether what is read shows in the same cycle, as blocks cannot.
    """
    best, found = int(words * width * (1 if written else fabric.table_bit)), Place(None, 0, words)
    if block:
        best = 1 << 60
    for cell in fabric.memories:
        if (cell.lut and (block or not written)) or (cell.bram and at_once):
            continue
        cost, cells, rows = min(
            _cost(cell, words, width, shape, -(-reads // (1 + (shape[0] <= cell.dual))))
            for shape in cell.shapes)
        if cost < best:
            best, found = int(cost), Place(cell, cells, rows)
    return found


def _cost(cell: Memory, words: int, width: int, shape: tuple[int, int],
          copies: int) -> tuple[float, int, int]:
    bits, depth = shape
    rows = -(-words // depth)
    cells = -(-rows * width // bits)
    cost = (cell.cost - cell.scale) * cells + cell.scale * rows * width / bits
    return copies * cost + (rows - 1) * width / 2 + 2, copies * cells, rows


def table_outputs(logic: Logic, table: Table, index: Sequence[int]) -> list[int]:
    """Bits of a table's entry in logic; equal columns are one signal.

    A register behind one that is constant in a half of the table is set or cleared there, and so
    none that a block can have.
    """
    size = 1 << table.address_width
    values = table.values + table.values[-1:] * (size - len(table.values))
    columns = [tuple(v >> k & 1 for v in values) for k in range(table.width)]
    distinct = [column for column in dict.fromkeys(columns) if len(set(column)) > 1]
    signals = logic.part("table", index, len(distinct), columns=distinct,
                         words=len(table.values))
    half = size // 2
    for column, signal in zip(distinct, signals, strict=True):
        if len(set(column[:half])) == 1 or len(set(column[half:len(values)])) == 1:
            logic.fixed.add(signal)
    found = dict(zip(distinct, signals, strict=True))
    return [found.get(column, column[0]) for column in columns]


def table_luts(fabric: Fabric, columns: Iterable[Sequence[int]]) -> float:
    """LUTs of functions of one index, given by their values; equal parts are made once.

    A function of more bits than a LUT has inputs is split by its highest bit, and a multiplexer
    selects between the halves.
    """
    seen: set[tuple[int, ...]] = set()
    return sum(_luts(fabric, tuple(column), seen) for column in columns)


def _luts(fabric: Fabric, column: tuple[int, ...], seen: set[tuple[int, ...]]) -> float:
    """LUTs that a function of ``len(column)`` values (a power of two) takes in addition."""
    column = _reduced(column)
    if len(column) <= 2 or column in seen:
        return 0
    if len(column) <= 1 << fabric.inputs:
        seen.add(column)
        return 1
    joined = len(column) >> fabric.inputs
    if len(column) <= 1 << fabric.wide and fabric.inputs == 6:
        seen.add(column)
        return joined
    half, inside = len(column) // 2, set(seen)
    # Two levels of selection share a LUT of six inputs, one takes a LUT of four.
    split = (_luts(fabric, column[:half], inside) + _luts(fabric, column[half:], inside)
             + (1 / 3 if fabric.inputs == 6 else 1))
    if len(column) <= 1 << fabric.wide and joined <= split:
        seen.add(column)
        return joined
    seen |= inside | {column}
    return split


def _reduced(column: tuple[int, ...]) -> tuple[int, ...]:
    """Without index bits that make no difference."""
    at = 1
    while at < len(column):
        if all(column[k] == column[k | at] for k in range(len(column)) if not k & at):
            column = tuple(v for k, v in enumerate(column) if not k & at)
        else:
            at *= 2
    return column
