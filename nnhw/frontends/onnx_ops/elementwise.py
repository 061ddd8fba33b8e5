# SPDX-License-Identifier: Apache-2.0
"""Arithmetic with constants, of two or more tensors, and BatchNormalization."""

from dataclasses import replace
from typing import Any

import numpy as np

from nnhw.frontends.arrange import picked
from nnhw.frontends.joins import add_tensors, merge_tensors
from nnhw.frontends.moves import batch_positions, like_layout, on_positions, still
from nnhw.frontends.onnx_ops.linear import add_constant
from nnhw.frontends.registry import Call, handles, refuse, without_batch
from nnhw.frontends.steps import Step
from nnhw.frontends.value import Const, Live, Value

__all__: list[str] = []

_SWAPPED = {"Add": "add", "Mul": "mul", "Sub": "rsub", "Div": "rdiv"}


@handles("Add", "Sub", "Mul", "Div")
def arithmetic(call: Call) -> Live:
    """One operand constant; or of two tensors."""
    axis, spread = call.attributes(axis=None, broadcast=0)
    kind, (a, b) = call.node.kind, (call.value(0), call.value(1))
    if isinstance(a, Live) and isinstance(b, Live):
        return _both(call, a, b)
    if isinstance(a, Live) and isinstance(b, Const):
        if spread and axis is not None:
            b = _at_axis(b, axis, len(a.shape) + 1)
        return constant(call, a, b, kind.lower())
    if isinstance(a, Const) and isinstance(b, Live):
        return constant(call, b, a, _SWAPPED[kind])
    raise refuse(call.node, "it needs two operands")


def _at_axis(value: Const, axis: int, rank: int) -> Const:
    """Before opset 7 the constant's first axis was laid on ``axis``."""
    behind = rank - axis % rank - value.value.ndim
    return value.mapped(lambda a: a.reshape(a.shape + (1,) * behind), value.name)


def _both(call: Call, a: Live, b: Live) -> Live:
    kind = call.node.kind
    if (one := composite(a, b, kind, call)) is not None:
        return one
    if kind in ("Add", "Sub"):
        return add_tensors(call, a, b, subtract=kind == "Sub")
    if kind == "Div":
        b = b.then(Step("Reciprocal", (), call.origin))
    return merge_tensors(call, a, b, "mul")


def composite(a: Live, b: Live, kind: str, call: Call) -> Live | None:
    """``x * f(x)`` and the like as one function of ``x``: Swish, Gelu and others written out."""
    if a.source is not b.source or a.shape != b.shape or not a.layout.same(b.layout):
        return None
    same = 0
    while same < min(len(a.steps), len(b.steps)) and a.steps[same] is b.steps[same]:
        same += 1
    left, right = a.steps[same:], b.steps[same:]
    curved = [s for s in (*left, *right) if not s.is_affine]
    if not curved or any(s.is_elementwise and np.size(s.constant) > 1 for s in (*left, *right)):
        return None
    if kind in ("Add", "Sub") and all(s.kind in ("clip", "leaky") for s in curved):
        return None
    operator: Any = {"Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Div": _divided}[kind]

    def function(x: Any) -> Any:
        return operator(_real(left, x), _real(right, x))

    sample = None if a.sample is None or b.sample is None else operator(
        a.sample, b.sample).astype(np.float32)
    step = Step("Composite", (function,), call.origin)
    return replace(a, steps=(*a.steps[:same], step), sample=sample)


def _divided(a: Any, b: Any) -> Any:
    return a / np.where(b == 0, 2.0**-40, b)


def _real(steps: tuple[Step, ...], x: Any) -> Any:
    """Steps on float64 numbers."""
    for step in steps:
        x = step.real(x)
    return x


def constant(call: Call, x: Live, value: Const, kind: str) -> Live:
    """One operation by a constant; one that widens the tensor repeats its elements."""
    shape = np.shape(without_batch(value.value, x))
    x = _widened(call, x, shape)
    if kind == "add":
        return add_constant(call, x, value)
    if kind == "sub":
        negated = None if value.mantissa is None else -value.mantissa
        done = add_constant(call, x, replace(value, value=-value.value, mantissa=negated))
        if not done.steps or len(done.steps) == len(x.steps):
            return done
    array = np.asarray(without_batch(value.value, x), dtype=np.float32)
    if kind == "div" and not np.all(array):
        raise refuse(call.node, "the constant divisor holds a zero")
    if kind == "rdiv":
        x = x.then(Step("Reciprocal", (), call.origin))
        kind = "mul"
    return x.then(Step(kind, array, call.origin))


def _widened(call: Call, x: Live, shape: tuple[int, ...]) -> Live:
    try:
        wide = np.broadcast_shapes(shape, x.shape)
    except ValueError:
        wide = None
    if wide is None or len(wide) > len(x.shape):
        raise refuse(call.node, f"a constant of shape {shape} does not broadcast to a tensor of "
                                f"shape {x.shape} behind the batch")
    if wide == x.shape:
        return x
    x = still(call, x, plain=True)
    index = on_positions(call, x, np.broadcast_to(batch_positions(x), (2, *wide)))
    return picked(call.lowering, x, index, like_layout(x, wide), "repeated")


@handles("Sum", "Mean", "Max", "Min")
def several(call: Call) -> Value:
    """Of any number of tensors and constants, from the left."""
    call.attributes(consumed_inputs=None)
    kind = call.node.kind
    operands: list[Any] = [call.value(at) for at in range(len(call))]
    lives = [x for x in operands if isinstance(x, Live)]
    made = lives[0]
    for at, live in enumerate(lives[1:], 1):
        name = call.origin.name if at == len(lives) - 1 else f"{call.origin.name}_{at}"
        made = add_tensors(call, made, live, False, name) if kind in ("Sum", "Mean") else \
            merge_tensors(call, made, live, kind.lower(), name)
    for value in (x for x in operands if isinstance(x, Const)):
        made = constant(call, made, value, "add") if kind in ("Sum", "Mean") else \
            _limit(call, made, value)
    if kind == "Mean" and len(operands) > 1:
        made = made.then(Step("div", np.float32(len(operands)), call.origin))
    return made


def _limit(call: Call, x: Live, value: Const) -> Live:
    """Larger or smaller of a tensor and a constant: ``c + relu(x - c)`` where it is no number."""
    array = np.asarray(without_batch(value.value, x), dtype=np.float32)
    rises = call.node.kind == "Max"
    if array.size == 1:
        one = float(array.reshape(-1)[0])
        ends = [one, np.inf] if rises else [-np.inf, one]
        return _widened(call, x, array.shape).then(
            Step("clip", np.array(ends, dtype=np.float32), call.origin))
    x = _widened(call, x, array.shape)
    inside = Step("clip", np.array([0, np.inf], dtype=np.float32), call.origin)
    if rises:
        return x.then(Step("sub", array, call.origin)).then(inside).then(
            Step("add", array, call.origin))
    return x.then(Step("rsub", array, call.origin)).then(inside).then(
        Step("rsub", array, call.origin))


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
