# SPDX-License-Identifier: Apache-2.0
"""Total: the circuit."""

from collections.abc import Sequence

from nnhw.layers.total.op import Total
from nnhw.program.builder import Program, Value

__all__ = ["axis", "folded"]


def axis(op: Total) -> int:
    """A beat carries one vector: every channel has an accumulator of its own."""
    return op.x.shape[-1]


def folded(op: Total, p: Program, x: Sequence[Value], steps: tuple[int, int],
           controls: dict[str, Value], bounds: Sequence[tuple[int, int]]) -> list[Value]:
    """One accumulator a channel, over all vectors of a frame; ``steps[0]`` is their number."""
    if steps[0] == 1:
        return list(x)
    return [_total(op, p, value, controls["first"], low, high, f"acc_{lane}")
            for lane, (value, (low, high)) in enumerate(zip(x, bounds, strict=True))]


def _total(op: Total, p: Program, x: Value, first: Value, low: int, high: int,
           name: str) -> Value:
    if op.how == "sum":
        return p.accumulate(x, first, p.const(0), low, high, name)
    # Unlike a sum, a largest element so far must not wrap; it may be below that of every frame.
    extreme = p.accumulate(x, first, p.const(0), x.low, x.high, name, op.how)
    return p.known(extreme, low, high)
