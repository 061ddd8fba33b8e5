# SPDX-License-Identifier: Apache-2.0
"""Argmax: the reference result, bit for bit."""

import numpy as np

from nnhw.layers.argmax.op import Argmax
from nnhw.numeric.types import Mantissas

__all__ = ["run"]


def run(op: Argmax, x: Mantissas) -> Mantissas:
    """Apply ``op`` to an array of shape (..., channels)."""
    if op.last:
        x = x[..., ::-1]
    winner: Mantissas = np.argmax(x, axis=-1, keepdims=True)
    return x.shape[-1] - 1 - winner if op.last else winner
