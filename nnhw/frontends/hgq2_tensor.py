# SPDX-License-Identifier: Apache-2.0
"""A tensor of an HGQ2 model on its way through the layers: operations so far, binary points."""

from typing import Any

import numpy as np

from nnhw.errors import UnsupportedError
from nnhw.frontends.hgq2_quantizers import Narrowing
from nnhw.ir.graph import Graph, InputPort, Node, OutputPort
from nnhw.ir.op import Op
from nnhw.ir.types import TensorType
from nnhw.layers.requantize.op import Requantize
from nnhw.layers.reshape.op import Reshape
from nnhw.numeric.golden import as_mantissas
from nnhw.numeric.types import FixedType, Mantissas, Overflow, Quantizer, Rounding

__all__ = ["Tensor"]


class Tensor:
    """The graph so far and its last tensor, each element of which may have its own binary point.

    Members
    -------
    shape : tuple of int
        Of the last tensor.
    frac : Mantissas
        Fraction bits of its elements, broadcast to ``shape``; operations do not know of them.
    """

    def __init__(self, name: str) -> None:
        self.name, self.nodes, self.ports = name, list[Node](), list[InputPort]()
        self.shape: tuple[int, ...] = ()
        self.last, self.type = "", TensorType.of((), FixedType(1))
        self.frac: Mantissas = np.zeros(1, dtype=np.int64)

    def begin(self, name: str, shape: tuple[int, ...]) -> None:
        """The network's input, whose type the first quantizer tells."""
        self.last, self.shape = name, shape

    def append(self, op: Op, frac: Any = None) -> None:
        """One more operation; ``frac`` where it changes the binary points."""
        self.nodes.append(Node(op, (self.last,)))
        self.last, self.type, self.shape = op.name, op.y, op.y.shape
        if frac is not None:
            self.frac = np.asarray(frac, dtype=np.int64)

    def reshape(self, name: str, shape: tuple[int, ...]) -> None:
        """The same elements under other axes."""
        if shape != self.shape:
            points = np.broadcast_to(self.frac, self.shape).reshape(shape)
            self.append(Reshape(name, self.type, shape), _compact(points))

    def channel_points(self, name: str) -> Mantissas:
        """Fraction bits along the last axis; aligned first, where other axes differ in theirs."""
        if self.frac.ndim > 1:
            self.align(name)
        return np.broadcast_to(self.frac, self.shape[-1:])

    def align(self, name: str) -> None:
        """All elements at the binary point of the finest one."""
        frac = int(self.frac.max())
        lift = frac - self.frac
        width = self.type.element.width + int(lift.max()) + 1
        to = Quantizer(FixedType(width, frac), Rounding.FLOOR, Overflow.WRAP)
        self.append(Requantize(name, self.type, to, 0, as_mantissas(1 << lift)), frac)

    def graph(self) -> Graph:
        """The finished graph."""
        if not isinstance(self.type.frac, int) or (self.frac != self.type.frac).any():
            self.align("aligned")
        output = OutputPort(self.last, self.last, self.type.shape, self.type)
        return Graph(self.name, tuple(self.ports), tuple(self.nodes), (output,))

    def quantize(self, name: str, how: Narrowing) -> None:
        """A quantizer: for the network's input partly at the host, else as operations."""
        if not self.ports:
            self._enter(how)
        self._narrow(name, how, self._rounded(f"{name}_round", how))

    def _enter(self, how: Narrowing) -> None:
        """Inputs at the finest precision and largest range of all; both are narrowed exactly.

        Rounding to the nearest of a coarser step needs one bit below it, no more.
        """
        to, used = how.to, how.used
        same = len(set(to.f[used].tolist())) <= 1
        if not same and how.rounding is Rounding.HALF_EVEN:
            raise UnsupportedError(f"{self.last}: RND_CONV of inputs with several precisions is "
                                   "not supported; TRN and RND are, or one precision")
        frac = int(to.f[used].max(initial=0)) + (not same and how.rounding is not Rounding.FLOOR)
        whole = int((to.width - to.f + how.signed - to.k)[used].max(initial=1))
        code = FixedType(max(frac + whole, 1), frac, how.signed)
        self.type = TensorType.of(self.shape, code)
        self.frac = np.asarray(frac, dtype=np.int64)
        self.ports.append(InputPort(self.last, self.shape, self.type, code, 2.0**-frac,
                                    rounding=how.rounding if same else Rounding.FLOOR,
                                    overflow=how.overflow))

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
        kind = Quantizer(FixedType(width, 0, how.signed), Rounding.FLOOR, how.overflow)
        ones, half = np.where(used, 1, 0), 1 << width >> 1
        lower = np.where(used & (to.k == 0), half, 0) * how.signed
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


def _compact(numbers: Mantissas) -> Mantissas:
    """Numbers of the last axis where all others are alike."""
    rows = numbers.reshape(-1, numbers.shape[-1])
    return as_mantissas(rows[0] if (rows == rows[0]).all() else numbers)
