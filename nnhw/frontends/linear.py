# SPDX-License-Identifier: Apache-2.0
"""Matrix products: float or quantized coefficients to a Dense on integers."""

from dataclasses import replace

import numpy as np

from nnhw.errors import ModelError, UnsupportedError
from nnhw.frontends.lowering import Lowering, merged
from nnhw.frontends.rescale import last_axis_only
from nnhw.frontends.steps import Affine, Step
from nnhw.frontends.value import Floats, IntProduct, Live, Origin, Product, Tensor
from nnhw.ir.op import Op
from nnhw.ir.types import TensorType
from nnhw.layers import Dense, Grouped, Requantize
from nnhw.layers.dense.design import writable_types
from nnhw.numeric.golden import as_mantissas, quantize
from nnhw.numeric.types import Mantissas, Quantizer

__all__ = ["emit_product", "operand_factor"]


def emit_product(lowering: Lowering, live: Live) -> Live:
    """Emit the Dense of a pending product; affine steps go into float coefficients.

    ``live`` is in our own order.
    """
    product = live.source
    if isinstance(product, Product):
        folded, steps = _fold(product, live.steps)
        used = tuple(s.origin for s in live.steps[:len(live.steps) - len(steps)])
        origins = merged((product.origin,), used)
        product = _quantized(lowering, folded, origins)
    else:
        assert isinstance(product, IntProduct)
        steps, origins = live.steps, (product.origin,)
    made = lowering.shaped(Tensor(_emit(lowering, product, origins), 1.0, True, origins),
                           live.shape)
    made = replace(made, scale=product.scale)
    return replace(live, source=_accumulated(lowering, made, origins), steps=steps)


def _emit(lowering: Lowering, product: IntProduct, origins: tuple[Origin, ...]) -> str:
    """A Dense, or a Grouped; its name."""
    x = lowering.type(product.operand)
    name = lowering.unique(product.origin.name)
    weight, bias, bits = product.weight, product.bias, product.bits
    types = None
    if lowering.types.choice(*origins).writable_weights:
        types = writable_types(x, weight, bias, product.reach)
    if product.groups == 1:
        op: Op = Dense(name, x, weight, bias, product.frac, weight_bits=bits, writable=types)
    else:
        weight, bias = (a.reshape((product.groups, -1, *a.shape[1:])) for a in (weight, bias))
        op = Grouped(name, x, weight, bias, product.frac, weight_bits=bits, writable=types)
    return lowering.emit(op, product.operand.name)


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
    frac = int(np.max(x.frac))
    factor = np.asarray(product.operand.scale, dtype=np.float64) * 2.0**(
        frac - np.asarray(x.frac))
    weight = product.weight * operand_factor(name, factor, x, product.groups, len(product.weight))
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
                      product.origin, to.type.width, product.groups,
                      (to.type.min << more, to.type.max << more))


def operand_factor(name: str, factor: Floats, x: TensorType, groups: int, rows: int) -> Floats:
    """What makes up for the scales of the operand's elements, for each of ``rows`` weights."""
    if np.size(factor) == 1:
        return np.asarray(factor).reshape(())
    fan_in = x.shape[-1]
    full = np.broadcast_to(factor, x.shape).reshape(-1, groups, fan_in)
    if not np.all(full == full[0]):
        raise UnsupportedError(f"node '{name}': its operand's scale differs along other axes than "
                               "the last; one scale for each channel would work")
    return np.repeat(full[0], rows // groups, axis=0)


def _bias(bias: Floats, frac: int, chosen: Quantizer | None) -> tuple[Mantissas, int]:
    """Mantissas of the bias, and how many bits finer than ``frac`` its own type is."""
    if chosen is None:
        whole = np.rint(bias * 2.0**frac)
        return as_mantissas(np.array([int(v) for v in whole], dtype=object)), 0
    more = max(0, chosen.type.frac - frac)
    return as_mantissas(quantize(bias, chosen) << (frac + more - chosen.type.frac)), more
