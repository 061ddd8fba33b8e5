# SPDX-License-Identifier: Apache-2.0
"""C++ spelling of types, numbers, arrays and names."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from nnhw.numeric.types import FixedType, Mantissas

__all__ = ["Names", "array_text", "literal", "meaning", "range_type", "type_name"]

#: Columns of a generated file.
_COLUMNS = 100

#: Words that are no names of ours in a C++ file: the language's, the library's, our own.
_RESERVED = frozenset("""
    alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t
    class compl const constexpr const_cast continue decltype default delete do double dynamic_cast
    else enum explicit export extern false float for friend goto if inline int long mutable
    namespace new noexcept not not_eq nullptr operator or or_eq private protected public register
    reinterpret_cast return short signed sizeof static static_assert static_cast struct switch
    template this thread_local throw true try typedef typeid typename union unsigned using virtual
    void volatile wchar_t while xor xor_eq main nnhw hls std frame
    abs acos asin atan ceil cos cosh div exit exp fabs floor fmod free j0 j1 jn labs log log10 pow
    printf rand read remove rename round sin sinh sqrt tan tanh time write y0 y1 yn index gamma
    signal select open close pipe link send recv bind accept sleep connect listen clock abort
""".split())


def type_name(element: FixedType) -> str:
    """The integer type of mantissas of ``element``.

    >>> type_name(FixedType(16, 10)), type_name(FixedType(8, 8, signed=False))
    ('ap_int<16>', 'ap_uint<8>')
    """
    return f"ap_{'' if element.signed else 'u'}int<{element.width}>"


def meaning(element: FixedType) -> str:
    """What a mantissa of ``element`` stands for, for a comment.

    >>> meaning(FixedType(16, 10)), meaning(FixedType(8))
    ('fixed<16,6>: value = mantissa * 2^-10', 'fixed<8,8>: value = mantissa')
    """
    return f"{element}: value = mantissa" + (f" * 2^{-element.frac}" if element.frac else "")


def literal(value: int, element: FixedType) -> str:
    """A mantissa of ``element`` as a C++ expression.

    >>> literal(-5, FixedType(8)), literal(1 << 40, FixedType(48))
    ('-5', '1099511627776LL')
    """
    if -(1 << 31) < value < 1 << 31:
        return str(value)
    if -(1 << 63) < value < 1 << 63:
        return f"{value}LL"
    if 0 <= value < 1 << 64:
        return f"{value}ULL"
    sign = "-" if value < 0 else ""
    return f'{type_name(element)}("{sign}{abs(value):x}", 16)'


def array_text(values: Mantissas, element: FixedType) -> str:
    """Nested braces, wrapped to the width of a page."""
    flat = values.reshape(-1).tolist()
    if element.width <= 31:
        words = list(map(str, flat))
    else:
        words = [literal(int(value), element) for value in flat]
    return _braces(words, values.shape)


def _braces(words: Sequence[str], shape: tuple[int, ...]) -> str:
    if len(shape) == 1:
        return "{" + _wrapped(words) + "}"
    each = len(words) // shape[0]
    parts = [_braces(words[k * each:(k + 1) * each], shape[1:]) for k in range(shape[0])]
    return "{" + ",\n".join(parts) + "}"


def _wrapped(words: Iterable[str]) -> str:
    lines: list[str] = []
    line: list[str] = []
    room = _COLUMNS - 8
    for word in words:
        room -= len(word) + 2
        if room < 0 and line:
            lines.append(", ".join(line))
            line, room = [], _COLUMNS - 8 - len(word) - 2
        line.append(word)
    return ",\n    ".join([*lines, ", ".join(line)])


class Names:
    """Identifiers for a project, none of them taken twice, whatever is appended to them."""

    _SUFFIXES = ("", "_t", "_layer", "_word", "_port", "_weight", "_bias", "_table",
                 "_multiplier", "_offset", "_slope", "_threshold", "_descending", "_exp",
                 "_recip", "_drop", "_take", "_give")

    def __init__(self) -> None:
        self._taken: set[str] = set(_RESERVED)

    def take(self, name: str) -> str:
        """An identifier as near to ``name`` as possible.

        >>> names = Names()
        >>> names.take("fc-1"), names.take("fc_1"), names.take("int")
        ('fc_1', 'fc_1_2', 'int_2')
        """
        base = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")
        base = re.sub("__+", "_", base) or "n"
        base = base if base[0].isalpha() else f"n{base}"
        found, number = base, 1
        while any(found + suffix in self._taken for suffix in self._SUFFIXES):
            number += 1
            found = f"{base}_{number}"
        self._taken.update(found + suffix for suffix in self._SUFFIXES)
        return found


def range_type(values: Any, frac: int = 0) -> FixedType:
    """Narrowest type of whole arrays of constants."""
    array = np.asarray(values)
    return FixedType.containing(int(array.min(initial=0)), int(array.max(initial=0)), frac)
