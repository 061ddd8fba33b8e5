# SPDX-License-Identifier: Apache-2.0
"""Activations and the operators that end a classifier."""

from dataclasses import replace
from typing import Any

import numpy as np

from nnhw.errors import UnsupportedError
from nnhw.frontends.arrange import arranged, last_together
from nnhw.frontends.functions import OPERATORS
from nnhw.frontends.layout import Layout
from nnhw.frontends.registry import Call, handles, refuse, without_batch
from nnhw.frontends.settle import ground, integer, narrowed
from nnhw.frontends.steps import Step
from nnhw.frontends.value import Live, Tensor
from nnhw.layers import Argmax, Softmax

__all__: list[str] = []


def _clip(call: Call, x: Live, low: float, high: float) -> Live:
    return x.then(Step("clip", np.array([low, high], dtype=np.float32), call.origin))


@handles("Relu")
def relu(call: Call) -> Live:
    """``max(x, 0)``."""
    call.attributes(consumed_inputs=None)
    return _clip(call, call.live(), 0, np.inf)


@handles("Clip")
def clip(call: Call) -> Live:
    """``min(max(x, low), high)``; limits are attributes before opset 11, operands since."""
    low, high, _ = call.attributes(min=-np.inf, max=np.inf, consumed_inputs=None)
    low, high = (given if call.value(at) is None else _scalar(call, at)
                 for at, given in ((1, low), (2, high)))
    return _clip(call, call.live(), low, high)


def _scalar(call: Call, at: int) -> float:
    value = np.asarray(call.const(at))
    if value.size != 1:
        raise refuse(call.node, f"operand {at} must be one number, not {value.size}")
    return float(value.reshape(-1)[0])


@handles("LeakyRelu")
def leaky_relu(call: Call) -> Live:
    """``x`` where positive, else ``alpha * x``."""
    alpha, _ = call.attributes(alpha=0.01, consumed_inputs=None)
    return call.live().then(Step("leaky", np.float32(alpha), call.origin))


@handles("PRelu")
def prelu(call: Call) -> Live:
    """Leaky Relu whose slope is a constant operand, one number or one for each channel."""
    call.attributes(consumed_inputs=None)
    x = call.live()
    slope = without_batch(np.asarray(call.const(1), dtype=np.float32), x)
    if np.broadcast_shapes(slope.shape, x.shape) != x.shape:
        raise refuse(call.node, f"slopes of shape {slope.shape} do not broadcast to a tensor of "
                                f"shape {x.shape}")
    return x.then(Step("leaky", slope, call.origin))


@handles("HardSigmoid")
def hard_sigmoid(call: Call) -> Live:
    """``min(max(alpha * x + beta, 0), 1)``."""
    alpha, beta, _ = call.attributes(alpha=0.2, beta=0.5, consumed_inputs=None)
    x = call.live().then(Step("mul", np.float32(alpha), call.origin))
    return _clip(call, x.then(Step("add", np.float32(beta), call.origin)), 0, 1)


@handles(*OPERATORS)
def function(call: Call) -> Live:
    """Any function of ``OPERATORS``."""
    known = dict(OPERATORS[call.node.kind].attributes)
    values = call.attributes(**known, consumed_inputs=None)[:len(known)]
    return call.live().then(Step(call.node.kind, tuple(values), call.origin))


@handles("Gelu")
def gelu(call: Call) -> Live:
    """Exact, or by its approximation with tanh."""
    (approximate,) = call.attributes(approximate="none")
    if approximate not in ("none", "tanh"):
        raise refuse(call.node, f"approximate='{approximate}' is not supported; none or tanh would "
                                "work")
    kind = "Gelu" if approximate == "none" else "GeluTanh"
    return call.live().then(Step(kind, (), call.origin))


@handles("Abs")
def absolute(call: Call) -> Live:
    """A leaky Relu with slope -1."""
    call.attributes(consumed_inputs=None)
    return call.live().then(Step("leaky", np.float32(-1), call.origin))


@handles("Neg")
def negative(call: Call) -> Live:
    """``-x``."""
    call.attributes(consumed_inputs=None)
    return call.live().then(Step("mul", np.float32(-1), call.origin))


@handles("Pow")
def power(call: Call) -> Live:
    """To a constant power, one number."""
    call.attributes(axis=0, broadcast=0)
    return call.live().then(Step("Power", (_scalar(call, 1),), call.origin))


