# SPDX-License-Identifier: Apache-2.0
"""Types as the text that ``parse_type`` reads."""

from nnhw.errors import ConfigError
from nnhw.numeric.types import Overflow, Quantizer, Rounding

__all__ = ["format_type"]

_ROUNDING = {
    Rounding.FLOOR: "TRN",
    Rounding.ZERO: "TRN_ZERO",
    Rounding.HALF_UP: "RND",
    Rounding.HALF_DOWN: "RND_MIN_INF",
    Rounding.HALF_EVEN: "RND_CONV",
    Rounding.HALF_AWAY: "RND_INF",
    Rounding.HALF_ZERO: "RND_ZERO",
}
_OVERFLOW = {
    Overflow.WRAP: "WRAP",
    Overflow.WRAP_SIGN: "WRAP_SM",
    Overflow.SATURATE: "SAT",
    Overflow.SATURATE_ZERO: "SAT_ZERO",
    Overflow.SATURATE_SYMMETRIC: "SAT_SYM",
}


def format_type(quantizer: Quantizer) -> str:
    """Text with both modes written out.

    >>> from nnhw.numeric.types import parse_type
    >>> format_type(parse_type("fixed<16,6>"))
    'fixed<16,6,RND_CONV,SAT>'
    """
    if quantizer.rounding not in _ROUNDING:
        raise ConfigError(f"rounding {quantizer.rounding.value} has no ap_fixed name; "
                          f"use one of {', '.join(_ROUNDING.values())}")
    modes = f"{_ROUNDING[quantizer.rounding]},{_OVERFLOW[quantizer.overflow]}"
    return f"{str(quantizer.type)[:-1]},{modes}>"
