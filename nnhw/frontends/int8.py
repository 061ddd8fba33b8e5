# SPDX-License-Identifier: Apache-2.0
"""Codes of int8 models: what QuantizeLinear makes and DequantizeLinear reads.

A value between the two is an integer tensor of ``code - zero_point`` with the zero point as a
pending addition, so that a DequantizeLinear with the same one costs nothing.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from nnhw.errors import UnsupportedError
from nnhw.frontends.lowering import Lowering, host_steps, step_key
from nnhw.frontends.onnx_file import SourceNode
from nnhw.frontends.quant_spec import QuantSpec
from nnhw.frontends.scales import powers_of_two
from nnhw.frontends.steps import Step
from nnhw.frontends.value import Const, Live, Origin, Port, Tensor
from nnhw.frontends.views import our_view, spread
from nnhw.ir.graph import HostStep, InputPort
from nnhw.ir.types import TensorType
from nnhw.numeric.types import FixedType, Overflow, Rounding

__all__ = ["CODES", "along", "as_codes", "centred", "code_spec", "dequantize_constant",
           "dequantized"]

#: Integer types of the standard that codes may have.
CODES = {"int8": FixedType(8), "uint8": FixedType(8, signed=False), "int16": FixedType(16),
         "uint16": FixedType(16, signed=False), "int4": FixedType(4),
         "uint4": FixedType(4, signed=False), "int2": FixedType(2),
         "uint2": FixedType(2, signed=False), "int32": FixedType(32)}


def along(node: SourceNode, parameter: Any, rank: int, axis: int) -> Any:
    """A scale or zero point, one number or one for each place of ``axis``, that broadcasts."""
    array = np.asarray(parameter)
    if array.size == 1:
        return array.reshape(())
    if array.ndim != 1:
        raise UnsupportedError(f"node '{node.origin.name}': {node.kind}: blocked quantization is "
                               "not supported; one scale for each tensor or channel would work")
    shape = [1] * rank
    shape[axis % rank] = array.size
    return array.reshape(shape)


def dequantize_constant(node: SourceNode, operands: list[Any]) -> Const:
    """A constant behind DequantizeLinear: mantissas, and scales of the full shape."""
    codes = np.asarray(operands[0].value)
    axis = node.attributes.get("axis", 1)
    scale = along(node, operands[1].value, codes.ndim, axis).astype(np.float32)
    zero = operands[2].value if len(operands) > 2 and operands[2] is not None else np.int8(0)
    mantissa = codes.astype(np.int64) - along(node, zero, codes.ndim, axis).astype(np.int64)
    full = np.broadcast_to(scale, codes.shape)
    return Const(mantissa.astype(np.float32) * full, mantissa, full.astype(np.float64),
                 node.outputs[0])


def code_spec(scale: Any, zero: int, code: FixedType) -> QuantSpec:
    """QuantizeLinear less its zero point: ``limit(round(x / scale))``, ties to even."""
    low, high = code.min - zero, code.max - zero
    kind = FixedType.containing(low, high)
    return QuantSpec(np.asarray(scale, dtype=np.float32), 0, low, high, Rounding.HALF_EVEN, False,
                     kind.width, kind.signed, nearest=True)


def as_codes(lowering: Lowering, live: Live, zero: int, origin: Origin) -> Live:
    """A quantized value, as the codes that the source model sees."""
    tensor = live.source
    assert isinstance(tensor, Tensor)
    unit = 2.0**np.asarray(lowering.type(tensor).frac, dtype=np.float64)
    codes = replace(live, source=replace(tensor, scale=unit if unit.ndim else float(unit)))
    if zero == 0:
        return codes
    return codes.then(Step("add", np.float32(zero), origin))


def centred(lowering: Lowering, live: Live, zero: int, origin: Origin) -> Live:
    """``code - zero``, an integer tensor where the value is one but for its zero point."""
    if isinstance(live.source, Port) and live.source.code is not None and not live.steps:
        return _entered(lowering, live, zero)
    if live.steps and live.steps[-1].kind == "add" and np.all(live.steps[-1].constant == zero):
        sample = None if live.sample is None else live.sample - np.float32(zero)
        return replace(live, steps=live.steps[:-1], sample=sample)
    return live if zero == 0 else live.then(Step("sub", np.float32(zero), origin))


def _entered(lowering: Lowering, live: Live, zero: int) -> Live:
    """An integer input of the model: the host takes off the zero point."""
    port = live.source
    assert isinstance(port, Port)
    code = port.code
    assert code is not None
    ours = our_view(lowering, live)
    assert isinstance(ours.source, Port)
    steps = host_steps(ours) + ((HostStep("sub", np.float32(zero)),) if zero else ())
    x = TensorType(ours.shape, np.asarray(code.min - zero), np.asarray(code.max - zero), 0)
    entry = InputPort(port.name, port.shape, x, code, 1.0, zero, Rounding.HALF_EVEN,
                      Overflow.SATURATE, False, steps)
    tensor = lowering.add_port(entry, (step_key(ours), zero))
    sample = None if live.sample is None else live.sample - np.float32(zero)
    return replace(live, source=tensor, steps=(), sample=sample)


def dequantized(lowering: Lowering, live: Live, scale: Any, origin: Origin) -> Live:
    """``value * scale`` in float32; part of the tensor's own scale where nothing else pends."""
    tensor = live.source
    step = Step("mul", np.asarray(scale, dtype=np.float32), origin)
    if not isinstance(tensor, Tensor) or live.steps or tensor.wide \
            or not np.all(powers_of_two(tensor.scale)[1] == 1):
        return live.then(step)
    own = spread(lowering, live, np.asarray(scale, dtype=np.float64)) * tensor.scale
    own = float(own) if np.size(own) == 1 else own
    sample = None if live.sample is None else step.apply(live.sample)
    return replace(live, source=replace(tensor, scale=own), sample=sample)
