# SPDX-License-Identifier: Apache-2.0
"""What every operation has in common, and how its facets are found."""

import importlib
import importlib.util
import pkgutil
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any, ClassVar, Self

from nnhw.ir.types import TensorType

__all__ = ["FACETS", "Op", "facet", "layer_names", "required"]

#: The files a layer's folder may hold; ``op`` and ``golden`` are always there.
FACETS = ("op", "golden", "rtl", "hls")


@dataclass(frozen=True, eq=False)
class Op:
    """An operation on integer tensors; frozen, defined without reference to any graph.

    Subclasses are dataclasses whose tensor operands are ``TensorType`` fields named in
    ``operands``, and which define ``y``, the type of the result.
    """

    name: str

    operands: ClassVar[tuple[str, ...]] = ("x",)

    @property
    def inputs(self) -> tuple[TensorType, ...]:
        """Types of the operands."""
        return tuple(getattr(self, field) for field in self.operands)

    @property
    def y(self) -> TensorType:
        """Type of the result, its interval as narrow as the constants allow."""
        raise AssertionError(f"{type(self).__name__} defines no result type")

    @property
    def kind(self) -> str:
        """Name of the layer's folder, as reports print it."""
        return type(self).__module__.split(".")[-2]

    def retyped(self, *inputs: TensorType) -> Self:
        """The same operation on operands of other types."""
        fields: dict[str, Any] = dict(zip(self.operands, inputs, strict=True))
        return replace(self, **fields)


def layer_names() -> list[str]:
    """Folders of ``nnhw.layers``: what is supported, in alphabetical order."""
    package = importlib.import_module("nnhw.layers")
    return sorted(m.name for m in pkgutil.iter_modules(package.__path__) if m.ispkg)


def facet(op: Op | str, name: str) -> ModuleType | None:
    """The sibling module ``name`` of an operation's ``op.py``, or None where it has none."""
    kind = op if isinstance(op, str) else op.kind
    path = f"nnhw.layers.{kind}.{name}"
    if importlib.util.find_spec(path) is None:
        return None
    return importlib.import_module(path)


def required(op: Op, name: str) -> Any:
    """Like ``facet``, for callers that have checked that it is there."""
    module = facet(op, name)
    assert module is not None, f"{op.kind} has no facet {name}"
    return module
