# SPDX-License-Identifier: Apache-2.0
"""Dense: the circuit, spatial or folded."""

from collections.abc import Sequence

import numpy as np

from nnhw.layers.dense.op import Dense
from nnhw.program.arithmetic import dot
from nnhw.program.beat import Beat
from nnhw.program.builder import Program, Value

__all__ = ["WHOLE_AXIS", "folded", "kernel"]

#: A beat carries whole vectors of the last axis (the folded circuit has its own rule).
WHOLE_AXIS = True


def kernel(op: Dense, beat: Beat, x: Sequence[Value]) -> list[Value]:
    """The spatial circuit (reuse 1): every product is a sum of shifted operands."""
    results = []
    for at in range(0, len(x), op.fan_in):
        vector = x[at:at + op.fan_in]
        for row in range(op.fan_out):
            results.append(dot(beat.program, vector, op.weight[row].tolist(),
                               int(op.bias[row]), f"y{row}"))
    return results


def folded(op: Dense, p: Program, x: Sequence[Value], steps: tuple[int, int],
           controls: dict[str, Value]) -> list[Value]:
    """The folded circuit: a block of ``len(x)`` columns and ``fan_out / b`` rows a cycle.

    Step ``(ob, ia)`` of ``b x a`` multiplies column block ``ia`` into row block ``ob``; weights
    come from one wide ROM, operands and products are registered as DSP blocks want them, and one
    accumulator a row sums the blocks when there are several.

    Parameters
    ----------
    steps : (a, b)
        Column blocks and row blocks.
    controls : dict
        ``step`` (0 to a*b - 1), ``first`` and ``last`` of a row block, ``group`` (the row block);
        only those that vary.
    """
    a, b = steps
    rows = op.fan_out // b
    blocks = op.weight.reshape(b, rows, a, len(x)).transpose(1, 3, 0, 2)  # row, column, ob, ia
    columns = blocks.reshape(rows * len(x), b * a).tolist()
    labels = [f"w_{row}_{column}" for row in range(rows) for column in range(len(x))]
    weights = p.memory(controls["step"], columns, "weights", labels)
    bias = [p.const(int(v)) for v in op.bias]
    if b > 1:
        grouped = op.bias.reshape(b, rows).T.tolist()
        bias = p.memory(controls["group"], grouped, "bias", [f"b_{row}" for row in range(rows)])
    y_low, y_high = (v.reshape(-1, b, rows).min(axis=(0, 1)) if k == 0 else
                     v.reshape(-1, b, rows).max(axis=(0, 1))
                     for k, v in enumerate(op.y.flat_bounds()))
    results = []
    for row in range(rows):
        products = [_product(p, v, weights[row * len(x) + k], f"p_{row}_{k}")
                    for k, v in enumerate(x)]
        total = p.sum(products, f"sum_{row}")
        low, high = int(y_low[row]), int(y_high[row])
        if a == 1:
            results.append(p.known(p.add(total, bias[row], name=f"y_{row}"), low, high))
        else:
            results.append(p.accumulate(total, controls["first"], bias[row], low, high,
                                        f"acc_{row}"))
    return results


def _product(p: Program, x: Value, weight: Value, name: str) -> Value:
    """A multiplier, or nothing where all weights of the place are equal to one constant."""
    if weight.low == weight.high:
        return dot(p, [x], [weight.low], 0, name)
    return p.mul(x, weight, name)
