# SPDX-License-Identifier: Apache-2.0
"""What a layer's ``hls`` facet says of an operation: constants, members, and how it is called."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nnhw.hls.cpp import literal, range_type, type_name
from nnhw.numeric.types import FixedType, Mantissas

__all__ = ["Constant", "Kernel", "Place", "channelled", "constant", "number", "period",
           "table_kind", "typedef"]

#: Tables above this many bits lie in block RAM, as in the RTL.
_LUT_ROM_BITS = 1024


@dataclass(frozen=True, eq=False)
class Place:
    """Where an operation stands in the project.

    Parameters
    ----------
    name : str
        Its identifier, which begins the names of its constants.
    lanes : int
        Elements of its operand in a beat.
    blocks : (int, int)
        Column and row blocks of a folded Dense; (1, 1) for all else.
    """

    name: str
    lanes: int
    blocks: tuple[int, int] = (1, 1)


@dataclass(frozen=True, eq=False)
class Constant:
    """An array of constants in the file of weights.

    Parameters
    ----------
    name : str
        Of the variable; ``name_t`` is its element's type.
    values : Mantissas
        In the shape of the C++ array.
    element : FixedType
        Narrowest type of its elements.
    comment : str
        What an index means.
    """

    name: str
    values: Mantissas
    element: FixedType
    comment: str


@dataclass(frozen=True, eq=False)
class Kernel:
    """A call in the top function, and what it needs.

    Parameters
    ----------
    header : str
        File of ``include/nnhw`` with the template.
    call : str
        What stands before the parenthesis, without ``nnhw::``; ``LAYER`` is the layer's struct.
    members : sequence of str
        Lines of the layer's struct beside the types of operands and result.
    constants : sequence of Constant
        Arrays.
    arguments : sequence of str
        Of the call, after the operands and the result.
    storage : sequence of (str, str)
        Variables that the top function places: name and ``bram`` or ``lutram``.
    period : int or None
        Elements of the operand after which constants repeat; None is the last axis.
    """

    header: str
    call: str
    members: Sequence[str] = ()
    constants: Sequence[Constant] = ()
    arguments: Sequence[str] = ()
    storage: Sequence[tuple[str, str]] = field(default=())
    period: int | None = None


def typedef(name: str, element: FixedType) -> str:
    """A member that names a type.

    >>> typedef("to_t", FixedType(8))
    'typedef ap_int<8> to_t;'
    """
    return f"typedef {type_name(element)} {name};"


def number(name: str, value: int, kind: str, element: FixedType) -> list[str]:
    """A member function without argument that returns a number, as type ``kind``."""
    return [f"static {kind} {name}() {{", "#pragma HLS INLINE",
            f"  return {kind}({literal(value, element)});", "}"]


def constant(place: Place, what: str, values: Any, comment: str, frac: int = 0) -> Constant:
    """The array ``what`` of an operation, its type as narrow as its values allow."""
    array = np.asarray(values)
    return Constant(f"{place.name}_{what}", array, range_type(array, frac), comment)


def table_kind(table: Constant) -> str:
    """Where a table lies: ``bram`` or, if it is small, ``lutram``."""
    return "bram" if table.values.size * table.element.width > _LUT_ROM_BITS else "lutram"


def period(shape: tuple[int, ...], *values: Any) -> tuple[int, ...]:
    """Axes over which constants vary: the last one, or all where one of them has several.

    >>> period((5, 3), 1, np.zeros(3)), period((5, 3), np.zeros((5, 1)))
    ((3,), (5, 3))
    """
    return shape if any(np.ndim(value) > 1 for value in values) else shape[-1:] or (1,)


def channelled(place: Place, what: str, values: Any, axes: tuple[int, ...], kind: str,
               comment: str) -> tuple[list[str], list[Constant]]:
    """A member function ``what(int channel)`` returning type ``kind``, and its array if need be.

    ``values`` broadcast to ``axes``, as ``period`` gives them; a channel is a place among these.
    """
    flat = np.broadcast_to(np.asarray(values), axes).reshape(-1)
    first = int(flat[0])
    if (flat == first).all():
        text = literal(first, range_type(flat))
        return [f"static {kind} {what}(int) {{", "#pragma HLS INLINE",
                f"  return {kind}({text});", "}"], []
    array = constant(place, what, flat, comment)
    split = "complete" if place.lanes >= len(flat) else f"cyclic factor={place.lanes}"
    return [f"static {kind} {what}(int channel) {{", "#pragma HLS INLINE",
            f"#pragma HLS ARRAY_PARTITION variable={array.name} {split} dim=1",
            f"  return {kind}({array.name}[channel]);", "}"], [array]
