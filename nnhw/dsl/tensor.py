# SPDX-License-Identifier: Apache-2.0
"""Symbolic tensors: what the functions of the DSL take and give."""

from dataclasses import dataclass

from nnhw.errors import ModelError
from nnhw.ir.graph import InputPort
from nnhw.ir.op import Op
from nnhw.ir.types import TensorType
from nnhw.numeric.types import Quantizer, parse_type

__all__ = ["Input", "Tensor", "as_quantizer"]


@dataclass(frozen=True, eq=False)
class Tensor:
    """The result of an operation, or an input of the network.

    Parameters
    ----------
    type : TensorType
        Shape, binary point, and the interval of every element.
    source : Op or InputPort
        What makes it; an operation without a name gets one from the network.
    operands : tuple of Tensor
        What the operation reads.
    """

    type: TensorType
    source: Op | InputPort
    operands: tuple["Tensor", ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape without the batch axis."""
        return self.type.shape

    @property
    def frac(self) -> int:
        """Fraction bits; the DSL makes only tensors of one binary point."""
        assert isinstance(self.type.frac, int)
        return self.type.frac

    @classmethod
    def of(cls, op: Op, *operands: "Tensor") -> "Tensor":
        """What ``op`` makes of ``operands``."""
        return cls(op.y, op, operands)

    def __add__(self, other: "Tensor") -> "Tensor":
        from nnhw.dsl.functions import add

        return add(self, other)

    def __repr__(self) -> str:
        return f"<Tensor {self.source.name or 'unnamed'}: {self.type}>"


def as_quantizer(precision: Quantizer | str) -> Quantizer:
    """A precision given as text, or as it is."""
    return parse_type(precision) if isinstance(precision, str) else precision


def Input(shape: tuple[int, ...] | int, precision: Quantizer | str,  # noqa: N802
          name: str = "x") -> Tensor:
    """An input of the network: floats that are quantized to ``precision``.

    Parameters
    ----------
    shape : tuple of int
        Without the batch axis, channels last.
    precision : Quantizer or str
        ``"fixed<8,3>"``, ``"ufixed<4,0,RND,SAT>"``, ...
    name : str
        Of the port.

    >>> Input((16,), "fixed<8,3>")
    <Tensor x: fixed<8,3>[16]>
    """
    dims = (shape,) if isinstance(shape, int) else tuple(shape)
    if any(size < 1 for size in dims):
        raise ModelError(f"{name}: every size of a shape must be at least 1, not {dims}")
    to = as_quantizer(precision)
    of = TensorType.of(dims, to.type)
    return Tensor(of, InputPort(name, dims, of, to.type, 2.0**-to.type.frac,
                                rounding=to.rounding, overflow=to.overflow))
