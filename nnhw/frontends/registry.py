# SPDX-License-Identifier: Apache-2.0
"""The table of ONNX operators: one function each."""

from collections.abc import Callable
from typing import Any

import numpy as np

from nnhw.errors import UnsupportedError
from nnhw.frontends.lowering import Lowering
from nnhw.frontends.onnx_file import SourceNode
from nnhw.frontends.value import Const, Live, Value

__all__ = ["HANDLERS", "Call", "handles", "refuse"]


class Call:
    """One node being lowered: its operands and attributes.

    Parameters
    ----------
    lowering : Lowering
        State.
    node : SourceNode
        The node.
    """

    def __init__(self, lowering: Lowering, node: SourceNode) -> None:
        self.lowering = lowering
        self.node = node
        self.origin = node.origin

    def __len__(self) -> int:
        return len(self.node.inputs)

    def value(self, at: int) -> Value | None:
        """Operand ``at``, or None where it is left out."""
        names = self.node.inputs
        return self.lowering.values[names[at]] if at < len(names) and names[at] else None

    def live(self, at: int = 0) -> Live:
        """Operand ``at``, which must depend on the inputs."""
        value = self.value(at)
        if not isinstance(value, Live):
            raise refuse(self.node, f"operand {at} must depend on the model's input")
        return value

    def const(self, at: int) -> Any:
        """Value of operand ``at``, which must be a constant; None where it is left out."""
        value = self.value(at)
        if value is None:
            return None
        if not isinstance(value, Const):
            raise refuse(self.node, f"operand '{self.node.inputs[at]}' must be a constant, not a "
                                    "tensor that depends on the input")
        return value.value

    def settle(self, live: Live, settled: Live) -> None:
        """Let other readers of operand 0 find it as it was settled, if ``live`` is that operand."""
        if self.value(0) is live:
            self.lowering.values[self.node.inputs[0]] = settled

    def attributes(self, **defaults: Any) -> Any:
        """Attributes by name, in the order of ``defaults``; any other attribute is refused."""
        known = set(defaults)
        for name in self.node.attributes:
            if name not in known:
                raise refuse(self.node, f"attribute '{name}' is not supported")
        return tuple(self.node.attributes.get(name, value) for name, value in defaults.items())

    def axis(self, axis: int, live: Live) -> int:
        """An axis of the model's tensor as a negative number, which ignores the batch."""
        rank = len(live.shape) + 1
        if not -rank <= axis < rank:
            raise refuse(self.node, f"axis {axis} is outside of a tensor with {rank} axes")
        return axis if axis < 0 else axis - rank

    def last_axis(self, axis: int, live: Live) -> None:
        """Refuse any axis but the last."""
        if self.axis(axis, live) != -1:
            raise refuse(self.node, f"axis {axis} is not supported; the last axis would work")


def without_batch(constant: Any, live: Live) -> Any:
    """A constant that broadcasts to the model's tensor, without the batch axis."""
    array = np.asarray(constant)
    rank = len(live.shape)
    if array.ndim == rank + 1 and array.shape[0] == 1:
        return array.reshape(array.shape[1:])
    return array


def refuse(node: SourceNode, reason: str) -> UnsupportedError:
    """The error for a node that cannot be lowered."""
    return UnsupportedError(f"node '{node.origin.name}': {node.kind}: {reason}")


Handler = Callable[[Call], Value | list[Live]]

#: Handlers by operator.
HANDLERS: dict[str, Handler] = {}


def handles(*kinds: str) -> Callable[[Handler], Handler]:
    """Enter a function as the handler of one or several operators."""
    def enter(function: Handler) -> Handler:
        for kind in kinds:
            HANDLERS[kind] = function
        return function
    return enter
