# SPDX-License-Identifier: Apache-2.0
"""Arithmetic with constants, sums of two tensors, and BatchNormalization."""

from dataclasses import replace

import numpy as np

from nnhw.frontends.joins import add_tensors
from nnhw.frontends.onnx_ops.linear import add_constant
from nnhw.frontends.registry import Call, handles, refuse, without_batch
from nnhw.frontends.steps import Step
from nnhw.frontends.value import Const, Live

__all__: list[str] = []

_SWAPPED = {"Add": "add", "Mul": "mul", "Sub": "rsub", "Div": "rdiv"}


@handles("Add", "Sub", "Mul", "Div")
def arithmetic(call: Call) -> Live:
    """One operand constant; or the sum or difference of two tensors."""
    call.attributes(axis=0, broadcast=0)
    kind, (a, b) = call.node.kind, (call.value(0), call.value(1))
    if isinstance(a, Live) and isinstance(b, Live):
        if kind not in ("Add", "Sub"):
            raise refuse(call.node, "both operands depend on the input; a constant operand would "
                                    "work")
        return add_tensors(call, a, b, subtract=kind == "Sub")
    if isinstance(a, Live) and isinstance(b, Const):
        return _constant(call, a, b, kind.lower())
    if isinstance(a, Const) and isinstance(b, Live):
        return _constant(call, b, a, _SWAPPED[kind])
    raise refuse(call.node, "it needs two operands")


def _constant(call: Call, x: Live, constant: Const, kind: str) -> Live:
    if kind == "add":
        return add_constant(call, x, constant)
    if kind == "sub":
        negated = None if constant.mantissa is None else -constant.mantissa
        done = add_constant(call, x, replace(constant, value=-constant.value, mantissa=negated))
        if not done.steps or len(done.steps) == len(x.steps):
            return done
    value = np.asarray(without_batch(constant.value, x), dtype=np.float32)
    if np.broadcast_shapes(value.shape, x.shape) != x.shape:
        raise refuse(call.node, f"a constant of shape {value.shape} widens a tensor of shape "
                                f"{x.shape}; one that broadcasts to the tensor would work")
    if kind == "div" and not np.all(value):
        raise refuse(call.node, "the constant divisor holds a zero")
    return x.then(Step(kind, value, call.origin))


@handles("BatchNormalization")
def batch_normalization(call: Call) -> Live:
    """Inference form: ``x * s + t`` in float32, with ``s`` and ``t`` as onnxruntime makes them."""
    epsilon, _, training, spatial, consumed, is_test = call.attributes(
        epsilon=1e-5, momentum=0.9, training_mode=0, spatial=1, consumed_inputs=None, is_test=1)
    del consumed
    if training or not is_test:
        raise refuse(call.node, "training_mode=1 is not supported; inference form would work")
    if not spatial or len([name for name in call.node.outputs if name]) > 1:
        raise refuse(call.node, "spatial=0 and outputs beside Y are not supported")
    x = call.live()
    gain, bias, mean, variance = (np.asarray(call.const(at), dtype=np.float32)
                                  for at in range(1, 5))
    factor = gain * (np.float32(1) / np.sqrt(variance + np.float32(epsilon)))
    term = bias - mean * factor
    shape = (-1,) + (1,) * (len(x.shape) - 1)
    if not x.shape or x.shape[0] != factor.size:
        raise refuse(call.node, f"{factor.size} channels do not match a tensor of shape {x.shape}")
    return x.then(Step("mul", factor.reshape(shape), call.origin)).then(
        Step("add", term.reshape(shape), call.origin))
