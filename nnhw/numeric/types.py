# SPDX-License-Identifier: Apache-2.0
"""Fixed-point types. A value is an integer mantissa; it stands for ``mantissa * 2**-frac``."""

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np

from nnhw.errors import ConfigError, suggest

__all__ = ["FixedType", "Mantissas", "Overflow", "Quantizer", "Rounding", "parse_type"]

#: int64, or Python integers (``dtype=object``) where a mantissa may need more than 62 bits.
Mantissas = np.ndarray[tuple[int, ...], np.dtype[Any]]


class Rounding(Enum):
    """Where a discarded fraction goes, named by the result rather than by a tool.

    The ``ap_fixed`` names are those of AMD UG1399, "Arbitrary Precision Fixed-Point Data Types".
    """

    FLOOR = "floor"  # toward -inf; AP_TRN
    ZERO = "zero"  # toward zero; AP_TRN_ZERO
    CEIL = "ceil"  # toward +inf; QONNX CEIL
    AWAY = "away"  # away from zero; QONNX UP
    HALF_UP = "half_up"  # nearest, ties toward +inf; AP_RND
    HALF_DOWN = "half_down"  # nearest, ties toward -inf; AP_RND_MIN_INF
    HALF_EVEN = "half_even"  # nearest, ties to even; AP_RND_CONV, ONNX, QONNX ROUND, Brevitas
    HALF_AWAY = "half_away"  # nearest, ties away from zero; AP_RND_INF, QONNX HALF_UP
    HALF_ZERO = "half_zero"  # nearest, ties toward zero; AP_RND_ZERO, QONNX HALF_DOWN


class Overflow(Enum):
    """What becomes of a value that its type cannot hold."""

    WRAP = "wrap"  # AP_WRAP: drop the high bits
    WRAP_SIGN = "wrap_sign"  # AP_WRAP_SM: the lowest lost bit becomes the sign, the rest follows
    SATURATE = "saturate"  # AP_SAT: nearest representable
    SATURATE_ZERO = "saturate_zero"  # AP_SAT_ZERO: zero
    SATURATE_SYMMETRIC = "saturate_symmetric"  # AP_SAT_SYM: nearest in -max..max


@dataclass(frozen=True, slots=True)
class FixedType:
    """Two's-complement type of ``width`` bits, ``frac`` of them fractional.

    >>> FixedType(8).min, FixedType.containing(0, 200)
    (-128, FixedType(width=8, frac=0, signed=False))
    >>> str(FixedType(16, 10)), str(FixedType(8, 8, signed=False))
    ('fixed<16,6>', 'ufixed<8,0>')
    """

    width: int
    frac: int = 0
    signed: bool = True

    def __post_init__(self) -> None:
        assert self.width >= 1, self.width

    def __str__(self) -> str:
        return f"{'' if self.signed else 'u'}fixed<{self.width},{self.width - self.frac}>"

    @property
    def min(self) -> int:
        """Smallest mantissa."""
        return -(1 << (self.width - 1)) if self.signed else 0

    @property
    def max(self) -> int:
        """Largest mantissa."""
        return (1 << (self.width - self.signed)) - 1

    @property
    def integer(self) -> int:
        """Bits left of the binary point, the sign included: the second number of ``fixed<w,i>``."""
        return self.width - self.frac

    @classmethod
    @lru_cache(1 << 16)  # asked of every step of a program, again and again
    def containing(cls, low: int, high: int, frac: int = 0) -> "FixedType":
        """Narrowest type holding every mantissa from ``low`` to ``high``."""
        signed = low < 0
        bits = max(high.bit_length() if high > 0 else 0, (~low).bit_length() if signed else 1)
        return cls(bits + signed, frac, signed)


@dataclass(frozen=True, slots=True)
class Quantizer:
    """A type together with how a value gets into it: what ``ap_fixed<W,I,Q,O>`` states at once."""

    type: FixedType
    rounding: Rounding = Rounding.HALF_EVEN
    overflow: Overflow = Overflow.SATURATE


_AP_ROUNDING = {
    "TRN": Rounding.FLOOR,
    "TRN_ZERO": Rounding.ZERO,
    "RND": Rounding.HALF_UP,
    "RND_MIN_INF": Rounding.HALF_DOWN,
    "RND_CONV": Rounding.HALF_EVEN,
    "RND_INF": Rounding.HALF_AWAY,
    "RND_ZERO": Rounding.HALF_ZERO,
}
_AP_OVERFLOW = {
    "WRAP": Overflow.WRAP,
    "WRAP_SM": Overflow.WRAP_SIGN,
    "SAT": Overflow.SATURATE,
    "SAT_ZERO": Overflow.SATURATE_ZERO,
    "SAT_SYM": Overflow.SATURATE_SYMMETRIC,
}
_T = TypeVar("_T")
_TYPE = re.compile(r"(?:ap_|ac_)?(u?)(fixed|int)\s*<([^<>]*)>", re.IGNORECASE)


def parse_type(text: str) -> Quantizer:
    """Read ``fixed<16,6>``, ``ufixed<8,0,RND,SAT>``, ``ap_fixed<...>``, ``int<8>``.

    Rounding and overflow left out are HALF_EVEN and SATURATE, which lose least; hls4ml's defaults
    are ``TRN`` and ``WRAP`` and must be written out.

    Raises
    ------
    ConfigError
        If ``text`` is none of these.

    >>> parse_type("fixed<16,6>").type
    FixedType(width=16, frac=10, signed=True)
    """
    match = _TYPE.fullmatch(text.strip())
    if match is None:
        raise ConfigError(
            f"precision {text!r} is not understood; write for instance 'fixed<16,6>', "
            "'ufixed<8,0,RND,SAT>' or 'int<8>'"
        )
    unsigned, kind, inside = match.groups()
    fields = [field.strip() for field in inside.split(",")]
    numbers = 2 if kind.lower() == "fixed" else 1
    try:
        sizes = [int(field) for field in fields[:numbers]]
    except ValueError:
        sizes = []
    if len(sizes) != numbers or len(fields) > numbers + 2:
        raise ConfigError(
            f"precision {text!r} must have {numbers} whole number{'s' * (numbers > 1)}, then at "
            "most a rounding and an overflow mode"
        )
    width, integer = sizes[0], sizes[1] if numbers == 2 else sizes[0]
    if not 1 <= width <= 1024:
        raise ConfigError(f"precision {text!r}: width must be 1 to 1024 bits, not {width}")
    names = [field.upper().removeprefix("AP_").removeprefix("AC_") for field in fields[numbers:]]
    rounding, overflow = Rounding.HALF_EVEN, Overflow.SATURATE
    if names:
        rounding = _look_up(names[0], _AP_ROUNDING, "rounding", text)
    if len(names) > 1:
        overflow = _look_up(names[1], _AP_OVERFLOW, "overflow", text)
    return Quantizer(FixedType(width, width - integer, not unsigned), rounding, overflow)


def _look_up(name: str, table: dict[str, _T], what: str, text: str) -> _T:
    if name not in table:
        raise ConfigError(f"precision {text!r}: {what} mode {name} is unknown; "
                          + suggest(name, table))
    return table[name]
