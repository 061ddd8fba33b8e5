# SPDX-License-Identifier: Apache-2.0
"""Pending matrix products: an integer operand and constants, float or quantized."""

from dataclasses import replace
from typing import Any

import numpy as np

from nnhw.frontends.arrange import last_together
from nnhw.frontends.layout import Layout
from nnhw.frontends.linear import operand_factor
from nnhw.frontends.registry import Call, refuse
from nnhw.frontends.rescale import last_axis_only
from nnhw.frontends.scales import powers_of_two
from nnhw.frontends.settle import integer
from nnhw.frontends.value import Const, Floats, IntProduct, Live, Product, Tensor
from nnhw.numeric.golden import as_mantissas
from nnhw.numeric.types import Mantissas

__all__ = ["integer_bias", "pending", "product"]


def product(call: Call, x: Live, weight: Const) -> Live:
    """``x @ weight.T`` over the last axis; ``weight`` has shape (fan_out, fan_in)."""
    fan_out, fan_in = weight.value.shape
    if not x.shape or x.shape[-1] != fan_in:
        raise refuse(call.node, f"a matrix with {fan_in} rows cannot multiply a tensor of shape "
                                f"{x.shape}")
    settled = last_together(call.lowering, integer(call.lowering, x))
    call.lowering.values[call.node.inputs[0]] = settled
    lead, columns = _split(settled)
    sample = None if x.sample is None else (x.sample @ weight.value.T).astype(np.float32)
    weight = weight.mapped(lambda a: a[:, columns], weight.name)
    tensor = settled.source
    assert isinstance(tensor, Tensor)
    tensor = call.lowering.shaped(tensor, (*lead.shape(x.shape[:-1]), fan_in))
    return Live((*x.shape[:-1], fan_out), pending(call, tensor, weight), (), sample,
                lead.with_last(fan_out))


def pending(call: Call, operand: Tensor, weight: Const, groups: int = 1) -> Product | IntProduct:
    """A product whose operand has the shape it needs."""
    if weight.mantissa is not None:
        return _integer_product(call, operand, weight, groups)
    return Product(operand, weight.value.astype(np.float64), np.zeros(len(weight.value)),
                   call.origin, groups)


def _split(x: Live) -> tuple[Layout, Any]:
    """Layout of all axes but the last, and which of its elements lies at each place of ours."""
    tail = x.layout.groups(x.shape)[-1]
    count = len(x.layout.fine) - len(tail)
    lead = Layout(x.layout.fine[:count], x.layout.order[:count])
    last = Layout(x.layout.fine[count:], tuple(a - count for a in x.layout.order[count:]))
    return lead, last.positions()


def _integer_product(call: Call, x: Tensor, weight: Const, groups: int) -> IntProduct:
    """Mantissas and what is left of the scales: a power of two is in ``frac``."""
    assert weight.mantissa is not None
    assert weight.scale is not None
    mantissa, scale = _per_output(call, weight.mantissa, weight.scale.astype(np.float64))
    kind = call.lowering.type(x)
    frac = int(np.max(kind.frac))
    bits = int(np.abs(mantissa).max(initial=0)).bit_length() + 1
    factors = np.asarray(x.scale, dtype=np.float64) * 2.0**(frac - np.asarray(kind.frac))
    least = factors.min()
    rows = operand_factor(call.origin.name, factors / least, kind, groups, len(mantissa))
    if not np.all(rows == np.rint(rows)):
        raise refuse(call.node, "an operand with a scale for each channel, not powers of two, "
                                "meets quantized weights; one scale for the tensor would work")
    mantissa = as_mantissas(mantissa.astype(object) * np.rint(rows).astype(np.int64))
    scale = scale * least
    shift, rest = powers_of_two(scale)
    common = int(np.max(shift))
    mantissa = as_mantissas(mantissa.astype(object) << (common - shift).astype(object)[:, None])
    if np.all(rest == rest[0]):
        rest = rest[0]
    zeros = np.zeros(len(mantissa), dtype=np.int64)
    return IntProduct(x, mantissa, zeros, frac + common, rest, call.origin, bits, groups)


def _per_output(call: Call, mantissa: Mantissas, scale: Floats) -> tuple[Mantissas, Floats]:
    """One scale for each row; powers of two within a row go into its mantissas."""
    least = np.abs(scale).min(axis=1, keepdims=True)
    ratio = scale / least
    if not np.all(ratio == np.rint(ratio)):
        raise refuse(call.node, "the weights' scale differs within one output channel; one scale "
                                "for each output channel would work")
    return as_mantissas(mantissa * np.rint(ratio).astype(np.int64)), least[:, 0]


def integer_bias(source: Any, constant: Const) -> IntProduct | None:
    """The product with a quantized constant in its bias, if that is exact; else None.

    The constant is spread out in our order.

    Brevitas multiplies scales in float32, so a bias scale counts as equal to the sum's within
    2**-20 of it.
    """
    if not isinstance(source, IntProduct) or constant.mantissa is None or constant.scale is None:
        return None
    if not (last_axis_only(constant.mantissa) and last_axis_only(constant.scale)):
        return None
    unit = np.asarray(source.scale, dtype=np.float64) * 2.0**-source.frac
    ratio = constant.scale.reshape(-1).astype(np.float64) / unit
    finer = 0
    while finer < 24 and np.any(ratio < 1 - 2.0**-20):
        finer, ratio = finer + 1, ratio * 2
    if np.any(np.abs(ratio - np.rint(ratio)) > 2.0**-20 * ratio):
        return None
    bias = constant.mantissa.reshape(-1).astype(object) * np.rint(ratio).astype(np.int64)
    return replace(source, weight=as_mantissas(source.weight.astype(object) << finer),
                   bias=as_mantissas((source.bias.astype(object) << finer) + bias),
                   frac=source.frac + finer)
