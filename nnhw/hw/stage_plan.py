# SPDX-License-Identifier: Apache-2.0
"""What a stage does: its layers, the width of its beats, and how its matrix is folded."""

from dataclasses import dataclass
from math import gcd, lcm

import numpy as np

from nnhw.folding.blocks import Blocks
from nnhw.ir.op import Op
from nnhw.layers.dense.op import Dense
from nnhw.layers.grouped.op import Grouped

__all__ = ["Matrix", "StagePlan", "UnitPlan"]

#: Operations whose products share multipliers.
Matrix = Dense | Grouped


@dataclass(frozen=True, eq=False)
class UnitPlan:
    """An operation with a component of its own, which is no pipeline: windows, reorderings.

    Parameters
    ----------
    name : str
        Name of its module.
    op : Op
        What it does.
    lanes, lanes_out : int
        Elements in a beat of its input and of its output.
    """

    name: str
    op: Op
    lanes: int
    lanes_out: int

    @property
    def ops(self) -> tuple[Op, ...]:
        """The one operation."""
        return (self.op,)

    def operand_lanes(self, _: int) -> int:
        """Elements in a beat of the input."""
        return self.lanes


@dataclass(frozen=True, eq=False)
class StagePlan:
    """Layers that share one pipeline.

    Parameters
    ----------
    name : str
        Name of its module.
    ops : tuple of Op
        In order; the first takes the inputs of the stage, each later one its predecessor's result.
    lanes : int
        Elements in a beat of the first input.
    blocks : (a, b) or None
        Column and row blocks when the first operation is folded over several beats: a Dense or
        Grouped with ``reuse > 1``.
    logic : bool
        Whether the multipliers of a folded matrix are made of LUTs.
    pairs_within : int
        Bits of the wide operand of a block that holds two of its products; 0 is none.
    """

    name: str
    ops: tuple[Op, ...]
    lanes: int
    blocks: Blocks | None = None
    logic: bool = False
    pairs_within: int = 0

    @property
    def head(self) -> Op:
        """The first operation."""
        return self.ops[0]

    @property
    def matrix(self) -> Matrix | None:
        """The first operation where it is a folded matrix."""
        return self.head if self.blocks and isinstance(self.head, Matrix) else None

    def operand_lanes(self, k: int) -> int:
        """Elements in a beat of operand ``k``; all operands have the same number of beats."""
        return self.lanes * self.head.inputs[k].size // self.head.inputs[0].size

    @property
    def parallel(self) -> int:
        """Groups worked on at once by a folded Grouped."""
        assert self.blocks and self.matrix
        return self.lanes * self.blocks[0] // self.matrix.fan_in

    @property
    def turns(self) -> int:
        """Vectors after which the weights repeat."""
        matrix = self.matrix
        return matrix.groups // self.parallel if isinstance(matrix, Grouped) else 1

    @property
    def steps(self) -> int:
        """Steps through the multipliers for one place: the reuse factor."""
        return self.turns * self.blocks[0] * self.blocks[1] if self.blocks else 1

    @property
    def beats_in(self) -> int:
        """Beats of each input in a frame."""
        return -(-self.head.inputs[0].size // self.lanes)

    @property
    def head_lanes(self) -> int:
        """Elements in a beat behind the first operation."""
        if self.matrix and self.blocks:
            groups = self.parallel if isinstance(self.matrix, Grouped) else 1
            return groups * self.matrix.fan_out // self.blocks[1]
        return max(1, self.lanes * self.head.y.size // self.head.inputs[0].size)

    @property
    def beats_out(self) -> int:
        """Beats of the output in a frame."""
        return -(-self.head.y.size // self.head_lanes)

    @property
    def lanes_out(self) -> int:
        """Elements in a beat of the output."""
        return self._lanes()[-1]

    def _lanes(self) -> list[int]:
        """Elements in a beat behind each operation."""
        lanes = [self.head_lanes]
        for op in self.ops[1:]:
            lanes.append(max(1, lanes[-1] * op.y.size // op.inputs[0].size))
        return lanes

    @property
    def every(self) -> int:
        """Output beats after which the constants of every lane repeat."""
        widths = [self.lanes, *self._lanes()]
        need = self.turns * self.blocks[1] if self.blocks else 1
        for op, lanes in list(zip(self.ops, widths, strict=False))[bool(self.blocks):]:
            span = _span(op)
            need = lcm(need, span // gcd(span, lanes))
        return need if self.beats_out % need == 0 else self.beats_out

    @property
    def interval(self) -> int:
        """Cycles a frame keeps the stage busy."""
        if self.matrix:
            return self.steps * self.matrix.vectors
        return self.beats_in

    @property
    def multipliers(self) -> int:
        """Multipliers working in parallel in a folded matrix."""
        return self.matrix.weight.size // self.steps if self.matrix else 0


def _span(op: Op) -> int:
    """Elements after which an operation's constants repeat: a last axis, or a whole tensor."""
    x = op.inputs[0]
    constants = (getattr(op, name, 0) for name in ("multiplier", "offset", "slope"))
    if any(np.ndim(value) > 1 for value in constants):
        return x.size
    return x.shape[-1] if x.shape else 1
