# SPDX-License-Identifier: Apache-2.0
"""Threshold: the HLS C++."""

import numpy as np

from nnhw.hls.kernel import Kernel, Place, channelled, constant, number
from nnhw.layers.threshold.op import Threshold

__all__ = ["kernel"]


def kernel(op: Threshold, place: Place) -> Kernel:
    """One comparison a level, then a count."""
    channels = op.x.shape[-1] if op.x.shape else 1
    frac = op.x.frac if isinstance(op.x.frac, int) else 0
    bounds = constant(place, "threshold", op.thresholds, "threshold[channel][level]", frac)
    one_row = len(op.thresholds) == 1
    split = (f"#pragma HLS ARRAY_PARTITION variable={bounds.name} cyclic "
             f"factor={min(place.lanes, len(op.thresholds))} dim=1")
    down, arrays = channelled(place, "descending", np.asarray(op.descending).astype(np.int64),
                              (channels,), "bool", "1 where x <= threshold is counted")
    member = [
        f"static const int levels = {op.levels};",
        f"typedef {bounds.name}_t threshold_t;",
        f"static threshold_t bound(int{'' if one_row else ' channel'}, int level) {{",
        "#pragma HLS INLINE", split,
        f"#pragma HLS ARRAY_PARTITION variable={bounds.name} complete dim=2",
        f"  return threshold_t({bounds.name}[{'0' if one_row else 'channel'}][level]);", "}",
        *down,
        *number("base", op.base, "y_t", op.y.element),
        *number("step", op.step, "y_t", op.y.element),
    ]
    return Kernel("elementwise.h", "each<nnhw::threshold, LAYER>", member, (bounds, *arrays))
