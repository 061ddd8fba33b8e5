# SPDX-License-Identifier: Apache-2.0
"""Scales: which part of them a binary point can state."""

from typing import Any

import numpy as np

__all__ = ["powers_of_two"]


def powers_of_two(scale: Any) -> tuple[Any, Any]:
    """``(frac, rest)`` with ``scale == rest * 2**-frac``; ``rest`` is 1 where that is possible.

    If any entry is no power of two, ``frac`` is 0 for all.

    >>> powers_of_two(0.25), powers_of_two(0.3)
    ((array(2), array(1.)), (array(0), array(0.3)))
    """
    values = np.asarray(scale, dtype=np.float64)
    fraction, exponent = np.frexp(values)
    if np.all(fraction == 0.5):
        return np.asarray(1 - exponent, dtype=np.int64), np.ones_like(values)
    return np.zeros(values.shape, dtype=np.int64), values
