# SPDX-License-Identifier: Apache-2.0
"""Programs run on NumPy arrays, to hold the circuits' arithmetic against the layers' own."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnhw.numeric.bits import BITWISE
from nnhw.numeric.golden import as_mantissas
from nnhw.numeric.types import Mantissas
from nnhw.program.builder import Kind, Program, Step

__all__ = ["run"]


def run(program: Program, inputs: Mapping[str, Mantissas]) -> Mantissas:
    """Output lanes, shape (beats, lanes), of input bundles of the same form; no accumulators."""
    values: list[Any] = []
    for step in program.steps:
        args = [values[i] for i in step.args]
        values.append(_apply(step, args, inputs))
    beats = len(next(iter(inputs.values())))
    columns = [np.broadcast_to(np.asarray(values[v.index], dtype=object), (beats,))
               for v in program.outputs]
    return as_mantissas(np.stack(columns, axis=1))


def _apply(step: Step, args: list[Any], inputs: Mapping[str, Mantissas]) -> Any:
    param = step.param
    match step.kind:
        case Kind.INPUT:
            return inputs[param[0]][:, param[1]].astype(object)
        case Kind.CONST:
            return param
        case Kind.ADD:
            return (args[0] << param[0]) + param[2] * (args[1] << param[1])
        case Kind.SUM:
            return sum(sign * (a << by) for a, (by, sign) in zip(args, param, strict=True))
        case Kind.DOT:
            return sum((a * by for a, by in zip(args, param[0], strict=True)), param[1])
        case Kind.SHIFT:
            return args[0] << param if param > 0 else args[0] >> -param
        case Kind.MUL:
            return args[0] * args[1]
        case Kind.BIT:
            return (args[0] >> param) & 1
        case Kind.BITWISE:
            return BITWISE[param](args[0], args[1])
        case Kind.LESS:
            return (args[0] < args[1]) * 1
        case Kind.EQUAL:
            return (args[0] == args[1]) * 1
        case Kind.MUX:
            return np.where(np.asarray(args[0], dtype=bool), args[1], args[2])
        case Kind.CLIP:
            return np.minimum(np.maximum(args[0], param[0]), param[1])
        case Kind.WRAP:
            return (args[0] - param.min) % (1 << param.width) + param.min
        case Kind.TABLE:
            return np.array(param.values, dtype=object)[np.asarray(args[0], dtype=np.int64)]
        case Kind.FIELD:
            offset, to = param
            return ((args[0] >> offset) - to.min) % (1 << to.width) + to.min
    raise AssertionError(f"{step.kind} has a state and no value of its own")
