# SPDX-License-Identifier: Apache-2.0
"""Sums of two tensors that depend on the input: their grids are aligned first."""


import numpy as np

from nnhw.frontends.registry import Call, refuse
from nnhw.frontends.rescale import rescale
from nnhw.frontends.settle import integer
from nnhw.frontends.steps import Affine, Step
from nnhw.frontends.value import Live, Tensor
from nnhw.layers import Add

__all__ = ["add_tensors"]


def add_tensors(call: Call, a: Live, b: Live, subtract: bool) -> Live:
    """``a + b`` or ``a - b``, exact on the finer of their two grids.

    Where the operands' scales differ by more than a power of two, those that are none are first
    brought to the configured type, and a note says so.
    """
    if a.shape != b.shape:
        raise refuse(call.node, f"tensors of shapes {a.shape} and {b.shape} are not supported; "
                                "equal shapes would work")
    sample = None if a.sample is None or b.sample is None else (
        a.sample - b.sample if subtract else a.sample + b.sample)
    if subtract:
        b = b.then(Step("mul", np.float32(-1), call.origin))
    low = call.lowering
    left, right = (integer(low, live, exact=True) for live in (a, b))
    scale = _common_scale(call, left, right)
    if scale is None:
        left, right, scale = _aligned(call, left), _aligned(call, right), 1.0
    (name_a, frac_a), (name_b, frac_b) = (_point(call, live) for live in (left, right))
    frac = max(frac_a, frac_b)
    op = Add(low.unique(call.origin.name), low.tensors[name_a], low.tensors[name_b],
             frac - frac_a, frac - frac_b, frac)
    made = Tensor(low.emit(op, name_a, name_b), scale, True, (call.origin,))
    return Live(a.shape, made, (), sample)


def _common_scale(call: Call, a: Live, b: Live) -> float | None:
    """The one scale of both operands, if there is one and binary points state the rest."""
    scales = set()
    for live in (a, b):
        assert isinstance(live.source, Tensor)
        scales.update(np.ravel(live.source.scale).astype(np.float64).tolist())
        if not call.lowering.type(live.source).is_uniform:
            return None
    return scales.pop() if len(scales) == 1 else None


def _aligned(call: Call, live: Live) -> Live:
    """On the configured type, which is noted: the source model's grid is another."""
    tensor = live.source
    assert isinstance(tensor, Tensor)
    if call.lowering.type(tensor).is_uniform and np.all(np.asarray(tensor.scale) == 1):
        return live
    done = rescale(call.lowering, live, Affine(), None, (call.origin,))
    assert isinstance(done.source, Tensor)
    call.lowering.notes.append(
        f"{call.origin.name}: its operands have different scales; {tensor.name} is rounded to "
        f"{call.lowering.type(done.source).element}")
    return call.lowering.shaped(done)


def _point(call: Call, live: Live) -> tuple[str, int]:
    """Tensor and its fraction bits."""
    assert isinstance(live.source, Tensor)
    frac = call.lowering.type(live.source).frac
    assert isinstance(frac, int)
    return live.source.name, frac
