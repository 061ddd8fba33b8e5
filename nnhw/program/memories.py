# SPDX-License-Identifier: Apache-2.0
"""Memories of wide words in a program: one table, of which each value is a field."""

from collections.abc import Sequence

from nnhw.numeric.types import FixedType
from nnhw.program.builder import Kind, Program, Value
from nnhw.program.steps import Table

__all__ = ["memory", "written_memory"]


def memory(p: Program, index: Value, columns: Sequence[Sequence[int]], name: str = "",
           labels: Sequence[str] = ()) -> list[Value]:
    """One registered table of wide words: value ``columns[k][index]`` for every ``k``.

    ``labels`` name the values in Verilog.
    """
    if index.low == index.high:
        return [p.const(int(c[index.low])) for c in columns]
    types = [FixedType.containing(min(c), max(c)) for c in columns]
    varying = [k for k, c in enumerate(columns) if min(c) != max(c)]
    offsets, total = {}, 0
    for k in varying:
        offsets[k], total = total, total + types[k].width
    fixed = {k: p.const(int(c[0])) for k, c in enumerate(columns) if k not in offsets}
    if not varying:
        return [fixed[k] for k in range(len(columns))]
    words = tuple(_pack([(int(columns[k][i]), offsets[k], types[k].width) for k in varying])
                  for i in range(index.high + 1))
    word = p.emit(Kind.TABLE, (index,), 0, (1 << total) - 1, Table(words, True, total, False),
                  name)
    return [fixed[k] if k in fixed else p.emit(
        Kind.FIELD, (word,), int(min(columns[k])), int(max(columns[k])),
        (offsets[k], types[k]), labels[k] if labels else "") for k in range(len(columns))]


def written_memory(p: Program, index: Value, columns: Sequence[Sequence[int]], element: FixedType,
                   name: str, labels: Sequence[str]) -> list[Value]:
    """As ``memory``, whose values may be replaced by any others of type ``element``.

    It is written through the port ``name``; value ``k`` lies ``k`` elements above bit 0.
    """
    width, total = element.width, element.width * len(columns)
    words = tuple(_pack([(int(c[at]), k * width, width) for k, c in enumerate(columns)])
                  for at in range(index.high + 1))
    word = p.emit(Kind.TABLE, (index,), 0, (1 << total) - 1,
                  Table(words, True, total, False, name), name)
    return [p.emit(Kind.FIELD, (word,), element.min, element.max, (k * width, element), label)
            for k, label in enumerate(labels)]


def _pack(fields: Sequence[tuple[int, int, int]]) -> int:
    """Word of ``(value, offset, width)`` fields."""
    word = 0
    for value, offset, width in fields:
        word |= (value & ((1 << width) - 1)) << offset
    return word
