# SPDX-License-Identifier: Apache-2.0
"""From a pending value to an integer tensor, where no quantizer of the model says how."""

from dataclasses import replace
from typing import Any

import numpy as np

from nnhw.errors import UnsupportedError
from nnhw.frontends.linear import emit_product
from nnhw.frontends.lowering import Lowering, host_steps, merged, step_key
from nnhw.frontends.rescale import last_axis_only, rescale
from nnhw.frontends.steps import Affine, Step, affine_run
from nnhw.frontends.tables import lookup
from nnhw.frontends.value import IntProduct, Live, Origin, Port, Product, Tensor
from nnhw.frontends.views import model_view, our_view
from nnhw.ir.graph import InputPort
from nnhw.ir.types import TensorType
from nnhw.layers import Relu
from nnhw.numeric.golden import quantize
from nnhw.numeric.types import FixedType, Quantizer

__all__ = ["ground", "integer", "narrowed"]


def integer(lowering: Lowering, live: Live, exact: bool = False) -> Live:
    """The value as an integer tensor without pending steps.

    Parameters
    ----------
    lowering : Lowering
        State.
    live : Live
        Value.
    exact : bool
        Keep an exact sum as it is, unless the configuration names a type for the result.
    """
    done = _ground(lowering, our_view(lowering, live))
    while done.steps:
        if exact and _is_relu(done) and _result(lowering, done) is None:
            done = _relu(lowering, done)
        else:
            done = _segment(lowering, done)
    tensor = done.source
    assert isinstance(tensor, Tensor)
    if tensor.wide and not (exact and _result(lowering, done) is None):
        done = rescale(lowering, done, Affine(), None, tensor.origins)
    return model_view(live, done)


def narrowed(lowering: Lowering, live: Live, origins: tuple[Origin, ...]) -> Live:
    """A settled value in the configured type, on one scale."""
    done = rescale(lowering, our_view(lowering, live), Affine(), None, origins)
    return model_view(live, done)


def ground(lowering: Lowering, live: Live) -> Live:
    """The value on an emitted tensor; affine steps go into float coefficients where they can."""
    return model_view(live, _ground(lowering, our_view(lowering, live)))


def _ground(lowering: Lowering, live: Live) -> Live:
    if isinstance(live.source, Port):
        return _enter(lowering, live)
    if isinstance(live.source, Product | IntProduct):
        return emit_product(lowering, live)
    return live


def _enter(lowering: Lowering, live: Live) -> Live:
    """Quantize an input of the model to the configured type, behind its affine float steps."""
    port = live.source
    assert isinstance(port, Port)
    affine = tuple(step for step in live.steps if step.is_affine)
    split = len(affine_prefix(live.steps)) if port.code is None else 0
    head, tail = replace(live, steps=live.steps[:split]), live.steps[split:]
    if len(affine) != split:
        head = replace(head, sample=None)
    origin = Origin(port.name, "Input")
    to = Quantizer(port.code) if port.code is not None else lowering.types.result(
        head.sample, origin, *(s.origin for s in head.steps if s.origin))
    tensor = enter_port(lowering, head, to)
    return replace(live, source=tensor, steps=tail)


def affine_prefix(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The leading affine steps."""
    return steps[:len(steps) - len(affine_run(steps)[1])]


def enter_port(lowering: Lowering, live: Live, to: Quantizer) -> Tensor:
    """Make the input port that quantizes ``live`` to a fixed-point type."""
    port = live.source
    assert isinstance(port, Port)
    x = TensorType.of(live.shape, to.type)
    entry = InputPort(port.name, port.shape, x, to.type, 2.0**-to.type.frac, 0, to.rounding,
                      to.overflow, steps=host_steps(live))
    lowering.count(port.name, live.sample, to, to.type.frac)
    return lowering.add_port(entry, (step_key(live), str(to)))


def _is_relu(live: Live) -> bool:
    step = live.steps[0]
    low = step.kind == "clip" and step.constant[0] == 0 and np.isinf(step.constant[1])
    return bool(low and len(live.steps) == 1)


def _result(lowering: Lowering, live: Live) -> Quantizer | None:
    assert isinstance(live.source, Tensor)
    origins = merged(live.source.origins, tuple(s.origin for s in live.steps if s.origin))
    return lowering.types.choice(*origins).result if live.source.wide or live.steps else None


def _relu(lowering: Lowering, live: Live) -> Live:
    """A plain Relu, which is exact."""
    step, tensor = live.steps[0], live.source
    assert isinstance(tensor, Tensor)
    op = Relu(lowering.unique(step.origin.name), lowering.type(tensor))
    origins = merged(tensor.origins, (step.origin,))
    made = replace(tensor, name=lowering.emit(op, tensor.name), origins=origins)
    return replace(live, source=made, steps=live.steps[1:])


def _segment(lowering: Lowering, live: Live) -> Live:
    """Emit the leading steps that make one operation."""
    affine, rest = affine_run(live.steps)
    tensor = live.source
    assert isinstance(tensor, Tensor)
    taken = live.steps[:len(live.steps) - len(rest)]
    if rest and rest[0].kind == "clip":
        origins = merged(tensor.origins if tensor.wide else (),
                         tuple(s.origin for s in (*taken, rest[0])))
        clip = rest[0].constant
        return rescale(lowering, replace(live, steps=rest[1:]), affine, clip, origins)
    if taken or (tensor.wide and rest[0].kind != "leaky"):
        origins = merged(tensor.origins, tuple(s.origin for s in taken))
        return rescale(lowering, replace(live, steps=rest), affine, None, origins)
    if rest[0].kind == "leaky":
        return _leaky(lowering, live)
    if rest[0].kind == "rdiv":
        raise UnsupportedError(
            f"node '{rest[0].origin.name}': a division by a value that depends on the input is "
            "not supported; a division by a constant would work")
    return lookup(lowering, live)


def _leaky(lowering: Lowering, live: Live) -> Live:
    """A leaky Relu whose slope is rounded to the precision's fraction bits and a few more."""
    step, tensor = live.steps[0], live.source
    assert isinstance(tensor, Tensor)
    x = lowering.type(tensor)
    constant = np.asarray(step.constant, dtype=np.float64)
    if last_axis_only(constant):
        constant = constant.reshape(-1) if constant.size > 1 else constant.reshape(())
    slope, frac = _dyadic(constant, lowering.types.width)
    op = Relu(lowering.unique(step.origin.name), x, slope, frac)
    origins = merged(tensor.origins if tensor.wide else (), (step.origin,))
    made = replace(tensor, name=lowering.emit(op, tensor.name), wide=True, origins=origins)
    return replace(live, source=made, steps=live.steps[1:])


def _dyadic(value: Any, frac: int) -> tuple[Any, int]:
    """Mantissas and the fewest fraction bits that give ``value`` exactly, or ``frac`` bits."""
    for bits in range(frac):
        if np.all(value * 2.0**bits == np.rint(value * 2.0**bits)):
            break
    else:
        bits = frac
    width = FixedType(62, bits)
    mantissas = quantize(value, Quantizer(width))
    return (int(mantissas) if np.ndim(mantissas) == 0 else mantissas), bits
