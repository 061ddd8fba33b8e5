# SPDX-License-Identifier: Apache-2.0
"""Work on samples shared out among threads, in blocks that the processor's caches hold."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

__all__ = ["in_blocks"]

#: Elements of a block: half a megabyte of float64.
_BLOCK = 1 << 16


def in_blocks(work: Callable[[Any], Any], x: np.ndarray[Any, Any]) -> Any:
    """``work(x)`` for work that treats every sample, along the first axis, by itself."""
    samples = max(1, _BLOCK // max(1, x[:1].size))
    if len(x) <= samples:
        return work(x)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = pool.map(work, (x[k:k + samples] for k in range(0, len(x), samples)))
        return np.concatenate(list(parts))
