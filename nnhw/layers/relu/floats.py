# SPDX-License-Identifier: Apache-2.0
"""Relu: the reference result by exact floats, where there is one."""

from typing import Any

import numpy as np

from nnhw.layers.relu.op import Relu
from nnhw.numeric.floats import EXACT, FloatStep

__all__ = ["floats"]


def floats(op: Relu, kind: Any) -> FloatStep | None:
    """``op`` on whole numbers held as ``kind`` of float; None where leaky, or it could round."""
    if np.any(op.slope) or op.slope_frac or max(map(abs, op.x.bounds)) > EXACT[kind]:
        return None
    return lambda x, out: np.maximum(x, 0, out=out)
