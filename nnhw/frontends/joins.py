# SPDX-License-Identifier: Apache-2.0
"""Operators of several tensors that depend on the input: their grids are aligned first."""

from dataclasses import replace
from typing import Any

import numpy as np

from nnhw.frontends.arrange import arranged, picked
from nnhw.frontends.layout import Layout
from nnhw.frontends.registry import Call, refuse
from nnhw.frontends.rescale import reduced
from nnhw.frontends.settle import integer, narrowed
from nnhw.frontends.steps import Step
from nnhw.frontends.value import Live, Tensor
from nnhw.ir.op import Op
from nnhw.ir.types import TensorType
from nnhw.layers import Add, Merge, Requantize
from nnhw.numeric.types import FixedType, Quantizer

__all__ = ["add_tensors", "aligned", "broadcast", "merge_tensors"]

#: Bits of the larger of two scales that are no power of two apart, on their common grid.
_SCALE_BITS = 16


def add_tensors(call: Call, a: Live, b: Live, subtract: bool, name: str | None = None) -> Live:
    """``a + b`` or ``a - b``, exact on the finer of their two grids."""
    sample = _sample(np.subtract if subtract else np.add, a, b)
    if subtract:
        b = b.then(Step("mul", np.float32(-1), call.origin))
    low = call.lowering
    (left, right), frac, scale = aligned(call, list(broadcast(call, a, b)))
    op = Add(low.unique(name or call.origin.name), _type(call, left), _type(call, right),
             frac - _frac(call, left), frac - _frac(call, right), frac)
    return _joined(call, op, left, right, scale, sample, True)


def merge_tensors(call: Call, a: Live, b: Live, how: str, name: str | None = None) -> Live:
    """Product, larger or smaller of two tensors."""
    sample = _sample({"mul": np.multiply, "max": np.maximum, "min": np.minimum}[how], a, b)
    low, name = call.lowering, name or call.origin.name
    a, b = broadcast(call, a, b)
    if how != "mul":
        (left, right), frac, scale = aligned(call, [a, b])
        op = Merge(low.unique(name), _type(call, left), _type(call, right), how,
                   frac - _frac(call, left), frac - _frac(call, right), frac)
        assert isinstance(left.source, Tensor) and isinstance(right.source, Tensor)
        wide = left.source.wide or right.source.wide
        return _joined(call, op, left, right, scale, sample, wide)
    left, right = (_one_grid(call, integer(low, live)) for live in (a, b))
    left, right = _same_shape(call, left, right)
    assert isinstance(left.source, Tensor) and isinstance(right.source, Tensor)
    op = Merge(low.unique(name), _type(call, left), _type(call, right), "mul",
               frac=_frac(call, left) + _frac(call, right))
    scale = float(np.ravel(left.source.scale)[0]) * float(np.ravel(right.source.scale)[0])
    return _joined(call, op, left, right, scale, sample, True)


def _sample(function: Any, a: Live, b: Live) -> Any:
    if a.sample is None or b.sample is None:
        return None
    rank = max(len(a.shape), len(b.shape))
    left, right = (np.asarray(live.sample) for live in (a, b))
    return function(*(x.reshape((len(x),) + (1,) * (rank + 1 - x.ndim) + x.shape[1:])
                      for x in (left, right)))


def _joined(call: Call, op: Op, left: Live, right: Live, scale: float, sample: Any, wide: bool
            ) -> Live:
    assert isinstance(left.source, Tensor) and isinstance(right.source, Tensor)
    made = Tensor(call.lowering.emit(op, left.source.name, right.source.name), scale, wide,
                  (call.origin,))
    return Live(left.shape, made, (), sample, left.layout)


def broadcast(call: Call, a: Live, b: Live) -> tuple[Live, Live]:
    """Both in one shape; what is smaller is repeated."""
    if a.shape == b.shape:
        return a, b
    try:
        shape = np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        raise refuse(call.node, f"tensors of shapes {a.shape} and {b.shape} do not broadcast "
                                "together") from None
    layout = next((x.layout for x in (a, b) if x.shape == shape), Layout.rows(shape))
    return _repeated(call, a, shape, layout), _repeated(call, b, shape, layout)


