# SPDX-License-Identifier: Apache-2.0
"""Layers of an HGQ2 model with several operands that depend on the input."""

from collections.abc import Sequence
from functools import partial, reduce

import numpy as np

from nnhw.frontends.hgq2_dense import Einsum
from nnhw.frontends.hgq2_layer import Hgq2Layer, listed
from nnhw.frontends.hgq2_registry import handles, model_axis, refused
from nnhw.frontends.hgq2_sums import summed
from nnhw.frontends.hgq2_tensor import Tensor
from nnhw.frontends.names import clean
from nnhw.layers.add.op import Add
from nnhw.layers.concat.op import Concat
from nnhw.layers.merge.op import Merge
from nnhw.numeric.types import Mantissas

__all__ = ["add", "concatenated", "einsum", "multiply", "repeated"]


@handles("QAdd", "QSubtract", "QAveragePow2", "Add", "Subtract", many=True)
def _add(x: Tensor, layer: Hgq2Layer, *others: Tensor) -> None:
    name = clean(layer.name)
    _broadcast(layer, name, x, *others)
    for number, other in enumerate(others):
        add(x, _numbered(name, number, len(others)), other, "Subtract" in layer.kind)
    if layer.kind == "QAveragePow2":
        x.frac = x.frac + round(np.log2(1 + len(others)))


@handles("QMultiply", "Multiply", many=True)
def _multiply(x: Tensor, layer: Hgq2Layer, *others: Tensor) -> None:
    name = clean(layer.name)
    _broadcast(layer, name, x, *others)
    for number, other in enumerate(others):
        multiply(x, _numbered(name, number, len(others)), other)


@handles("QMaximum", "QMinimum", "Maximum", "Minimum", many=True)
def _extreme(x: Tensor, layer: Hgq2Layer, *others: Tensor) -> None:
    name, how = clean(layer.name), "max" if "Max" in layer.kind else "min"
    _broadcast(layer, name, x, *others)
    for number, other in enumerate(others):
        points = _together(x, other, name)
        x.append(Merge(_numbered(name, number, len(others)), x.type, other.type, how), points,
                 other)


@handles("Concatenate", many=True)
def _concatenate(x: Tensor, layer: Hgq2Layer, *others: Tensor) -> None:
    concatenated(x, clean(layer.name), model_axis(layer.config["axis"], len(x.shape)), *others)


def concatenated(x: Tensor, name: str, axis: int, *others: Tensor) -> None:
    """One behind the other; all behind the axis becomes part of the last one meanwhile."""
    shape = x.shape
    for each in (x, *others):
        each.reshape(f"{name}_part", (*shape[:axis], int(np.prod(each.shape[axis:]))))
    for number, other in enumerate(others):
        points = np.concatenate([x.points, other.points], axis=-1)
        x.append(Concat(_numbered(name, number, len(others)), x.type, other.type), points, other)
    x.reshape(f"{name}_whole", (*shape[:axis], -1, *shape[axis + 1:]))


@handles("QDot", "Dot", many=True)
def _dot(x: Tensor, layer: Hgq2Layer, *others: Tensor) -> None:
    (other,) = others
    if layer.config.get("normalize"):
        raise refused(layer, "normalize", "normalize = False would work")
    axes = listed(layer.config["axes"])
    left, right = model_axis(axes[0], len(x.shape)), model_axis(axes[-1], len(other.shape))
    rows, columns = "abcdefg"[:len(x.shape)], "hijklmn"[:len(other.shape)]
    columns = columns.replace(columns[right], rows[left])
    result = (rows + columns).replace(rows[left], "")
    einsum(x, clean(layer.name), Einsum((rows, columns), result), other)
    if not result:
        x.reshape(f"{clean(layer.name)}_vector", (1,))


@handles("QEinsum", many=True)
def _einsum(x: Tensor, layer: Hgq2Layer, *others: Tensor) -> None:
    ranks = tuple(len(each.shape) for each in (x, *others))
    equation = Einsum.of(layer, layer.config["equation"], ranks, len(ranks))
    einsum(x, clean(layer.name), equation, *others)


def einsum(x: Tensor, name: str, equation: Einsum, *others: Tensor) -> None:
    """Every product by itself, then the sums."""
    size = {c: n for each, part in zip((x, *others), equation.operands, strict=True)
            for c, n in zip(part, each.shape, strict=True)}
    lost = [c for c in dict.fromkeys("".join(equation.operands)) if c not in equation.result]
    letters = [*equation.result, *lost]
    shape = [size[c] for c in letters]
    for each, part in zip((x, *others), equation.operands, strict=True):
        order = [part.index(c) for c in letters if c in part]
        wide = [size[c] if c in part else 1 for c in letters]
        each.move(f"{name}_operand", partial(repeated, order, wide, shape))
    for number, other in enumerate(others):
        multiply(x, f"{_numbered(name, number, len(others))}{'_products' * bool(lost)}", other)
    if lost:
        summed(x, name, tuple(range(len(equation.result), len(letters))))


def add(x: Tensor, name: str, other: Tensor, subtract: bool = False) -> None:
    """Sum or difference of tensors of one shape."""
    points = np.maximum(x.points, other.points)
    x.lift(f"{name}_left", points)
    other.lift(f"{name}_right", points, -1 if subtract else 1)
    x.append(Add(name, x.type, other.type), points, other)


def multiply(x: Tensor, name: str, other: Tensor) -> None:
    """Product of tensors of one shape."""
    x.append(Merge(name, x.type, other.type), x.frac + other.frac, other)


def _together(x: Tensor, other: Tensor, name: str) -> Mantissas:
    points = np.maximum(x.points, other.points)
    x.lift(f"{name}_left", points)
    other.lift(f"{name}_right", points)
    return points


def _numbered(name: str, number: int, count: int) -> str:
    """The last of several steps bears the layer's name."""
    return name if number == count - 1 else f"{name}_{number}"


def _broadcast(layer: Hgq2Layer, name: str, *tensors: Tensor) -> None:
    """All in one shape; what is smaller is repeated, axes of length 1 coming first."""
    rank = max(len(x.shape) for x in tensors)
    wide = [(1,) * (rank - len(x.shape)) + x.shape for x in tensors]
    try:
        shape = reduce(np.broadcast_shapes, wide)
    except ValueError:
        raise refused(layer, f"shapes {', '.join(map(str, wide))}",
                      "those that broadcast together would work") from None
    for x, own in zip(tensors, wide, strict=True):
        x.move(f"{name}_repeated", partial(repeated, range(len(x.shape)), own, shape))


def repeated(order: Sequence[int], wide: Sequence[int], shape: Sequence[int], a: Mantissas
              ) -> Mantissas:
    """Axes in another order, with axes of length 1 among them, which are then repeated."""
    return np.broadcast_to(a.transpose(order).reshape(wide), shape)
