# SPDX-License-Identifier: Apache-2.0
"""Integer operators: QLinearConv, QLinearMatMul, ConvInteger, MatMulInteger, QGemm and the like."""

from typing import Any

import numpy as np

from nnhw.frontends.int8 import CODES, as_codes, centred, code_spec, dequantized
from nnhw.frontends.joins import add_tensors, merge_tensors
from nnhw.frontends.onnx_ops.concat import concatenated
from nnhw.frontends.onnx_ops.conv import biased, convolved, kernel_geometry
from nnhw.frontends.onnx_ops.linear import add_constant
from nnhw.frontends.onnx_ops.pool import averaged, pool_geometry
from nnhw.frontends.products import product
from nnhw.frontends.quantizer import quantize_live
from nnhw.frontends.registry import Call, handles, refuse
from nnhw.frontends.steps import Step
from nnhw.frontends.value import Const, Live

__all__: list[str] = []


def _zero(call: Call, at: int) -> int:
    """A tensor's zero point; 0 where it is left out."""
    value = call.const(at)
    flat = np.unique(np.zeros(1) if value is None else np.asarray(value).astype(np.int64))
    if len(flat) != 1:
        raise refuse(call.node, "the zero point differs between channels; one for all would work")
    return int(flat[0])


def _scale(call: Call, at: int) -> np.float32:
    value = np.ravel(call.const(at))
    if value.size != 1 or not value[0] > 0:
        raise refuse(call.node, "the scale of an activation must be one positive number")
    return np.float32(value[0])


def _mantissas(call: Call, at: int, zero_at: int) -> Const:
    """A constant's codes less their zero point."""
    codes = np.asarray(call.const(at)).astype(np.int64)
    zero = call.const(zero_at)
    zero = np.zeros(1, dtype=np.int64) if zero is None else np.ravel(zero).astype(np.int64)
    shape = (-1,) + (1,) * (codes.ndim - 1) if codes.ndim > 2 else (1, -1)
    mantissa = codes - (zero.reshape(shape) if zero.size > 1 else zero[0])
    return Const(mantissa.astype(np.float32), mantissa, np.ones(codes.shape), f"operand {at}")


def _operand(call: Call, at: int, zero: int) -> Live:
    """A live operand less its zero point."""
    return centred(call.lowering, call.live(at), zero, call.origin)


def _real(call: Call, at: int, scale_at: int, zero_at: int) -> Live:
    """A live operand as the real numbers its codes stand for."""
    live = _operand(call, at, _zero(call, zero_at))
    return dequantized(call.lowering, live, _scale(call, scale_at), call.origin)


def _coded(call: Call, y: Live, scale: Any, zero_at: int) -> Live:
    """Codes of a result."""
    value = call.const(zero_at)
    name = "uint8" if value is None else str(np.asarray(value).dtype)
    if name not in CODES:
        raise refuse(call.node, f"codes of type {name} are not supported; int8 or uint8 would work")
    zero = _zero(call, zero_at)
    spec = code_spec(scale, zero, CODES[name])
    return as_codes(call.lowering, quantize_live(call.lowering, y, spec, call.origin), zero,
                    call.origin)


def _scaled(call: Call, y: Live, weight_scale: Any, x_at: int, y_at: int, channel: int) -> Live:
    """``acc * (x_scale * weight_scale / y_scale)``, the factor in float32 as onnxruntime has it."""
    factor = np.ravel(np.asarray(weight_scale, dtype=np.float32)) * _scale(call, x_at)
    factor = factor / _scale(call, y_at)
    shape = [1] * len(y.shape)
    if factor.size > 1:
        shape[channel] = -1
    return y.then(Step("mul", factor.astype(np.float32).reshape(shape), call.origin))


def _conv(call: Call, x_zero: int, weight: Const) -> Live:
    g, group = kernel_geometry(call, call.live(), weight)
    return convolved(call, _operand(call, 0, x_zero), weight, g, group)


@handles("QLinearConv")
def q_conv(call: Call) -> Live:
    """Operands x, scale, zero; w, scale, zero; y's scale, zero; int32 bias."""
    y = _conv(call, _zero(call, 2), _mantissas(call, 3, 5))
    if call.value(8) is not None:
        y = biased(call, y, _mantissas(call, 8, 99))
    y = _scaled(call, y, call.const(4), 1, 6, 0)
    return _coded(call, y, 1.0, 7)


@handles("ConvInteger")
def conv_integer(call: Call) -> Live:
    """The exact sum."""
    return _conv(call, _zero(call, 2), _mantissas(call, 1, 3))


