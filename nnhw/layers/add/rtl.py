# SPDX-License-Identifier: Apache-2.0
"""Add: the circuit."""

from collections.abc import Sequence

from nnhw.layers.add.op import Add
from nnhw.program.beat import Beat
from nnhw.program.builder import Value

__all__ = ["kernel"]


def kernel(op: Add, beat: Beat, a: Sequence[Value], b: Sequence[Value]) -> list[Value]:
    """Lane by lane."""
    return [beat.program.add(x, y, op.shift_a, op.shift_b) for x, y in zip(a, b, strict=True)]
