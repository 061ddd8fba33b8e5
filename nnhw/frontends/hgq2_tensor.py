# SPDX-License-Identifier: Apache-2.0
"""A tensor of an HGQ2 model on its way through the layers: the graph so far, binary points."""

from collections.abc import Callable
from copy import copy
from dataclasses import replace
from typing import Any, Self

import numpy as np

from nnhw.frontends.hgq2_quantizers import Narrowing
from nnhw.ir.graph import Graph, InputPort, Node, OutputPort
from nnhw.ir.op import Op
from nnhw.ir.types import TensorType
from nnhw.layers.gather.op import Gather
from nnhw.layers.requantize.op import Requantize
from nnhw.layers.reshape.op import Reshape
from nnhw.numeric.golden import as_mantissas
from nnhw.numeric.types import FixedType, Mantissas, Overflow, Quantizer, Rounding

__all__ = ["Builder", "Tensor"]


class Builder:
    """The graph so far."""

    def __init__(self, name: str) -> None:
        self.name, self.nodes, self.ports = name, list[Node](), list[InputPort]()
        self._taken: dict[str, int] = {}

    def input(self, port: InputPort) -> "Tensor":
        """An input of the network."""
        self.ports.append(port)
        return Tensor(self, self.unique(port.name), port.type, port.type.frac)

    def unique(self, name: str) -> str:
        """The name, or with a number behind it where there is such a node already."""
        again = self._taken.get(name, 0)
        self._taken[name] = again + 1
        return self.unique(f"{name}_{again}") if again else name

    def graph(self, outputs: dict[str, "Tensor"]) -> Graph:
        """The finished graph; its outputs have one binary point each."""
        ports = []
        for name, x in outputs.items():
            if not isinstance(x.type.frac, int) or (x.frac != x.type.frac).any():
                x.align(f"{name}_aligned")
            ports.append(OutputPort(name, x.last, x.shape, x.type))
        return Graph(self.name, tuple(self.ports), tuple(self.nodes), tuple(ports))


