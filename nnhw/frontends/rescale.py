# SPDX-License-Identifier: Apache-2.0
"""A change of type, with a scale and an offset on the way: Requantize for float models."""

import math
from dataclasses import replace
from typing import Any

import numpy as np

from nnhw.errors import UnsupportedError
from nnhw.frontends.lowering import Lowering
from nnhw.frontends.steps import Affine
from nnhw.frontends.value import Live, Origin, Tensor
from nnhw.ir.types import TensorType
from nnhw.layers import Relu, Requantize
from nnhw.numeric.golden import as_mantissas, quantize
from nnhw.numeric.types import Overflow, Quantizer

__all__ = ["last_axis_only", "reduced", "rescale"]

_SATURATING = (Overflow.SATURATE, Overflow.SATURATE_SYMMETRIC)


def last_axis_only(constant: Any) -> bool:
    """Whether an array that broadcasts to a tensor is the same along all axes but the last."""
    return all(n == 1 for n in np.shape(constant)[:-1])


def rescale(lowering: Lowering, live: Live, affine: Affine, clip: Any,
            origins: tuple[Origin, ...]) -> Live:
    """``clip(factor * x + term)`` in the configured type of the result.

    Parameters
    ----------
    lowering : Lowering
        State.
    live : Live
        On an emitted tensor, in our order; its ``steps`` are those still to come.
    affine : Affine
        What to apply; broadcasts to the tensor's shape.
    clip : pair of float or None
        Limits of the result.
    origins : tuple of Origin
        Nodes of the model that this amounts to.
    """
    affine = Affine(np.asarray(affine.factor, dtype=np.float64),
                    np.asarray(affine.term, dtype=np.float64))
    tensor = live.source
    assert isinstance(tensor, Tensor)
    sample = None if live.steps else live.sample
    to = lowering.types.result(sample if sample is not None else live.sample, *origins)
    stem = tensor.name if affine.is_identity or not origins else origins[-1].name
    low, high, to, tensor = _limits(lowering, tensor, clip, to, stem)
    name = lowering.unique(f"{stem}_out" if stem in lowering.tensors else stem)
    x = lowering.type(tensor)
    multiplier, offset, shift = _coefficients(lowering, x, tensor.scale, affine, to, origins)
    op = Requantize(name, x, to, shift, multiplier, offset, low, high)
    lowering.count(name, sample, to, to.type.frac)
    same = np.all(np.asarray(x.frac) == to.type.frac) and np.all(np.asarray(tensor.scale) == 1)
    if op.is_identity and same:
        return replace(live, source=replace(tensor, wide=False))
    return replace(live, source=Tensor(lowering.emit(op, tensor.name), 1.0, False, origins))


def _limits(lowering: Lowering, tensor: Tensor, clip: Any, to: Quantizer, stem: str
            ) -> tuple[int | None, int | None, Quantizer, Tensor]:
    """Limits as mantissas; where ``to`` does not saturate, what comes to the same."""
    if clip is None:
        return None, None, to, tensor
    low, high = (None if math.isinf(end) else int(quantize(end, replace(
        to, overflow=Overflow.SATURATE))) for end in map(float, clip))
    if to.overflow in _SATURATING:
        return low, high, to, tensor
    inside = all(not math.isinf(end) and to.type.min <= end * 2.0**to.type.frac <= to.type.max
                 for end in map(float, clip))
    if inside:  # what is limited first never wraps
        return low, high, replace(to, overflow=Overflow.SATURATE), tensor
    if float(clip[0]) == 0 and high is None and np.all(np.asarray(tensor.scale) > 0):
        op = Relu(lowering.unique(f"{stem}_relu"), lowering.type(tensor))
        return None, None, to, replace(tensor, name=lowering.emit(op, tensor.name))
    raise UnsupportedError(
        f"node '{stem}': limits {float(clip[0]):g} to {float(clip[1]):g} outside of {to.type} "
        f"cannot be combined with overflow mode {to.overflow.value}; a saturating mode would work")


def _coefficients(lowering: Lowering, x: TensorType, scale: Any, affine: Affine, to: Quantizer,
                  origins: tuple[Origin, ...]) -> tuple[Any, Any, int]:
    """Multiplier, offset and shift that render ``affine`` on mantissas of type ``x``."""
    frac = int(np.max(x.frac))
    factor = np.asarray(affine.factor * np.asarray(scale) * 2.0**(frac - np.asarray(x.frac)))
    chosen = lowering.types.choice(*origins).weight
    peak = float(np.abs(factor).max())
    bits = lowering.types.width - 1 - math.frexp(peak)[1] if peak else 0
    if chosen is not None and not np.all(factor == 1):
        bits = chosen.type.frac
        multiplier = quantize(factor, chosen)
    else:
        multiplier = as_mantissas(np.rint(factor * 2.0**bits).astype(np.int64))
    offset = as_mantissas(np.array([int(v) for v in np.rint(
        np.ravel(affine.term) * 2.0**(frac + bits))], dtype=object).reshape(np.shape(affine.term)))
    return reduced(multiplier, offset, frac + bits - to.type.frac)


def reduced(multiplier: Any, offset: Any, shift: int) -> tuple[Any, Any, int]:
    """The same without common factors of two; equal entries of an array become one number."""
    values = [int(v) for v in (*np.ravel(multiplier), *np.ravel(offset))]
    common = min(((v & -v).bit_length() - 1 for v in values if v), default=0)
    multiplier, offset = (np.asarray(a) >> common for a in (multiplier, offset))
    single = [int(np.ravel(a)[0]) if np.all(np.ravel(a) == np.ravel(a)[0]) else a
              for a in (multiplier, offset)]
    return single[0], single[1], shift - common
