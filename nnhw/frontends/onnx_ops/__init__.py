# SPDX-License-Identifier: Apache-2.0
"""One function for each ONNX operator; importing this package fills the registry."""

from nnhw.frontends.onnx_ops import activation, elementwise, linear, quant, shape
from nnhw.frontends.registry import HANDLERS, Call

__all__ = ["HANDLERS", "Call"]

assert activation
assert elementwise
assert linear
assert quant
assert shape
