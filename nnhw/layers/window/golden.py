# SPDX-License-Identifier: Apache-2.0
"""Window: the reference result, bit for bit."""

import numpy as np

from nnhw.layers.window.op import Window
from nnhw.numeric.golden import as_mantissas
from nnhw.numeric.types import Mantissas

__all__ = ["run"]


def run(op: Window, x: Mantissas) -> Mantissas:
    """Apply ``op`` to an array of shape (batch, height, width, channels)."""
    reach = [(op.kernel[k] - 1) * op.dilation[k] + 1 for k in range(2)]
    need = [(op.places[k] - 1) * op.stride[k] + reach[k] for k in range(2)]
    pads = [(0, 0)] + [(op.before[k], max(0, need[k] - op.before[k] - op.x.shape[k]))
                       for k in range(2)] + [(0, 0)]
    value = as_mantissas(op.value)
    padded = np.pad(x.astype(np.result_type(x, value)), pads, constant_values=value)
    windows = np.lib.stride_tricks.sliding_window_view(padded, reach, axis=(1, 2))
    rows, columns = op.places
    picked = windows[:, ::op.stride[0], ::op.stride[1], :, ::op.dilation[0], ::op.dilation[1]]
    result: Mantissas = np.ascontiguousarray(picked[:, :rows, :columns])
    return result.reshape(len(x), *op.y.shape)
