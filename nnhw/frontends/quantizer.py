# SPDX-License-Identifier: Apache-2.0
"""A quantizer of the source model, with the float chain before it, as the cheapest exact circuit.

Between an integer accumulator and the quantizer's integer code lies a function ``f``: the chain's
float32 arithmetic followed by the quantizer's. Here it is evaluated, and lowered to a shift, a
multiply-shift, thresholds or a table, each equal to ``f`` over the accumulator's whole interval.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from nnhw.errors import UnsupportedError
from nnhw.frontends.lowering import Lowering, host_steps, step_key
from nnhw.frontends.quant_spec import QuantSpec
from nnhw.frontends.rescale import last_axis_only
from nnhw.frontends.scales import powers_of_two
from nnhw.frontends.settle import ground
from nnhw.frontends.staircase import (
    Staircase,
    as_nearest,
    as_requantize,
    as_table,
    as_threshold,
    cost,
)
from nnhw.frontends.steps import Step
from nnhw.frontends.value import Floats, Live, Origin, Port, Tensor
from nnhw.frontends.views import entering, our_view, spread
from nnhw.ir.graph import InputPort
from nnhw.ir.op import Op
from nnhw.ir.types import TensorType
from nnhw.layers import Requantize
from nnhw.numeric.types import FixedType, Overflow, Quantizer

__all__ = ["quantize_live"]

#: Largest number of thresholds of a channel that is still a reasonable circuit.
_LEVELS = 255
#: Operands of an exact table that is preferred to a multiply-shift that errs.
_SMALL = 1024


def quantize_live(lowering: Lowering, live: Live, spec: QuantSpec, origin: Origin) -> Live:
    """The quantizer's codes, as an integer tensor with a scale."""
    sample = None if live.sample is None else spec.values(live.sample)
    live = _unlimited(live, spec)
    enters = isinstance(live.source, Port) and live.source.code is None and all(
        step.is_affine for step in live.steps)
    live = entering(live) if enters else ground(lowering, live)
    spec = replace(spec, scale=spread(lowering, live, spec.scale))
    ours = our_view(lowering, live)
    source = (_enter if enters else _codes)(lowering, ours, spec, origin)
    return replace(live, source=source, steps=(), sample=sample)


def _unlimited(live: Live, spec: QuantSpec) -> Live:
    """Without a last limit of an input's values that the quantizer's own range implies."""
    steps = live.steps
    if not isinstance(live.source, Port) or not steps or steps[-1].kind != "clip":
        return live
    low, high = spec.mantissas(np.asarray(steps[-1].constant, dtype=np.float32).reshape(
        (2,) + (1,) * np.ndim(spec.scale)))
    if np.all(low == spec.low - spec.zero_point) and np.all(high == spec.high - spec.zero_point):
        return replace(live, steps=steps[:-1])
    return live


def _codes(lowering: Lowering, live: Live, spec: QuantSpec, origin: Origin) -> Tensor:
    """The codes of a value on a tensor, in our order."""
    shape = live.shape
    live, spec = _flat(lowering, live, spec)
    tensor = live.source
    assert isinstance(tensor, Tensor)
    frac, scale = _grid(spec)
    op = _shift(lowering, live, spec, origin) or _general(lowering, live, spec, origin, frac)
    same = np.all(np.asarray(lowering.type(tensor).frac) == frac)
    if isinstance(op, Requantize) and op.is_identity and same:
        return lowering.shaped(replace(tensor, scale=scale, wide=False), shape)
    op = replace(op, name=lowering.unique(op.name))
    made = Tensor(lowering.emit(op, tensor.name), scale, False, (origin,))
    return lowering.shaped(made, shape)


def _enter(lowering: Lowering, live: Live, spec: QuantSpec, origin: Origin) -> Tensor:
    """The quantizer at an input of the model: it stays on the host."""
    port = live.source
    assert isinstance(port, Port)
    if spec.narrow and not spec.signed:
        raise UnsupportedError(f"node '{origin.name}': an unsigned narrow quantizer at an input is "
                               "not supported; narrow=0 would work")
    frac, scale = _grid(spec)
    code = FixedType(max(spec.bits, 2) if spec.bipolar else spec.bits, frac, spec.signed)
    low, high = (code.min, code.max) if spec.nearest else (spec.low, spec.high)
    x = TensorType(live.shape, np.asarray(low - spec.zero_point),
                   np.asarray(high - spec.zero_point), frac)
    overflow = Overflow.SATURATE_SYMMETRIC if spec.narrow else Overflow.SATURATE
    step = spec.scale if np.size(spec.scale) > 1 else np.float32(np.ravel(spec.scale)[0])
    entry = InputPort(port.name, port.shape, x, code, step, spec.zero_point, spec.rounding,
                      overflow, spec.bipolar, host_steps(live))
    key = (step_key(live), np.asarray(step).tobytes(), spec.zero_point, spec.low, spec.high,
           spec.rounding)
    tensor = replace(lowering.add_port(entry, key), scale=scale, origins=(origin,))
    return _limited(lowering, tensor, spec, code, origin)


