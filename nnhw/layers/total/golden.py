# SPDX-License-Identifier: Apache-2.0
"""Total: the reference result, bit for bit."""

from nnhw.layers.reduce.golden import reduced
from nnhw.layers.total.op import Total
from nnhw.numeric.types import Mantissas

__all__ = ["run"]


def run(op: Total, x: Mantissas) -> Mantissas:
    """Apply ``op`` to an array of shape (batch, ..., channels)."""
    return reduced(x.reshape(len(x), op.vectors, -1), op.how, 1)
