# SPDX-License-Identifier: Apache-2.0
"""The order in which a tensor of the source model lies in ours: a permutation, pending.

Operators of ONNX see channels first, our streams carry channels last. A ``Layout`` says how the
one follows from the other, so that a Transpose or Reshape of the source model mostly relabels.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np

from nnhw.layers.reshape.op import refit

__all__ = ["Layout"]

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Layout:
    """``ours.reshape(-1) == theirs.reshape(fine).transpose(order).reshape(-1)``.

    Parameters
    ----------
    fine : tuple of int
        The source model's shape, its axes of length 1 left out and others perhaps split.
    order : tuple of int
        Axis of ``fine`` at each place of our tensor.
    """

    fine: Shape
    order: Shape

    @classmethod
    def rows(cls, shape: Shape) -> Self:
        """Row-major, as the source model has it."""
        fine = tuple(n for n in shape if n != 1)
        return cls(fine, tuple(range(len(fine))))

    @classmethod
    def permuted(cls, shape: Shape, axes: Shape) -> Self:
        """Ours is ``theirs.transpose(axes)``."""
        kept = [axis for axis in range(len(shape)) if shape[axis] != 1]
        return cls(tuple(shape[a] for a in kept), tuple(kept.index(a) for a in axes if a in kept))

    @classmethod
    def channels_last(cls, shape: Shape) -> Self:
        """(C, ...) lies as (..., C)."""
        return cls.permuted(shape, (*range(1, len(shape)), 0)[-len(shape):] if shape else ())

    @property
    def is_rows(self) -> bool:
        """Whether nothing is permuted."""
        return self.order == tuple(range(len(self.order)))

    @property
    def dims(self) -> Shape:
        """Lengths of ``fine`` in our order."""
        return tuple(self.fine[a] for a in self.order)

    def groups(self, shape: Shape) -> list[list[int]]:
        """Axes of ``fine`` that make up each axis of the source model's shape."""
        groups: list[list[int]] = []
        at = 0
        for n in shape:
            group, size = [], 1
            while size < n:
                size *= self.fine[at]
                group.append(at)
                at += 1
            groups.append(group)
        return groups

    def positions(self) -> Any:
        """Position in the source model's tensor of each element of ours, flat."""
        size = int(np.prod(self.fine, dtype=np.int64))
        return np.arange(size).reshape(self.fine).transpose(self.order).reshape(-1)

    def same(self, other: "Layout") -> bool:
        """Whether both order equally many elements alike."""
        return self._coarse() == other._coarse()

    def _coarse(self) -> tuple[Shape, Shape]:
        """Neighbours that stay neighbours as one axis."""
        runs: list[list[int]] = []
        for axis in self.order:
            if runs and runs[-1][-1] + 1 == axis:
                runs[-1].append(axis)
            else:
                runs.append([axis])
        first = sorted(run[0] for run in runs)
        sizes = {run[0]: int(np.prod([self.fine[a] for a in run])) for run in runs}
        return tuple(sizes[a] for a in first), tuple(first.index(run[0]) for run in runs)

    def reshaped(self, shape: Shape) -> Self | None:
        """After a row-major reshape of the source model's tensor; None where axes do not fit."""
        if self.is_rows:
            return type(self).rows(shape)
        parts = _refined(self.fine, tuple(n for n in shape if n != 1))
        if parts is None:
            return None
        starts = np.cumsum([0, *map(len, parts)])
        order = [int(starts[a]) + k for a in self.order for k in range(len(parts[a]))]
        return type(self)(tuple(n for part in parts for n in part), tuple(order))

    def transposed(self, shape: Shape, axes: Shape) -> Self:
        """After a transpose of the source model's tensor of ``shape``."""
        groups = self.groups(shape)
        moved = [old for axis in axes for old in groups[axis]]
        return type(self)(tuple(self.fine[a] for a in moved),
                          tuple(moved.index(a) for a in self.order))

    def axes(self, shape: Shape) -> Shape | None:
        """Axes of the source model in our order, those of length 1 left out; None if split up."""
        owner = {fine: axis for axis, group in enumerate(self.groups(shape)) for fine in group}
        for a, b in pairwise(self.order):
            if owner[a] == owner[b] and b != a + 1:
                return None
        found = tuple(dict.fromkeys(owner[a] for a in self.order))
        runs = sum(owner[a] != owner[b] for a, b in pairwise(self.order)) + bool(self.order)
        return found if runs == len(found) else None

    def shape(self, shape: Shape) -> Shape:
        """A shape for our tensor: the source model's axes where they are whole."""
        if self.is_rows:
            return shape
        axes = self.axes(shape)
        return self._coarse_dims() if axes is None else tuple(shape[a] for a in axes)

    def _coarse_dims(self) -> Shape:
        sizes, order = self._coarse()
        return tuple(sizes[a] for a in order)

    def with_last(self, length: int) -> Self:
        """With one more axis behind all others."""
        if length == 1:
            return self
        return type(self)((*self.fine, length), (*self.order, len(self.fine)))

    def spread(self, constant: Any, shape: Shape, target: Shape) -> Any:
        """A constant that broadcasts to the source model's ``shape``, for ours, ``target``."""
        if np.size(constant) == 1:
            return np.reshape(constant, ())
        fine = refit(constant, shape, self.fine)
        return _collapsed(refit(fine.transpose(self.order), self.dims, target))


def _collapsed(array: Any) -> Any:
    """Length 1 along every axis along which nothing changes."""
    for axis, n in enumerate(array.shape):
        first = array.take([0], axis)
        if n > 1 and (array == first).all():
            array = first
    return array


def _refined(old: Shape, new: Shape) -> list[list[int]] | None:
    """Parts of each axis of ``old`` at which ``new`` is cut too; None where they do not divide."""
    parts: list[list[int]] = []
    rest = 1
    at = 0
    for n in old:
        part = []
        while n > 1:
            if rest == 1:
                rest, at = new[at], at + 1
            step = min(n, rest)
            if n % step or rest % step:
                return None
            part.append(step)
            n, rest = n // step, rest // step
        parts.append(part)
    return parts
