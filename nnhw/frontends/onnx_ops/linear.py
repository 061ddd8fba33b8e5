# SPDX-License-Identifier: Apache-2.0
"""MatMul and Gemm."""

from dataclasses import replace
from typing import Any

import numpy as np

from nnhw.frontends.onnx_ops.shape import reshaped
from nnhw.frontends.products import integer_bias, product
from nnhw.frontends.registry import Call, handles, refuse, without_batch
from nnhw.frontends.steps import Step
from nnhw.frontends.value import Const, IntProduct, Live
from nnhw.frontends.views import spread

__all__: list[str] = []


@handles("MatMul")
def matmul(call: Call) -> Live:
    """``x @ w`` with a constant matrix."""
    call.attributes()
    weight = call.value(1)
    if isinstance(call.value(0), Const) or not isinstance(weight, Const):
        raise refuse(call.node, "a product of two tensors that depend on the input, or with the "
                                "constant on the left, is not supported; a constant right "
                                "operand would work")
    if weight.value.ndim == 1:
        y = product(call, call.live(), weight.mapped(lambda a: a[None], weight.name))
        return reshaped(call, y, y.shape[:-1])
    if weight.value.ndim != 2:
        raise refuse(call.node, f"the constant has {weight.value.ndim} axes; a matrix would work")
    return product(call, call.live(), weight.mapped(np.transpose, weight.name))


@handles("Gemm")
def gemm(call: Call) -> Live:
    """``alpha * x @ w + beta * c``."""
    alpha, beta, trans_a, trans_b, _ = call.attributes(
        alpha=1.0, beta=1.0, transA=0, transB=0, broadcast=1)
    weight, x = call.value(1), call.live()
    if not isinstance(weight, Const):
        raise refuse(call.node, "B must be a constant, not a tensor that depends on the input")
    if trans_a:
        raise refuse(call.node, "transA=1 mixes the samples of a batch; transA=0 would work")
    rows = weight if trans_b else weight.mapped(np.transpose, weight.name)
    y = product(call, x, rows)
    if alpha != 1:
        y = y.then(Step("mul", np.float32(alpha), call.origin))
    bias = call.value(2)
    if bias is None:
        return y
    if not isinstance(bias, Const):
        raise refuse(call.node, "C must be a constant, not a tensor that depends on the input")
    return add_constant(call, y, _scaled(bias, beta))


def _scaled(bias: Const, beta: float) -> Const:
    if beta == 1:
        return bias
    return Const(np.asarray(bias.value * np.float32(beta)), name=bias.name)


def add_constant(call: Call, x: Live, constant: Const) -> Live:
    """``x + constant``: into the integer bias where the grids agree, else a pending step."""
    value: Any = without_batch(constant.value, x)
    if np.broadcast_shapes(np.shape(value), x.shape) != x.shape:
        raise refuse(call.node, f"a constant of shape {np.shape(value)} widens a tensor of shape "
                                f"{x.shape}; one that broadcasts to the tensor would work")
    step = Step("add", np.asarray(value, dtype=np.float32), call.origin)
    source = None if x.steps else integer_bias(x.source, _spread(call, x, constant))
    if source is not None:
        sample = None if x.sample is None else step.apply(x.sample)
        return replace(x, source=source, sample=sample)
    return x.then(step)


def _spread(call: Call, x: Live, constant: Const) -> Const:
    """The constant in our order."""
    if not isinstance(x.source, IntProduct):
        return constant
    return constant.mapped(lambda a: spread(call.lowering, x, without_batch(a, x)), constant.name)
