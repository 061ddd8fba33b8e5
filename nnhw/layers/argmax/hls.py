# SPDX-License-Identifier: Apache-2.0
"""Argmax: the HLS C++."""

from nnhw.hls.kernel import Kernel, Place
from nnhw.layers.argmax.op import Argmax

__all__ = ["kernel"]


def kernel(op: Argmax, place: Place) -> Kernel:
    """A tournament for each vector."""
    size = op.x.shape[-1]
    members = [
        f"static const int fan_in = {size}, fan_out = 1;",
        f"static const int vectors = {op.x.size // size}, "
        f"beat_vectors = {max(1, place.lanes // size)};",
        f"static const bool last = {str(op.last).lower()};  // of several equal maxima",
    ]
    return Kernel("vector.h", "vectors<nnhw::argmax, LAYER>", members)
