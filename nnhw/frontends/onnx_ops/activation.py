# SPDX-License-Identifier: Apache-2.0
"""Activations and the operators that end a classifier."""

from dataclasses import replace
from typing import Any

import numpy as np

from nnhw.errors import UnsupportedError
from nnhw.frontends.functions import FUNCTIONS
from nnhw.frontends.registry import Call, handles, refuse
from nnhw.frontends.rescale import rescale
from nnhw.frontends.settle import ground, integer
from nnhw.frontends.steps import Affine, Step
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
    slope = np.asarray(call.const(1), dtype=np.float32)
    x = call.live()
    if slope.size != 1 and slope.shape[-1:] != x.shape[-1:]:
        raise refuse(call.node, "slopes must be one number or one for each element of the last "
                                f"axis, not of shape {slope.shape}")
    if slope.size not in (1, x.shape[-1] if x.shape else 1):
        raise refuse(call.node, "slopes that differ along other axes than the last are not "
                                "supported")
    constant = slope.reshape(-1) if slope.size > 1 else slope.reshape(())
    return x.then(Step("leaky", constant, call.origin))


@handles("HardSigmoid")
def hard_sigmoid(call: Call) -> Live:
    """``min(max(alpha * x + beta, 0), 1)``."""
    alpha, beta, _ = call.attributes(alpha=0.2, beta=0.5, consumed_inputs=None)
    x = call.live().then(Step("mul", np.float32(alpha), call.origin))
    return _clip(call, x.then(Step("add", np.float32(beta), call.origin)), 0, 1)


@handles(*FUNCTIONS)
def function(call: Call) -> Live:
    """Any function of ``FUNCTIONS``."""
    known = dict(FUNCTIONS[call.node.kind].attributes)
    values = call.attributes(**known, consumed_inputs=None)[:len(known)]
    return call.live().then(Step(call.node.kind, tuple(values), call.origin))


@handles("Softmax")
def softmax(call: Call) -> Live:
    """Over the last axis."""
    (axis,) = call.attributes(axis=-1 if call.node.opset >= 13 else 1)
    live = call.live()
    if call.node.opset < 13 and call.axis(axis, live) == -len(live.shape):
        axis = axis if len(live.shape) == 1 else _flattened(call, live)
    call.last_axis(axis, live)
    x, scale = _one_scale(call, live)
    tensor = x.source
    assert isinstance(tensor, Tensor)
    low, choice = call.lowering, call.lowering.types.choice(call.origin)
    size = choice.table_size or low.config.table_size
    if choice.table is not None or choice.table_range is not None:
        raise UnsupportedError(f"node '{call.origin.name}': Softmax chooses its tables' types and "
                               "range itself; table_size and result would work")
    frac = choice.result.type.frac if choice.result is not None else low.types.width - 1
    op = Softmax.design(low.unique(call.origin.name), low.type(tensor), frac, size, scale=scale)
    low.notes.append(f"{op.name}: tables of {len(op.exp_table)} exponentials and "
                     f"{len(op.recip_table)} reciprocals, error at most {op.error_bound:.3g}")
    sample = None if live.sample is None else _real_softmax(live.sample)
    made = Tensor(low.emit(op, tensor.name), 1.0, choice.result is not None, (call.origin,))
    return Live(live.shape, made, (), sample)


def _flattened(call: Call, live: Live) -> int:
    """Before opset 13 Softmax ran over all axes from ``axis`` on; only unit axes may follow."""
    if live.shape[-1] != int(np.prod(live.shape)):
        raise refuse(call.node, f"before opset 13 it normalises a whole tensor of shape "
                                f"{live.shape} at once; a Flatten in front, or opset 13 with the "
                                "last axis, would work")
    return -1


def _real_softmax(x: Any) -> Any:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _one_scale(call: Call, live: Live) -> tuple[Live, float]:
    """The operand on one binary point, and its positive scale."""
    low = call.lowering
    live = integer(low, live, exact=True)
    tensor = live.source
    assert isinstance(tensor, Tensor)
    scale = np.unique(np.asarray(tensor.scale, dtype=np.float64))
    if low.type(tensor).is_uniform and len(scale) == 1 and scale[0] > 0:
        return live, float(scale[0])
    live = rescale(low, live, Affine(), None, tensor.origins)
    return live, 1.0


@handles("ArgMax")
def argmax(call: Call) -> Live:
    """Over the last axis."""
    axis, keep, last = call.attributes(axis=0, keepdims=1, select_last_index=0)
    live = call.live()
    call.last_axis(axis, live)
    x, _ = _one_scale(call, _monotone(call, live))
    tensor = x.source
    assert isinstance(tensor, Tensor)
    low = call.lowering
    op = Argmax(low.unique(call.origin.name), low.type(tensor), bool(last))
    made = Tensor(low.emit(op, tensor.name), 1.0, False, (call.origin,))
    shape = (*live.shape[:-1], 1) if keep else live.shape[:-1]
    sample = None if live.sample is None else live.sample.argmax(axis=-1).reshape(
        (len(live.sample), *shape)).astype(np.float32)
    return Live(shape, made, (), sample)


def _monotone(call: Call, live: Live) -> Live:
    """Without trailing steps that treat all channels alike and ascend strictly."""
    live = ground(call.lowering, live)
    steps = live.steps
    while steps and steps[-1].is_affine and np.size(steps[-1].constant) == 1 \
            and np.all(steps[-1].sign() > 0) and np.all(np.asarray(steps[-1].constant) != 0):
        steps = steps[:-1]
    return replace(live, steps=steps) if steps != live.steps else live