class Tensor:
    """A tensor, each element of which may have its own binary point; layers move it on.

    Members
    -------
    last : str
        Node that makes it.
    type : TensorType
        Of its mantissas; operations do not know of binary points that differ.
    frac : Mantissas
        Fraction bits of its elements, broadcast to ``shape``.
    """

    def __init__(self, builder: Builder, last: str, kind: TensorType, frac: Any) -> None:
        self.builder, self.last, self.type = builder, last, kind
        self.frac: Mantissas = np.asarray(frac, dtype=np.int64)

    @property
    def shape(self) -> tuple[int, ...]:
        """Without the batch axis."""
        return self.type.shape

    @property
    def points(self) -> Mantissas:
        """Fraction bits of every element, in the tensor's shape."""
        return np.broadcast_to(self.frac, self.shape)

    def fork(self) -> Self:
        """The same tensor, to be moved on by itself."""
        return copy(self)

    def become(self, other: "Tensor") -> None:
        """Go on as another tensor."""
        self.last, self.type, self.frac = other.last, other.type, other.frac

    def append(self, op: Op, frac: Any = None, *others: "Tensor") -> None:
        """One more operation, perhaps with more operands; ``frac`` where it changes the points."""
        op = replace(op, name=self.builder.unique(op.name))
        self.builder.nodes.append(Node(op, (self.last, *(other.last for other in others))))
        self.last, self.type = op.name, op.y
        if frac is not None:
            self.frac = np.asarray(frac, dtype=np.int64)

    def reshape(self, name: str, shape: tuple[int, ...]) -> None:
        """The same elements under other axes, one of which may be -1."""
        points = self.points.reshape(shape)
        if points.shape != self.shape:
            self.append(Reshape(name, self.type, points.shape), _compact(points))

    def move(self, name: str, how: Callable[[Mantissas], Mantissas]) -> None:
        """Elements picked by what ``how`` does to an array of the tensor's shape; -1 becomes 0."""
        index = how(Gather.positions(self.type))
        if np.array_equal(index.reshape(-1), np.arange(self.type.size)):
            self.reshape(name, index.shape)
        else:
            self.append(Gather(name, self.type, index), _compact(how(self.points)))

    def channel_points(self, name: str) -> Mantissas:
        """Fraction bits along the last axis; made alike first along all others."""
        if self.frac.ndim > 1:
            self.lift(name, self.points.reshape(-1, self.shape[-1]).max(axis=0))
        return np.broadcast_to(self.frac, self.shape[-1:])

    def lift(self, name: str, points: Any, sign: int = 1) -> None:
        """The same values, or their negatives, at binary points that are nowhere coarser."""
        factor = as_mantissas(sign << (points - self.frac))
        if (factor == 1).all():
            self.frac = np.asarray(points, dtype=np.int64)
            return
        ends = [int(v) for end in (self.type.low, self.type.high)
                for v in np.ravel(np.multiply(end.astype(object), factor.astype(object)))]
        to = Quantizer(FixedType.containing(min(ends), max(ends)), Rounding.FLOOR, Overflow.WRAP)
        self.append(Requantize(name, self.type, to, 0, _compact(factor)), points)

    def align(self, name: str) -> None:
        """All elements at the binary point of the finest one, which the type then tells."""
        frac = int(self.frac.max())
        lift = frac - self.frac
        width = self.type.element.width + int(lift.max()) + 1
        to = Quantizer(FixedType(width, frac), Rounding.FLOOR, Overflow.WRAP)
        self.append(Requantize(name, self.type, to, 0, as_mantissas(1 << lift)), frac)

    def quantize(self, name: str, how: Narrowing) -> None:
        """A quantizer, as operations."""
        self._narrow(name, how, self._rounded(f"{name}_round", how))
        if how.overflow is Overflow.SATURATE_SYMMETRIC:
            self._raise_to(name, how.lowest)
        if how.affine is not None:
            self.scale(f"{name}_affine", *(float(v) for v in how.affine))

    def scale(self, name: str, factor: float, offset: float) -> None:
        """``x * factor + offset``, exact: both are fractions with a power of two below."""
        top, below = factor.as_integer_ratio()
        constant, under = offset.as_integer_ratio()
        points = self.points + below.bit_length() - 1
        last = np.maximum(points, under.bit_length() - 1)
        up = last - points
        multiplier = _compact(top << up)
        shift = _compact(constant << (last - under.bit_length() + 1))
        ends = [int(v) for end in (self.type.low, self.type.high) for v in np.ravel(
            np.multiply(end.astype(object), multiplier.astype(object)) + shift.astype(object))]
        to = Quantizer(FixedType.containing(min(ends), max(ends)), Rounding.FLOOR, Overflow.WRAP)
        self.append(Requantize(name, self.type, to, 0, multiplier, shift), last)

    def _rounded(self, name: str, how: Narrowing) -> Mantissas:
        """Round to each element's step; the binary points that elements then have.

        Nothing is done where no bits are dropped, or where the cut to each width drops them by
        itself: it rounds down, and does so at an element's own step if no channel has finer ones.
        """
        drop = np.where(how.used, self.frac - how.to.f, 0)
        most = int(drop.max())
        floors = how.rounding is Rounding.FLOOR and not (how.used & (how.frac > how.to.f)).any()
        if floors or most <= 0:
            return np.broadcast_to(self.frac, self.shape)
        width = self.type.element.width + max(0, -int(drop.min())) + 2
        to = Quantizer(FixedType(width), how.rounding, Overflow.WRAP)
        factor = np.where(how.used, 1, 0) << (most - drop)
        self.append(Requantize(name, self.type, to, most, _compact(factor)))
        return how.to.f

    def _narrow(self, name: str, how: Narrowing, points: Mantissas) -> None:
        """Each element brought into range with its top bits in line, then cut to its width.

        Where some have a sign, half its range is taken off each one that has none meanwhile.
        """
        to, used = how.to, how.used
        widths = np.where(used, to.width, 0)
        width = int(widths.max(initial=1)) or 1
        lift = np.where(used, width - to.width + to.f - points, 0)
        shift = max(0, -int(lift.min()))
        ones, half = np.where(used, 1, 0), 1 << width >> 1
        lower = np.where(used & (to.k == 0), half, 0) * how.signed
        overflow = how.overflow
        if overflow is Overflow.SATURATE_SYMMETRIC and (
                lower.any() or (widths != width)[used].any()):
            overflow = Overflow.SATURATE
        kind = Quantizer(FixedType(width, 0, how.signed), Rounding.FLOOR, overflow)
        self.append(Requantize(f"{name}_wrap", self.type, kind, shift,
                               _compact(ones << (lift + shift)), _compact(-lower << shift)),
                    how.frac)
        grow = np.where(used, how.frac - to.f, 0)
        if (widths == width).all() and not grow.any() and not lower.any():
            return
        wide = Quantizer(FixedType(width + int(grow.max()) + bool(lower.any()), 0, how.signed),
                         Rounding.FLOOR, Overflow.WRAP)
        # A largest value is all ones; only a cut to its own width takes those below it off.
        later = grow if how.overflow is not Overflow.WRAP else np.zeros_like(grow)
        scale = ones << (widths + grow - later)
        self.append(Requantize(f"{name}_cut", self.type, wide, width, _compact(scale),
                               _compact(lower * scale)))
        if later.any():
            self.append(Requantize(f"{name}_lift", self.type, wide, 0, _compact(1 << later)))

    def _raise_to(self, name: str, lowest: Mantissas) -> None:
        """Each element no smaller than a mantissa of its own: what is below is cut off at 0."""
        low, high = (np.broadcast_to(end, self.shape) for end in (self.type.low, self.type.high))
        if (low >= lowest).all():
            return
        top, bottom = int((high - lowest).max()), int(lowest.min())
        up = Quantizer(FixedType.containing(0, top), Rounding.FLOOR, Overflow.SATURATE)
        back = Quantizer(FixedType.containing(bottom, int(high.max())), Rounding.FLOOR,
                         Overflow.WRAP)
        self.append(Requantize(f"{name}_above", self.type, up, 0, 1, _compact(-lowest)))
        self.append(Requantize(f"{name}_symmetric", self.type, back, 0, 1, _compact(lowest)))


def _compact(numbers: Mantissas) -> Mantissas:
    """Numbers of the last axis where all others are alike."""
    rows = numbers.reshape(-1, numbers.shape[-1])
    return as_mantissas(rows[0] if (rows == rows[0]).all() else numbers)
