# SPDX-License-Identifier: Apache-2.0
"""Concat: the reference result, bit for bit."""

import numpy as np

from nnhw.layers.concat.op import Concat
from nnhw.numeric.types import Mantissas

__all__ = ["run"]


def run(op: Concat, a: Mantissas, b: Mantissas) -> Mantissas:
    """Two arrays, equal in all but the last axis."""
    result: Mantissas = np.concatenate([a << op.shift_a, b << op.shift_b], axis=-1)
    return result
