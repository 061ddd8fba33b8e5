# SPDX-License-Identifier: Apache-2.0
"""Dense: the circuit, spatial or folded."""

from collections.abc import Sequence

from nnhw.layers.dense.design import Writable
from nnhw.layers.dense.op import Dense
from nnhw.numeric.types import Mantissas
from nnhw.program.arithmetic import dot, product
from nnhw.program.beat import Beat
from nnhw.program.builder import Program, Value
from nnhw.program.memories import memory, written_memory
from nnhw.program.pairs import Pair, find_pairs, paired, stored

__all__ = ["arranged", "axis", "folded", "kernel", "matrix"]


def axis(op: Dense) -> int:
    """A beat of the spatial circuit carries whole vectors."""
    return op.fan_in


def kernel(op: Dense, beat: Beat, x: Sequence[Value]) -> list[Value]:
    """The spatial circuit (reuse 1): sums of shifted operands, shared among the rows."""
    rows = list(enumerate(zip(op.weight.tolist(), op.bias.tolist(), strict=True)))
    return [beat.program.dot(x[at:at + op.fan_in], weight, bias, f"y{row}")
            for at in range(0, len(x), op.fan_in) for row, (weight, bias) in rows]


def folded(op: Dense, p: Program, x: Sequence[Value], steps: tuple[int, int],
           controls: dict[str, Value], bounds: Sequence[tuple[int, int]]) -> list[Value]:
    """The folded circuit; see ``matrix``."""
    return matrix(op.weight[None], op.bias[None], p, x, steps, controls, bounds, op.writable)


def matrix(weight: Mantissas, bias: Mantissas, p: Program, x: Sequence[Value],
           steps: tuple[int, int], controls: dict[str, Value],
           bounds: Sequence[tuple[int, int]], writable: Writable | None = None) -> list[Value]:
    """Folded matrices: a block of columns and a block of rows a cycle.

    Step ``(turn, ob, ia)`` multiplies column block ``ia`` into row block ``ob``; weights come from
    one wide ROM, operands and products are registered as DSP blocks want them, and one
    accumulator a row sums the blocks when there are several.

    Parameters
    ----------
    weight, bias : Mantissas, shapes (groups, fan_out, fan_in) and (groups, fan_out)
        Coefficients; ``len(x) * a / fan_in`` groups are worked on at once.
    steps : (a, b)
        Column blocks and row blocks.
    controls : dict
        ``step`` (turn, ob, ia), ``first`` and ``last`` of a row block, ``group`` (turn, ob); only
        those that vary.
    bounds : sequence of (int, int)
        Interval of each lane of the result.
    writable : pair of FixedType or None
        Types of coefficients that the memories ``weights`` and ``bias`` can be given later.
    """
    a, rows = steps[0], weight.shape[1] // steps[1]
    columns = weight.shape[2] // a
    words, starts = arranged(weight, bias, len(x) // columns, steps)
    pairs = find_pairs(words, x, rows, columns, p.pairs_within)
    labels = [f"w_{row}_{k}" for row in range(len(starts)) for k in range(columns)]
    names = [f"b_{row}" for row in range(len(starts))]
    group = controls.get("group", p.const(0))
    if writable:
        weights = written_memory(p, controls["step"], words.tolist(), writable[0], "weights",
                                   labels)
        start = written_memory(p, group, starts.tolist(), writable[1], "bias", names)
    else:
        weights = memory(p, controls["step"], stored(words, pairs).tolist(), "weights", labels)
        start = memory(p, group, starts.tolist(), "bias", names)
    made = _products(p, x, weights, pairs, rows, columns)
    results = []
    for row, (low, high) in enumerate(bounds):
        terms = made[row * columns:(row + 1) * columns]
        total = p.add(p.sum([term for term, _ in terms], f"sum_{row}"),
                      p.sum([borrow for _, borrow in terms], f"borrow_{row}"), name=f"sum_{row}")
        if a == 1:
            results.append(p.known(p.add(total, start[row], name=f"y_{row}"), low, high))
        else:
            results.append(p.accumulate(total, controls["first"], start[row], low, high,
                                        f"acc_{row}"))
    return results


def arranged(weight: Mantissas, bias: Mantissas, parallel: int,
             steps: tuple[int, int]) -> tuple[Mantissas, Mantissas]:
    """Coefficients, or whatever stands at their places, as the memories hold them.

    Parameters
    ----------
    weight, bias : Mantissas, shapes (groups, fan_out, fan_in) and (groups, fan_out)
        One for each place.
    parallel : int
        Groups worked on at once.
    steps : (a, b)
        Column blocks and row blocks.

    Returns
    -------
    weights : Mantissas, shape (multipliers, steps)
        A row for each multiplier.
    biases : Mantissas, shape (rows, turns * b)
        A row for each accumulator.
    """
    (groups, fan_out, fan_in), (a, b) = weight.shape, steps
    columns, rows, turns = fan_in // a, fan_out // b, groups // parallel
    # axes: turn, group at once, row block, row, column block, column
    split = weight.reshape(turns, parallel, b, rows, a, columns)
    words = split.transpose(1, 3, 5, 0, 2, 4).reshape(parallel * rows * columns, turns * b * a)
    grouped = bias.reshape(turns, parallel, b, rows).transpose(1, 3, 0, 2)
    return words, grouped.reshape(parallel * rows, turns * b)


def _products(p: Program, x: Sequence[Value], weights: Sequence[Value], pairs: Sequence[Pair],
              rows: int, columns: int) -> list[tuple[Value, Value]]:
    """The product of each place, and what must be added to it; two at once where they are paired.
    """
    made: dict[int, tuple[Value, Value]] = {}
    lows = {pair.low: pair for pair in pairs}
    for at, weight in enumerate(weights):
        row, k = divmod(at, columns)
        if at not in made:
            operand, name = x[row // rows * columns + k], f"p_{row}_{k}"
            pair = lows.get(at)
            if pair:
                low, high, borrow = paired(p, operand, weights, pair, name)
                made[pair.low], made[pair.high] = (low, p.const(0)), (high, borrow)
            else:
                made[at] = _product(p, operand, weight, name), p.const(0)
    return [made[at] for at in range(len(weights))]


def _product(p: Program, x: Value, weight: Value, name: str) -> Value:
    """A multiplier, or nothing where all weights of the place are equal to one constant."""
    if weight.low == weight.high:
        return dot(p, [x], [weight.low], 0, name)
    return product(p, x, weight, name) if p.multiplies_in_logic else p.mul(x, weight, name)