def _limited(lowering: Lowering, tensor: Tensor, spec: QuantSpec, code: FixedType, origin: Origin
             ) -> Tensor:
    """Codes limited in hardware, where the port's type is wider than their range."""
    if not spec.nearest or (code.min, code.max) == (spec.low, spec.high):
        return tensor
    op = Requantize(lowering.unique(origin.name), lowering.type(tensor), Quantizer(code), 0,
                    low=spec.low, high=spec.high)
    return replace(tensor, name=lowering.emit(op, tensor.name))


def _grid(spec: QuantSpec) -> tuple[int, Any]:
    """Binary point and remaining scale of the quantizer's codes."""
    frac, rest = powers_of_two(spec.scale)
    if np.all(frac == np.ravel(frac)[0]) and np.all(rest == 1):
        return int(np.ravel(frac)[0]), 1.0
    values = np.asarray(spec.scale, dtype=np.float64)
    return 0, float(np.ravel(values)[0]) if np.all(values == np.ravel(values)[0]) else values


def _flat(lowering: Lowering, live: Live, spec: QuantSpec) -> tuple[Live, QuantSpec]:
    """All on a vector, where a parameter differs along another axis than the last."""
    assert isinstance(live.source, Tensor)
    constants = [spec.scale, live.source.scale,
                 *(step.constant for step in live.steps if step.is_affine)]
    if all(last_axis_only(c) for c in constants):
        return live, spec
    old, new = live.shape, (int(np.prod(live.shape)),)
    scale = np.broadcast_to(spec.scale, old).reshape(-1)
    steps = tuple(step.reshaped(old, new) for step in live.steps)
    source = lowering.shaped(live.source, new)
    return Live(new, source, steps), replace(spec, scale=scale)


def _shift(lowering: Lowering, live: Live, spec: QuantSpec, origin: Origin) -> Requantize | None:
    """Requantize by a shift: every scale a power of two, nothing pending but limits.

    Exact in float32 too wherever the operand has at most 25 bits: a product with a power of two
    rounds nothing. Rounding is monotone, so limits may be applied to the codes.
    """
    frac, scale = _grid(spec)
    tensor = live.source
    assert isinstance(tensor, Tensor)
    x = lowering.type(tensor)
    exact = x.is_uniform and all(np.all(np.asarray(s) == 1) for s in (tensor.scale, scale))
    if not exact or np.size(scale) > 1 or not _is_power(spec) or spec.zero_point or spec.bipolar:
        return None
    if any(step.kind != "clip" for step in live.steps):
        return None
    assert isinstance(x.frac, int)
    low, high = spec.low, spec.high
    for step in live.steps:
        first, last = (int(v) for v in spec.mantissas(
            np.asarray(step.constant, dtype=np.float32), np.float32(np.ravel(spec.scale)[0])))
        low, high = min(max(low, first), last), max(min(high, last), first)
    to = Quantizer(FixedType(spec.bits, frac, spec.signed), spec.rounding)
    return Requantize(origin.name, x, to, x.frac - frac, low=None if low == to.type.min else low,
                      high=None if high == to.type.max else high)


def _is_power(spec: QuantSpec) -> bool:
    return bool(np.all(powers_of_two(spec.scale)[1] == 1)
                and np.all(np.ravel(spec.scale) == np.ravel(spec.scale)[0]))