@handles("QLinearMatMul")
def q_matmul(call: Call) -> Live:
    """Operands a, scale, zero; b, scale, zero; y's scale, zero; b constant."""
    weight = _matrix(call, _mantissas(call, 3, 5))
    y = product(call, _operand(call, 0, _zero(call, 2)), weight)
    return _coded(call, _scaled(call, y, call.const(4), 1, 6, -1), 1.0, 7)


@handles("MatMulInteger")
def matmul_integer(call: Call) -> Live:
    """The exact sum."""
    weight = _matrix(call, _mantissas(call, 1, 3))
    return product(call, _operand(call, 0, _zero(call, 2)), weight)


def _matrix(call: Call, weight: Const) -> Const:
    if weight.value.ndim != 2:
        raise refuse(call.node, f"the constant has {weight.value.ndim} axes; a matrix would work")
    return weight.mapped(np.transpose, weight.name)


@handles("QGemm")
def q_gemm(call: Call) -> Live:
    """Operands a, scale, zero; b, scale, zero; int32 c; y's scale, zero."""
    alpha, trans_a, trans_b = call.attributes(alpha=1.0, transA=0, transB=0)
    if trans_a:
        raise refuse(call.node, "transA=1 mixes the samples of a batch; transA=0 would work")
    weight = _mantissas(call, 3, 5)
    y = product(call, _operand(call, 0, _zero(call, 2)),
                weight if trans_b else _matrix(call, weight))
    if call.value(6) is not None:
        bias = _mantissas(call, 6, 99)
        y = add_constant(call, y, bias.mapped(np.ravel, bias.name))
    if call.value(7) is None:
        factor = np.ravel(call.const(4)).astype(np.float32) * _scale(call, 1) * np.float32(alpha)
        return y.then(Step("mul", factor, call.origin))
    y = _scaled(call, y, np.float32(alpha) * np.asarray(call.const(4), np.float32), 1, 7, -1)
    return _coded(call, y, 1.0, 8)


@handles("QLinearAdd", "QLinearMul")
def q_join(call: Call) -> Live:
    """Operands a, scale, zero; b, scale, zero; y's scale, zero."""
    if call.node.kind == "QLinearAdd":
        y = add_tensors(call, _real(call, 0, 1, 2), _real(call, 3, 4, 5), False,
                        f"{call.origin.name}_sum")
        return _coded(call, y, _scale(call, 6), 7)
    y = merge_tensors(call, _operand(call, 0, _zero(call, 2)), _operand(call, 3, _zero(call, 5)),
                      "mul", f"{call.origin.name}_product")
    return _coded(call, _scaled(call, y, _scale(call, 4), 1, 6, -1), 1.0, 7)


@handles("QLinearSigmoid", "QLinearLeakyRelu")
def q_activation(call: Call) -> Live:
    """Operands x, scale, zero; y's scale, zero."""
    (alpha,) = call.attributes(alpha=0.01)
    step = Step("Sigmoid", (), call.origin) if call.node.kind == "QLinearSigmoid" else Step(
        "leaky", np.float32(alpha), call.origin)
    return _coded(call, _real(call, 0, 1, 2).then(step), _scale(call, 3), 4)


@handles("QLinearGlobalAveragePool", "QLinearAveragePool")
def q_pool(call: Call) -> Live:
    """Operands x, scale, zero; y's scale, zero."""
    (last,) = (call.node.attributes.get("channels_last", 0),)
    if last:
        raise refuse(call.node, "channels_last=1 is not supported; channels_last=0 would work")
    if call.node.kind == "QLinearAveragePool":
        x = _real(call, 0, 1, 2)
        return _coded(call, averaged(call, x, *pool_geometry(call, x)), _scale(call, 3), 4)
    x = _operand(call, 0, _zero(call, 2))
    g, _ = pool_geometry(call, x, whole=True)
    total = averaged(call, x, g, np.ones((1, 1)))
    factor = _scale(call, 1) / (_scale(call, 3) * np.float32(g.size[0] * g.size[1]))
    return _coded(call, total.then(Step("mul", factor, call.origin)), 1.0, 4)


@handles("QLinearConcat")
def q_concat(call: Call) -> Live:
    """Operands y's scale, zero; then x, scale, zero of each part."""
    (axis,) = call.attributes(axis=1)
    parts = []
    for at in range(2, len(call), 3):
        codes = _coded(call, _real(call, at, at + 1, at + 2), _scale(call, 0), 1)
        parts.append(centred(call.lowering, codes, _zero(call, 1), call.origin))
    place = call.axis(axis, parts[0])
    if place < -len(parts[0].shape):
        raise refuse(call.node, f"axis {axis} is the batch; another axis would work")
    y = concatenated(call, parts, place % len(parts[0].shape))
    zero = _zero(call, 1)
    return y.then(Step("add", np.float32(zero), call.origin)) if zero else y
