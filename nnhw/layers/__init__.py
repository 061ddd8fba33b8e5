# SPDX-License-Identifier: Apache-2.0
"""The operations: one folder a layer, its facets ``op``, ``golden``, ``rtl`` and ``hls``."""

from nnhw.layers.add.op import Add
from nnhw.layers.argmax.op import Argmax
from nnhw.layers.concat.op import Concat
from nnhw.layers.dense.op import Dense
from nnhw.layers.gather.op import Gather
from nnhw.layers.grouped.op import Grouped
from nnhw.layers.lookup.op import Lookup
from nnhw.layers.merge.op import Merge
from nnhw.layers.reduce.op import Reduce
from nnhw.layers.relu.op import Relu
from nnhw.layers.requantize.op import Requantize
from nnhw.layers.reshape.op import Reshape
from nnhw.layers.softmax.op import Softmax
from nnhw.layers.threshold.op import Threshold
from nnhw.layers.total.op import Total
from nnhw.layers.window.op import Window

__all__ = [
    "Add",
    "Argmax",
    "Concat",
    "Dense",
    "Gather",
    "Grouped",
    "Lookup",
    "Merge",
    "Reduce",
    "Relu",
    "Requantize",
    "Reshape",
    "Softmax",
    "Threshold",
    "Total",
    "Window",
]