@handles("Softmax")
def softmax(call: Call) -> Live:
    """Over the last axis."""
    (axis,) = call.attributes(axis=-1 if call.node.opset >= 13 else 1)
    live = call.live()
    if call.node.opset < 13:
        axis = _flattened(call, live, axis)
    x, tensor, scale = vectors(call, live, axis)
    low, choice = call.lowering, call.lowering.types.choice(call.origin)
    bits = _code_bits(call)
    size = choice.table_size or low.config.table_size
    if choice.table is not None or choice.table_range is not None:
        raise UnsupportedError(f"node '{call.origin.name}': Softmax chooses its tables' types and "
                               "range itself; table_size and result would work")
    frac = choice.result.type.frac if choice.result is not None else max(
        low.types.width - 1, bits + 14 if bits else 0)
    op = Softmax.design(low.unique(call.origin.name), low.type(tensor), frac, size, scale=scale,
                        interpolated=bits > 0)
    low.notes.append(f"{op.name}: tables of {len(op.exp_table)} exponentials and "
                     f"{len(op.recip_table)} {'interpolated ' * (op.drop_table is not None)}"
                     f"reciprocals, error at most {op.error_bound:.3g}")
    sample = None if live.sample is None else _real_softmax(
        live.sample, call.axis(axis, live))
    made = Tensor(low.emit(op, tensor.name), 1.0, choice.result is not None, (call.origin,))
    return replace(x, source=made, sample=sample)


def _code_bits(call: Call) -> int:
    """Bits of the codes that a quantizer right behind makes of the result; 0 if there is none."""
    readers = [node.kind for node in call.lowering.readers.get(call.node.outputs[0], ())]
    return 8 if readers and all(kind == "QuantizeLinear" for kind in readers) else 0


def vectors(call: Call, live: Live, axis: int) -> tuple[Live, Tensor, float]:
    """An integer tensor whose last axis is the given one of the source model; and its scale."""
    x, scale = _one_scale(call, live)
    at = call.axis(axis, live)
    if at == -len(live.shape) - 1:
        raise refuse(call.node, f"axis {axis} is the batch; another axis would work")
    x = last_together(call.lowering, x, at)
    assert isinstance(x.source, Tensor)
    length = live.shape[at]
    shape = call.lowering.type(x.source).shape
    if shape[-1:] != (length,):
        shape = (*(n for n in (int(np.prod(live.shape)) // length,) if n > 1), length)
    tensor = call.lowering.shaped(x.source, shape)
    return replace(x, source=tensor), tensor, scale


def _flattened(call: Call, live: Live, axis: int) -> int:
    """Before opset 13 Softmax ran over all axes from ``axis`` on; only one may be longer than 1."""
    at = call.axis(axis, live) % (len(live.shape) + 1)
    long = [k for k, n in enumerate(live.shape, 1) if k >= at and n > 1]
    if len(long) > 1 or at == 0:
        raise refuse(call.node, f"before opset 13 it normalises a whole tensor of shape "
                                f"{live.shape} at once; a Flatten in front, or opset 13 with the "
                                "last axis, would work")
    return long[0] if long else at


def _real_softmax(x: Any, axis: int) -> Any:
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def _one_scale(call: Call, live: Live) -> tuple[Live, float]:
    """The operand on one binary point, and its positive scale."""
    low = call.lowering
    live = integer(low, live, exact=True)
    tensor = live.source
    assert isinstance(tensor, Tensor)
    scale = np.unique(np.asarray(tensor.scale, dtype=np.float64))
    if low.type(tensor).is_uniform and len(scale) == 1 and scale[0] > 0:
        return live, float(scale[0])
    return narrowed(low, live, tensor.origins), 1.0


@handles("ArgMax")
def argmax(call: Call) -> Live:
    """Over the last axis."""
    axis, keep, last = call.attributes(axis=0, keepdims=1, select_last_index=0)
    live = call.live()
    at = call.axis(axis, live)
    tail = live.layout.groups(live.shape)[at] if at >= -len(live.shape) else []
    if tail != sorted(tail, key=live.layout.order.index):
        live = arranged(call.lowering, live, Layout.rows(live.shape))
    x, tensor, _ = vectors(call, _monotone(call, live), axis)
    low = call.lowering
    op = Argmax(low.unique(call.origin.name), low.type(tensor), bool(last))
    made = Tensor(low.emit(op, tensor.name), 1.0, False, (call.origin,))
    axes = [k for k in range(len(live.shape)) if k != at % len(live.shape)]
    shape = tuple(1 if k not in axes else n for k, n in enumerate(live.shape))
    count = len(x.layout.fine) - len(x.layout.groups(x.shape)[at])
    gone = set(x.layout.order[count:])
    left = [a for a in range(len(x.layout.fine)) if a not in gone]
    layout = Layout(tuple(x.layout.fine[a] for a in left),
                    tuple(left.index(a) for a in x.layout.order[:count]))
    shape = shape if keep else tuple(live.shape[a] for a in axes)
    sample = None if live.sample is None else live.sample.argmax(axis=at).reshape(
        (len(live.sample), *shape)).astype(np.float32)
    return Live(shape, made, (), sample, layout)


def _monotone(call: Call, live: Live) -> Live:
    """Without trailing steps that treat all channels alike and ascend strictly."""
    live = ground(call.lowering, live)
    steps = live.steps
    while steps and steps[-1].is_affine and np.size(steps[-1].constant) == 1 \
            and np.all(steps[-1].sign() > 0) and np.all(np.asarray(steps[-1].constant) != 0):
        steps = steps[:-1]
    return replace(live, steps=steps) if steps != live.steps else live
