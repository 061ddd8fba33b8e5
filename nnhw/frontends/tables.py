# SPDX-License-Identifier: Apache-2.0
"""Functions of one variable, as tables."""

from dataclasses import replace

import numpy as np

from nnhw.errors import UnsupportedError
from nnhw.frontends.functions import FUNCTIONS
from nnhw.frontends.lowering import Lowering
from nnhw.frontends.value import Live, Tensor
from nnhw.layers.lookup.design import design_lookup
from nnhw.numeric.types import Overflow

__all__ = ["lookup"]


def lookup(lowering: Lowering, live: Live) -> Live:
    """Apply the first pending step, a function of ``FUNCTIONS``, to an emitted tensor."""
    step, tensor = live.steps[0], live.source
    assert isinstance(tensor, Tensor)
    function, choice = FUNCTIONS[step.kind], lowering.types.choice(step.origin)
    x = lowering.type(tensor)
    scale = np.asarray(tensor.scale, dtype=np.float64)
    if scale.size > 1 or not x.is_uniform or float(scale.reshape(-1)[0]) <= 0:
        raise UnsupportedError(
            f"node '{step.origin.name}': {step.kind} of a value with a scale for each channel is "
            "not supported; a quantizer with one scale in front of it would work")
    title = step.origin.kind if step.kind == "Composite" else step.kind
    sample = live.sample if len(live.steps) == 1 else None
    out = choice.table or lowering.types.result(sample, step.origin, function=function)
    saturates = out.overflow in (Overflow.SATURATE, Overflow.SATURATE_SYMMETRIC)
    least, most = ((end * 2.0**-out.type.frac for end in (out.type.min, out.type.max))
                   if saturates else (-np.inf, np.inf))
    op = design_lookup(
        lowering.unique(step.origin.name), x,
        lambda v: np.clip(function.apply(v, *step.constant), least, most), out,
        choice.table_size or lowering.config.table_size, choice.table_range,
        scale=float(scale.reshape(-1)[0]), title=title)
    lowering.notes.append(f"{op.name}: table of {op.size} entries for {title}, error at most "
                          f"{op.error_bound:.3g}")
    lowering.count(op.name, sample, out, out.type.frac)
    made = Tensor(lowering.emit(op, tensor.name), 1.0, False, (step.origin,))
    return replace(live, source=made, steps=live.steps[1:])
