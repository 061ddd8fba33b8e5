# SPDX-License-Identifier: Apache-2.0
"""Grouped: the HLS C++, folded like the circuit."""

from nnhw.hls.kernel import Kernel, Place
from nnhw.layers.dense.hls import matrix
from nnhw.layers.grouped.op import Grouped

__all__ = ["kernel"]


def kernel(op: Grouped, place: Place) -> Kernel:
    """The groups one after another, each as a Dense, or several at once."""
    return matrix(op, op.weight, op.bias, place)
