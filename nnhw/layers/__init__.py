# SPDX-License-Identifier: Apache-2.0
"""The operations: one folder a layer, its facets ``op``, ``golden``, ``rtl`` and ``hls``."""

from nnhw.layers.add.op import Add
from nnhw.layers.argmax.op import Argmax
from nnhw.layers.dense.op import Dense
from nnhw.layers.lookup.op import Lookup
from nnhw.layers.relu.op import Relu
from nnhw.layers.requantize.op import Requantize
from nnhw.layers.reshape.op import Reshape
from nnhw.layers.softmax.op import Softmax
from nnhw.layers.threshold.op import Threshold

__all__ = [
    "Add",
    "Argmax",
    "Dense",
    "Lookup",
    "Relu",
    "Requantize",
    "Reshape",
    "Softmax",
    "Threshold",
]
