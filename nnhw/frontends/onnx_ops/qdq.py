# SPDX-License-Identifier: Apache-2.0
"""QuantizeLinear and DequantizeLinear, as onnxruntime, TensorFlow Lite and PyTorch write them."""

from dataclasses import replace
from typing import Any

import numpy as np

from nnhw.frontends.int8 import CODES, along, as_codes, centred, code_spec, dequantized
from nnhw.frontends.quantizer import quantize_live
from nnhw.frontends.registry import Call, handles, refuse
from nnhw.frontends.value import Live
from nnhw.numeric.types import FixedType

__all__ = ["one_zero", "parameter"]


def parameter(call: Call, at: int, live: Live, axis: int) -> Any:
    """Scale or zero point of a live tensor, batch axis left out; 0 where it is left out."""
    value = call.const(at)
    if value is None:
        return np.asarray(0)
    if np.size(value) > 1 and call.axis(axis, live) < -len(live.shape):
        raise refuse(call.node, f"axis {axis} is the batch; another axis would work")
    return along(call.node, np.asarray(value), len(live.shape), call.axis(axis, live)
                 if np.size(value) > 1 else -1)


def one_zero(call: Call, zero: Any) -> int:
    """The zero point of a tensor, which must be one number."""
    flat = np.unique(np.asarray(zero).astype(np.int64))
    if len(flat) != 1:
        raise refuse(call.node, "the zero point differs between channels; one for all would work")
    return int(flat[0])


def code_type(call: Call, at: int, declared: int = 0) -> FixedType:
    """Type of the codes: that of the zero point, or as declared, or uint8."""
    from onnx import helper

    value = call.const(at)
    name = "uint8" if value is None else str(np.asarray(value).dtype)
    if value is None and declared:
        name = str(np.dtype(helper.tensor_dtype_to_np_dtype(declared)))
    if name not in CODES:
        raise refuse(call.node, f"codes of type {name} are not supported; int8 or uint8 would work")
    return CODES[name]


@handles("QuantizeLinear")
def quantize_linear(call: Call) -> Live:
    """``limit(round(x / scale) + zero_point)``."""
    axis, _, block, declared, precision = call.attributes(
        axis=1, saturate=1, block_size=0, output_dtype=0, precision=0)
    if block or precision not in (0, 1):
        raise refuse(call.node, "block_size and precision are not supported; their defaults would "
                                "work")
    live = call.live()
    scale = parameter(call, 1, live, axis).astype(np.float32)
    if not (np.isfinite(scale).all() and (scale > 0).all()):
        raise refuse(call.node, "the scale must be positive and finite")
    zero = one_zero(call, parameter(call, 2, live, axis))
    spec = code_spec(scale, zero, code_type(call, 2, declared))
    done = quantize_live(call.lowering, live, spec, call.origin)
    codes = as_codes(call.lowering, done, zero, call.origin)
    if live.sample is None:
        return codes
    return replace(codes, sample=spec.mantissas(live.sample).astype(np.float32) + zero)


@handles("DequantizeLinear")
def dequantize_linear(call: Call) -> Live:
    """``(x - zero_point) * scale``."""
    axis, block, _ = call.attributes(axis=1, block_size=0, output_dtype=0)
    if block:
        raise refuse(call.node, "block_size is not supported; its default would work")
    live = call.live()
    scale = parameter(call, 1, live, axis)
    zero = one_zero(call, parameter(call, 2, live, axis))
    live = centred(call.lowering, live, zero, call.origin)
    return dequantized(call.lowering, live, scale, call.origin)
