# SPDX-License-Identifier: Apache-2.0
"""Layers as Amaranth components of their own, for other people's gateware."""

from nnhw.errors import FoldingError
from nnhw.folding.blocks import Fold, folds, legal_reuse
from nnhw.folding.cost import choose_fold
from nnhw.hw.stage import Stage
from nnhw.hw.stage_plan import Matrix, StagePlan
from nnhw.ir.op import Op, facet

__all__ = ["LayerComponent", "component"]


class LayerComponent(Stage):
    """A layer, or several that work on each other's results, behind one handshake.

    Parameters
    ----------
    *ops : Op
        What to compute, of ``nnhw.layers``: the first takes the inputs, each later one its
        predecessor's result.
    reuse : int
        Products per multiplier of the first one, if it is a matrix.
    lanes : int or None
        Elements in a beat of the (first) input; None is a whole vector of the last axis, or for a
        folded matrix the share of it that a step works on.
    target, clock_mhz
        FPGA family and clock goal that registers are placed for.

    Members
    -------
    i, or i0, i1, ... : ``In(stream.Signature(ArrayLayout(shape(element), lanes)))``
        One for each operand of the first operation.
    o : ``Out(stream.Signature(ArrayLayout(shape(element), lanes_out)))``
        Results.

    Raises
    ------
    FoldingError
        If the matrix cannot be folded so, or the lanes do not suit the layers.
    """

    def __init__(self, *ops: Op, reuse: int = 1, lanes: int | None = None,
                 target: str = "xcup", clock_mhz: float = 200.0):
        super().__init__(_plan(ops, reuse, lanes), target, clock_mhz)

    @property
    def lanes(self) -> int:
        """Elements in a beat of the first input."""
        return self.plan.lanes

    @property
    def lanes_out(self) -> int:
        """Elements in a beat of the output."""
        return self.plan.lanes_out

    @property
    def beats_in(self) -> int:
        """Beats of each input in a frame."""
        return self.plan.beats_in

    @property
    def beats_out(self) -> int:
        """Beats of the output in a frame."""
        return self.plan.beats_out


def component(*ops: Op, reuse: int = 1, lanes: int | None = None, target: str = "xcup",
              clock_mhz: float = 200.0):
    """The circuit of a layer, with streams ``i`` and ``o`` and exact ``latency``, ``interval``.

    A ``LayerComponent``; for a Window a ``SlidingWindow``, for a Gather a ``Reorder``.
    """
    rtl = facet(ops[0], "rtl")
    if hasattr(rtl, "kernel") or not hasattr(rtl, "component"):
        return LayerComponent(*ops, reuse=reuse, lanes=lanes, target=target, clock_mhz=clock_mhz)
    op, *more = ops
    if more:
        raise FoldingError(f"{more[0].name}: cannot share a pipeline with {op.name}; give it a "
                           "component of its own")
    offered = op.inputs[0].shape[-1] if lanes is None else lanes
    fitting, _ = rtl.lanes(op, offered, None)
    if lanes not in (None, fitting):
        raise FoldingError(f"{op.name}: beats of {lanes} elements do not suit it; {fitting} do")
    return rtl.component(op, fitting)


def _plan(ops: tuple[Op, ...], reuse: int, lanes: int | None) -> StagePlan:
    head = ops[0]
    if isinstance(head, Matrix) and reuse != 1:
        wide, *blocks = _fold(head, reuse, lanes)
        plan = StagePlan(head.name, (head,), wide, (blocks[0], blocks[1]))
    elif reuse != 1:
        raise FoldingError(f"{head.name}: a {head.kind} has no products to fold; reuse 1 works")
    else:
        plan = StagePlan(head.name, (head,), _suits(head, lanes))
    for op in ops[1:]:
        axis = _axis(op)
        if plan.lanes_out % axis:
            raise FoldingError(f"{op.name}: wants beats of {axis} elements or multiples, and "
                               f"{plan.ops[-1].name} gives {plan.lanes_out}; give it a component "
                               "of its own")
        plan = StagePlan(plan.name, (*plan.ops, op), plan.lanes, plan.blocks)
    return plan


def _fold(op: Matrix, reuse: int, lanes: int | None) -> Fold:
    legal = legal_reuse(op)
    if reuse not in legal:
        near = sorted(legal, key=lambda r: (abs(r - reuse), r))[:2]
        raise FoldingError(f"{op.name}: reuse factor {reuse} does not divide its "
                           f"{op.weight.size} products evenly; the nearest that do are "
                           + " and ".join(map(str, sorted(near))))
    if lanes is None:
        return choose_fold(op, reuse, op.x.shape[-1])
    ways = [fold for fold in folds(op, reuse) if fold[0] == lanes]
    if not ways:
        known = sorted({fold[0] for fold in folds(op, reuse)})
        raise FoldingError(f"{op.name}: beats of {lanes} elements do not suit reuse {reuse}; "
                           f"{' or '.join(map(str, known))} do")
    return min(ways, key=lambda fold: choose_fold(op, reuse, lanes) != fold)


def _axis(op: Op) -> int:
    """Elements that a beat must carry a multiple of."""
    rule = getattr(facet(op, "rtl"), "axis", None)
    return rule(op) if rule else 1


def _suits(op: Op, lanes: int | None) -> int:
    axis, x = _axis(op), op.inputs[0]
    if lanes is None:
        return axis if axis > 1 else (x.shape or (1,))[-1]
    if lanes < 1 or lanes % axis or lanes > x.size:
        raise FoldingError(f"{op.name}: beats of {lanes} elements do not suit it; {axis} do")
    return lanes