def _general(lowering: Lowering, live: Live, spec: QuantSpec, origin: Origin, frac: int) -> Op:
    """Multiply-shift, thresholds or a table, whichever is exact and cheapest."""
    tensor = live.source
    assert isinstance(tensor, Tensor)
    x = lowering.type(tensor)
    stairs = _staircase(x, tensor, live.steps, spec)
    name = origin.name
    if spec.nearest and stairs.is_monotone and (nearby := _nearby(lowering, stairs, name, x, frac)):
        return nearby
    if stairs.is_monotone:
        options: list[Op] = []
        if stairs.levels <= _LEVELS:
            options.append(as_threshold(stairs, name, x, frac))
        product = as_requantize(stairs, name, x, frac)
        if product is not None:
            options.append(product)
        if options:
            return min(options, key=cost)
    size = lowering.types.choice(origin).table_size or lowering.config.table_size
    if stairs.span <= size:
        return as_table(stairs, name, x, frac)
    nearest = as_nearest(stairs, name, x, frac) if stairs.is_monotone else None
    if nearest is not None:
        op, differing, total = nearest
        lowering.notes.append(f"{name}: no circuit of reasonable size equals the model's float32 "
                              f"arithmetic; of {total} operands {differing} get a "
                              "neighbouring code")
        return op
    raise UnsupportedError(
        f"node '{name}': between {x.element} and its {spec.bits}-bit code lies a function that is "
        f"neither a multiply-shift nor {_LEVELS} thresholds nor a table of {size} entries; fewer "
        f"bits in front of it, or table_size = {stairs.span}, would work")


def _nearby(lowering: Lowering, stairs: Staircase, name: str, x: TensorType, frac: int
            ) -> Op | None:
    """The multiply-shift that equals the source model's arithmetic, or comes nearest to it."""
    exact = as_requantize(stairs, name, x, frac)
    if exact is not None or stairs.factor is None:
        return exact
    if stairs.span <= _SMALL:
        return as_table(stairs, name, x, frac)
    found = as_nearest(stairs, name, x, frac)
    if found is None:
        return None
    op, differing, total = found
    if differing:
        lowering.notes.append(f"{name}: {differing} of {total} accumulator values give the code "
                              "next to that of the model's float32 arithmetic")
    return op


def _staircase(x: TensorType, tensor: Tensor, steps: tuple[Step, ...], spec: QuantSpec
               ) -> Staircase:
    """The function from mantissas to codes, for each channel whose parameters differ."""
    constants = [spec.scale, tensor.scale, x.frac,
                 *(s.constant for s in steps if s.is_affine or s.kind == "leaky")]
    channels = max(np.size(c) for c in constants)
    unit = _column(np.asarray(tensor.scale) * 2.0**-np.asarray(x.frac, dtype=np.float64))
    scale = _column(spec.scale)
    chain = tuple(replace(s, constant=_column(s.constant))
                  if s.is_affine or s.kind == "leaky" else s for s in steps)

    def function(mantissas: Any, rows: Any = slice(None)) -> Any:
        def pick(column: Floats) -> Floats:
            return column[rows] if len(column) > 1 else column
        value = (mantissas * pick(unit)).astype(np.float32)
        for step in chain:
            own = step if not (step.is_affine or step.kind == "leaky") else replace(
                step, constant=pick(step.constant))
            value = own.apply(value)
        return spec.mantissas(value, pick(scale))

    sign: Any = np.ones((channels, 1), dtype=np.int64)
    factor: Any = unit / scale.astype(np.float64)
    for step in chain:
        sign = sign * step.sign()
        factor = step_factor(step, factor)
    low, high = _bounds(x, channels)
    return Staircase(function, low, high, np.broadcast_to(sign, (channels, 1))[:, 0],
                     None if factor is None else np.broadcast_to(factor, (channels, 1))[:, 0],
                     2 if spec.bipolar else 1)


def step_factor(step: Step, factor: Any) -> Any:
    """Slope of the chain after one more step; None where it has none."""
    if factor is None or not (step.is_affine or step.kind == "clip"):
        return None
    c = np.asarray(step.constant, dtype=np.float64)
    match step.kind:
        case "mul":
            return factor * c
        case "div":
            return factor / c
        case "rsub":
            return -factor
    return factor


def _column(values: Any) -> Any:
    return np.asarray(values).reshape(-1, 1)


def _bounds(x: TensorType, channels: int) -> tuple[Any, Any]:
    """Interval of each channel: over all elements where channels do not differ."""
    low, high = np.asarray(x.low), np.asarray(x.high)
    if channels == 1:
        return low.min().reshape(1), high.max().reshape(1)
    low, high = (np.broadcast_to(b, (*np.shape(b)[:-1], channels)).reshape(-1, channels)
                 for b in (low, high))
    return low.min(axis=0), high.max(axis=0)