def _repeated(call: Call, live: Live, shape: tuple[int, ...], layout: Layout) -> Live:
    if live.shape == shape:
        return live
    settled = integer(call.lowering, live)
    index = np.arange(int(np.prod(live.shape))).reshape(live.shape)
    return picked(call.lowering, settled, np.broadcast_to(index, shape), layout, "repeated")


def aligned(call: Call, lives: list[Live]) -> tuple[list[Live], int, float]:
    """The values as tensors of one order and scale, and their finest binary point.

    Those of the first one's shape get its order; others (parts of a Concat) keep theirs.
    Where the operands' scales differ by more than a power of two, each is multiplied by a whole
    number, its scale to 16 bits; a note says how far that is from the source model's.
    """
    low = call.lowering
    done = [integer(low, live, exact=True) for live in lives]
    scales = {float(v) for live in done for v in np.ravel(_tensor(live).scale)}
    if len(scales) > 1 or not all(_type(call, live).is_uniform for live in done):
        done = _on_one_grid(call, done)
        scales = {float(np.ravel(_tensor(done[0]).scale)[0])}
    done = [arranged(low, live, done[0].layout) if live.shape == done[0].shape else live
            for live in done]
    shape = _type(call, done[0]).shape
    done = [replace(live, source=low.shaped(_tensor(live), shape))
            if live.shape == done[0].shape else live for live in done]
    return done, max(_frac(call, live) for live in done), scales.pop()


def _same_shape(call: Call, left: Live, right: Live) -> tuple[Live, Live]:
    right = arranged(call.lowering, right, left.layout)
    shape = _type(call, left).shape
    return left, replace(right, source=call.lowering.shaped(_tensor(right), shape))


def _one_grid(call: Call, live: Live) -> Live:
    tensor = _tensor(live)
    if np.unique(tensor.scale).size == 1 and _type(call, live).is_uniform:
        return live
    return narrowed(call.lowering, live, (call.origin,))


def _on_one_grid(call: Call, lives: list[Live]) -> list[Live]:
    """Whole multiples of one unit."""
    units = [np.asarray(_tensor(live).scale, dtype=np.float64)
             * 2.0**-np.asarray(_type(call, live).frac, dtype=np.float64) for live in lives]
    largest = max(float(np.abs(unit).max()) for unit in units)
    unit = largest * 2.0**(1 - _SCALE_BITS)
    worst = 0.0
    done = []
    for live, own in zip(lives, units, strict=True):
        factor = np.rint(own / unit)
        worst = max(worst, float(np.abs(factor * unit / own - 1).max()))
        done.append(_multiplied(call, live, factor, unit))
    if worst > 2.0**-40:
        call.lowering.notes.append(
            f"{call.origin.name}: its operands have different scales; on their common grid they "
            f"are off by at most {worst:.2g} of themselves")
    return done


def _multiplied(call: Call, live: Live, factor: Any, unit: float) -> Live:
    """The tensor's mantissas times whole numbers, exact."""
    tensor, x = _tensor(live), _type(call, live)
    multiplier, _, shift = reduced(factor.astype(np.int64), np.zeros(1, dtype=np.int64), 0)
    multiplier = np.asarray(multiplier)
    ends = [int(v) for end in (x.low, x.high) for v in np.ravel(
        np.asarray(end, dtype=object) * multiplier.astype(object))]
    frac, rest = shift, unit
    to = Quantizer(FixedType.containing(min(ends), max(ends), frac))
    op = Requantize(call.lowering.unique(f"{tensor.name}_scaled"), x, to, 0,
                    int(multiplier) if multiplier.ndim == 0 else multiplier)
    same = bool(np.all(multiplier == 1) and np.all(np.asarray(x.frac) == frac))
    name = tensor.name if same else call.lowering.emit(op, tensor.name)
    return replace(live, source=replace(tensor, name=name, scale=rest))


def _tensor(live: Live) -> Tensor:
    assert isinstance(live.source, Tensor)
    return live.source


def _type(call: Call, live: Live) -> TensorType:
    return call.lowering.type(_tensor(live))


def _frac(call: Call, live: Live) -> int:
    frac = _type(call, live).frac
    assert isinstance(frac, int)
    return frac
