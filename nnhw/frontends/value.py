# SPDX-License-Identifier: Apache-2.0
"""What a tensor of the source model is while it is being lowered."""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from nnhw.frontends.layout import Layout
from nnhw.frontends.steps import Step
from nnhw.ir.graph import HostStep
from nnhw.numeric.types import FixedType, Mantissas

__all__ = ["Const", "Floats", "IntProduct", "Live", "Origin", "Port", "Product", "Tensor", "Value"]

Floats = np.ndarray[tuple[int, ...], np.dtype[Any]]


@dataclass(frozen=True, eq=False)
class Origin:
    """A node of the source model: how users may call it.

    Parameters
    ----------
    name : str
        Readable unique name, letters, digits and underscores.
    kind : str
        Operator, as the model writes it.
    aliases : tuple of str
        Names in the file that mean the same: of the node and of its outputs.
    """

    name: str
    kind: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Const:
    """A tensor known at build time; batch axis and all.

    Parameters
    ----------
    value : array
        As the source model computes it.
    mantissa, scale : array or None
        Where a quantizer made it: ``value = mantissa * scale``, both of the full shape.
    name : str
        Of the tensor in the file.
    """

    value: Floats
    mantissa: Mantissas | None = None
    scale: Floats | None = None
    name: str = ""

    def mapped(self, function: Any, name: str) -> "Const":
        """The same change of shape applied to value, mantissa and scale."""
        if self.mantissa is None or self.scale is None:
            return Const(function(self.value), name=name)
        return Const(function(self.value), function(self.mantissa), function(self.scale), name)


@dataclass(frozen=True, eq=False)
class Port:
    """Source of a value: an input of the model that nothing has quantized yet.

    Parameters
    ----------
    name : str
        Of the port.
    shape : tuple of int
        In the source model.
    ours : tuple of int
        In our graph, behind ``moves``.
    moves : tuple of HostStep
        Reshapes and transposes that the host does.
    code : FixedType or None
        Type of an integer input; None for float.
    """

    name: str
    shape: tuple[int, ...]
    ours: tuple[int, ...]
    moves: tuple[HostStep, ...] = ()
    code: FixedType | None = None


@dataclass(frozen=True, eq=False)
class Tensor:
    """Source of a value: an integer tensor of our graph, times a scale.

    Parameters
    ----------
    name : str
        Of the tensor in the graph.
    scale : float or array
        What is left beside the type's ``frac``; broadcasts to the tensor's shape.
    wide : bool
        Whether it is an exact result that no type of the user's choice has narrowed.
    origins : tuple of Origin
        Nodes of the source model that made it, for the configuration of its result.
    """

    name: str
    scale: Any = 1.0
    wide: bool = False
    origins: tuple[Origin, ...] = ()


@dataclass(frozen=True, eq=False)
class Product:
    """Source of a value: ``weight @ operand + bias`` whose coefficients are still floats.

    With ``groups`` the operand has an axis of groups in front of the last, and equally many rows
    of ``weight`` belong to each.
    """

    operand: Tensor
    weight: Floats
    bias: Floats
    origin: Origin
    groups: int = 1


@dataclass(frozen=True, eq=False)
class IntProduct:
    """Source of a value: ``(weight @ operand + bias) * 2**-frac * scale``, all mantissas."""

    operand: Tensor
    weight: Mantissas
    bias: Mantissas
    frac: int
    scale: Any
    origin: Origin
    bits: int | None = None
    groups: int = 1
    reach: tuple[int, int] | None = None  # of any weight that the declared type has


@dataclass(frozen=True, eq=False)
class Live:
    """A tensor that depends on the inputs: ``steps`` in float32 on what ``source`` stands for.

    Parameters
    ----------
    shape : tuple of int
        In the source model, batch axis left out.
    source : Port, Tensor, Product or IntProduct
        Where the value comes from.
    steps : tuple of Step
        Pending elementwise float operations, exactly as the model writes them.
    sample : array or None
        The float model's own values for the calibration inputs, batch axis first.
    layout : Layout
        How the source's elements lie; row-major where it is left out.
    """

    shape: tuple[int, ...]
    source: Port | Tensor | Product | IntProduct
    steps: tuple[Step, ...] = ()
    sample: Floats | None = None
    layout: Layout = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        if self.layout is None:
            object.__setattr__(self, "layout", Layout.rows(self.shape))

    def then(self, step: Step) -> Self:
        """The value after one more float operation."""
        sample = None if self.sample is None else step.apply(self.sample)
        return replace(self, steps=(*self.steps, step), sample=sample)


Value = Const | Live
