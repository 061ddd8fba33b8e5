# SPDX-License-Identifier: Apache-2.0
"""Matrix products: float or quantized coefficients to a Dense on integers."""

from dataclasses import replace
from typing import Any

import numpy as np

from nnhw.errors import ModelError, UnsupportedError
from nnhw.frontends.lowering import Lowering, merged
from nnhw.frontends.rescale import last_axis_only
from nnhw.frontends.steps import Affine, Step
from nnhw.frontends.value import Floats, IntProduct, Live, Origin, Product, Tensor
from nnhw.ir.types import TensorType
from nnhw.layers import Dense, Requantize
from nnhw.numeric.golden import as_mantissas, quantize
from nnhw.numeric.types import Mantissas, Quantizer

__all__ = ["emit_product"]


def emit_product(lowering: Lowering, live: Live) -> Live:
    """Emit the Dense of a pending product; affine steps go into float coefficients."""
    product = live.source
    if isinstance(product, Product):
        folded, steps = _fold(product, live.steps)
        used = tuple(s.origin for s in live.steps[:len(live.steps) - len(steps)])
        origins = merged((product.origin,), used)
        product = _quantized(lowering, folded, origins)
    else:
        assert isinstance(product, IntProduct)
        steps, origins = live.steps, (product.origin,)
    x = lowering.type(product.operand)
    name = lowering.unique(product.origin.name)
    op = Dense(name, x, product.weight, product.bias, product.frac, weight_bits=product.bits)
    made = Tensor(lowering.emit(op, product.operand.name), product.scale, True, origins)
    return replace(live, source=_accumulated(lowering, made, origins), steps=steps)


def _accumulated(lowering: Lowering, tensor: Tensor, origins: tuple[Origin, ...]) -> Tensor:
    """The sum in the accumulator type the user asked for, or as it is."""
    accum = lowering.types.choice(*origins).accum
    if accum is None:
        return tensor
    op = Requantize.between(lowering.unique(f"{tensor.name}_accum"), lowering.type(tensor), accum)
    return replace(tensor, name=lowering.emit(op, tensor.name))


def _fold(product: Product, steps: tuple[Step, ...]) -> tuple[Product, tuple[Step, ...]]:
    """Affine steps that treat every vector alike, folded into the coefficients in float64."""
    affine, at = Affine(), 0
    for step in steps:
        if not step.is_affine or not last_axis_only(step.constant):
            break
        affine, at = affine.after(step), at + 1
    fan_out = len(product.weight)
    factor, term = (np.broadcast_to(np.ravel(a), (fan_out,))
                    for a in (affine.factor, affine.term))
    weight = product.weight * factor[:, None]
    return replace(product, weight=weight, bias=product.bias * factor + term), steps[at:]


def _quantized(lowering: Lowering, product: Product, origins: tuple[Origin, ...]) -> IntProduct:
    """Round the coefficients to their types; the bias, by default, to the sum's own grid."""
    x, name = lowering.type(product.operand), product.origin.name
    weight, frac = _for_operand(name, product.weight, x, product.operand.scale)
    if not (np.isfinite(weight).all() and np.isfinite(product.bias).all()):
        raise ModelError(f"node '{name}': its weights or biases hold NaN or infinity; "
                         "finite coefficients would work")
    to = lowering.types.weight(weight, *origins)
    mantissas = quantize(weight, to)
    beyond = int(((weight > to.type.max * 2.0**-to.type.frac)
                  | (weight < to.type.min * 2.0**-to.type.frac)).sum())
    if beyond:
        lowering.notes.append(f"{name}: {beyond} of {weight.size} weights do not fit {to.type}, "
                              f"the largest is {np.abs(weight).max():.4g}")
    frac += to.type.frac
    chosen = lowering.types.choice(*origins).bias
    bias, more = _bias(product.bias, frac, chosen)
    return IntProduct(product.operand, as_mantissas(mantissas << more), bias, frac + more, 1.0,
                      product.origin, to.type.width)


def _for_operand(name: str, weight: Floats, x: TensorType, scale: Any) -> tuple[Floats, int]:
    """Weights that make up for scales and binary points of the operand's elements."""
    frac = int(np.max(x.frac))
    factor = np.asarray(scale, dtype=np.float64) * 2.0**(frac - np.asarray(x.frac))
    rows = np.broadcast_to(factor, x.shape).reshape(-1, x.shape[-1])
    if not np.all(rows == rows[0]):
        raise UnsupportedError(f"node '{name}': its operand's scale differs along other axes than "
                               "the last; one scale for each channel would work")
    return weight * rows[0], frac


def _bias(bias: Floats, frac: int, chosen: Quantizer | None) -> tuple[Mantissas, int]:
    """Mantissas of the bias, and how many bits finer than ``frac`` its own type is."""
    if chosen is None:
        whole = np.rint(bias * 2.0**frac)
        return as_mantissas(np.array([int(v) for v in whole], dtype=object)), 0
    more = max(0, chosen.type.frac - frac)
    return as_mantissas(quantize(bias, chosen) << (frac + more - chosen.type.frac)), more
