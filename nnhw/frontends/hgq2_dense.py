# SPDX-License-Identifier: Apache-2.0
"""Products of an HGQ2 model with constants: dense layers and einsums, weights quantized."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnhw.errors import UnsupportedError
from nnhw.frontends.hgq2_layer import Floats, Hgq2Layer, function_name
from nnhw.frontends.hgq2_quantizers import quantized_weights
from nnhw.frontends.hgq2_registry import handles, refused
from nnhw.frontends.hgq2_tensor import Tensor
from nnhw.frontends.names import clean
from nnhw.layers.dense.op import Dense
from nnhw.layers.grouped.op import Grouped
from nnhw.layers.relu.op import Relu
from nnhw.numeric.golden import as_mantissas
from nnhw.numeric.types import Mantissas

__all__ = ["Einsum", "activate", "affine", "grouped_product", "lowest_bit",
           "mantissas", "product"]

#: Keras's own epsilon, which HGQ2 adds to a variance that it folds into a product.
_EPSILON = np.float32(1e-7)


def mantissas(values: Floats, frac: Any) -> Mantissas:
    """Exact ``values * 2**frac``."""
    scaled = values.astype(np.float64) * np.exp2(np.asarray(frac, dtype=np.float64))
    assert (scaled == np.rint(scaled)).all()
    return as_mantissas(np.rint(scaled).astype(np.int64))


def lowest_bit(values: Floats) -> Mantissas:
    """Fraction bits that each value needs; very few for 0."""
    fraction, exponent = np.frexp(values.astype(np.float64))
    whole = (fraction * 2.0**53).astype(np.int64)
    ends = np.log2(np.maximum(whole & -whole, 1).astype(np.float64)).astype(np.int64)
    return np.where(whole == 0, -64, 53 - exponent - ends)


def product(x: Tensor, name: str, kernel: Floats, bias: Floats) -> None:
    """A Dense on the last axis, whose weights make up for different binary points.

    Kernel and bias have shapes (fan_in, fan_out) and (fan_out,); one bias may do for all.
    """
    bias = np.broadcast_to(bias, kernel.shape[1:])
    points = x.channel_points(f"{name}_align")
    fracs = points[:, None] + lowest_bit(kernel)
    frac = int(max(fracs.max(initial=0), lowest_bit(bias).max(initial=0)))
    weight = mantissas(kernel, frac - points[:, None]).T
    x.append(Dense(name, x.type, np.ascontiguousarray(weight), mantissas(bias, frac), frac), frac)


def grouped_product(x: Tensor, name: str, kernel: Floats, bias: Floats) -> None:
    """A Grouped on the last two axes, likewise.

    Kernel and bias have shapes (groups, fan_out, fan_in) and (groups, fan_out).
    """
    points = x.points.reshape(-1, *x.shape[-2:]).max(axis=0)
    x.lift(f"{name}_align", points)
    fracs = points[:, None] + lowest_bit(kernel)
    frac = int(max(fracs.max(initial=0), lowest_bit(bias).max(initial=0)))
    x.append(Grouped(name, x.type, mantissas(kernel, frac - points[:, None]),
                     mantissas(bias, frac), frac), frac)


@dataclass(frozen=True)
class Einsum:
    """An einsum by its letters, those of the batch left out.

    Parameters
    ----------
    operands : tuple of str
        Letters of each operand.
    result : str
        Letters of the result.
    """

    operands: tuple[str, ...]
    result: str

    @classmethod
    def of(cls, layer: Hgq2Layer, equation: str, ranks: tuple[int, ...], batched: int) -> "Einsum":
        """Read an equation whose first ``batched`` operands have a batch axis in front.

        ``ranks`` are theirs, without it.
        """
        left, result = equation.replace(" ", "").split("->")
        parts = left.split(",")
        spare = [c for c in "zyxwvutsrqponmlkjihgfedcba" if c not in equation]
        dots = max((rank + 1 - len(part) + 3 for part, rank in zip(parts, ranks, strict=False)
                    if "..." in part), default=0)
        each = "".join(spare[:dots])
        *parts, result = (part.replace("...", each) for part in (*parts, result))
        batch = result[:1]
        plain = all(len(set(part)) == len(part) for part in (*parts, result))
        whole = all(part[:1] == batch for part in parts[:batched])
        alone = not any(batch in part for part in (*parts[batched:], result[1:]))
        if not (plain and whole and alone and set(result) <= set("".join(parts))):
            raise refused(layer, f"equation {equation}", "one with the batch as the first axis of "
                          "tensors and nowhere else, and each axis of a tensor once, would work")
        return cls(tuple(part[1:] if n < batched else part for n, part in enumerate(parts)),
                   result[1:])


@handles("QDense", "QBatchNormDense")
def _dense(x: Tensor, layer: Hgq2Layer) -> None:
    name = clean(layer.name)
    product(x, name, *affine(layer))
    activate(x, layer, f"{name}_relu")


@handles("QEinsumDense", "QEinsumDenseBatchnorm")
def _einsum_dense(x: Tensor, layer: Hgq2Layer) -> None:
    """Free axes in front, then those with weights of their own, then what is summed over."""
    name, (kernel, bias) = clean(layer.name), affine(layer)
    einsum = Einsum.of(layer, layer.config["equation"], (len(x.shape),), 1)
    (letters, rows), result = einsum.operands, einsum.result
    size = dict(zip(rows, kernel.shape, strict=True)) | dict(zip(letters, x.shape, strict=True))
    bias = np.broadcast_to(bias, tuple(size[c] for c in result))
    own = [c for c in letters if c in result and (c in rows or _varies(bias, result.index(c)))]
    free = [c for c in letters if c in result and c not in own]
    summed = [c for c in letters if c not in result]
    new = [c for c in result if c not in letters]
    order, made = [letters.index(c) for c in (*free, *own, *summed)], [*free, *own, *new]
    groups = (_count(own, size),) if own else ()
    x.move(f"{name}_operand", lambda a: a.transpose(order).reshape(
        *(size[c] for c in free), *groups, _count(summed, size)))
    weight = _spread(kernel, rows, [*own, *new, *summed], size).reshape(
        *groups, _count(new, size), _count(summed, size))
    offset = _spread(bias, result, made, size)[(0,) * len(free)].reshape(*groups, _count(new, size))
    if own:
        grouped_product(x, name, weight, offset)
    else:
        product(x, name, weight.T, offset)
    back = [made.index(c) for c in result]
    x.move(f"{name}_result",
           lambda a: a.reshape(*(size[c] for c in made)).transpose(back))
    activate(x, layer, f"{name}_relu")


def _count(letters: list[str], size: dict[str, int]) -> int:
    """Elements along some axes."""
    return math.prod(size[c] for c in letters)


def _varies(array: Any, axis: int) -> bool:
    return bool((array != array.take([0], axis)).any())


def _spread(array: Floats, letters: str, wanted: list[str], size: dict[str, int]) -> Floats:
    """An array along other axes: repeated along those it lacks, summed over those not wanted."""
    wide = array.astype(np.float64)  # sums of quantized weights are exact in it
    lost = tuple(n for n, c in enumerate(letters) if c not in wanted)
    kept = [c for c in letters if c in wanted]
    order = [kept.index(c) for c in wanted if c in kept]
    wide = wide.sum(axis=lost).transpose(order) if lost else wide.transpose(order)
    shape = [size[c] if c in kept else 1 for c in wanted]
    return np.broadcast_to(wide.reshape(shape), [size[c] for c in wanted])


def activate(x: Tensor, layer: Hgq2Layer, name: str, key: str = "activation") -> None:
    """The activation that a layer's configuration names."""
    match function_name(layer.config.get(key)):
        case "relu":
            x.append(Relu(name, x.type))
        case "linear":
            pass
        case other:
            raise UnsupportedError(f"{layer.name}: {key} {other} is not supported in an HGQ2 "
                                   "model; relu and linear are")


def affine(layer: Hgq2Layer) -> tuple[Floats, Floats]:
    """Quantized kernel and bias, BatchNorm folded in as HGQ2 folds it."""
    config, kernel = layer.config, layer.own(0)
    has_bias = config.get("use_bias", True) and config.get("bias_axes", "C")
    bias = layer.own(1) if has_bias else np.zeros(1, dtype=np.float32)
    if layer.kind == "QEinsumDenseBatchnorm":
        kernel, bias = _normalized_result(layer, kernel, bias)
    elif layer.kind == "QBatchNormDense":
        mean = layer.own(-2)
        scale = _gamma(layer) / np.sqrt(layer.own(-1) + np.float32(config["epsilon"]))
        shift = (mean.astype(np.float64) @ kernel.astype(np.float64)).astype(np.float32)
        kernel, bias = scale[:, None] * kernel, bias - shift
    kernel = quantized_weights(layer, "kq", kernel)
    return kernel, quantized_weights(layer, "bq", bias) if has_bias else bias


def _gamma(layer: Hgq2Layer) -> Floats:
    return layer.own(2) if layer.config.get("scale", True) else np.ones(1, dtype=np.float32)


def _normalized_result(layer: Hgq2Layer, kernel: Floats, bias: Floats) -> tuple[Floats, Floats]:
    """A product and the BatchNorm behind it."""
    axes = layer.config.get("normalize_axes") or layer.config["bias_axes"]
    rows, result = layer.config["equation"].replace(" ", "").split(",")[1].split("->")
    mean, variance = layer.own(-2), layer.own(-1)
    scale = np.broadcast_to(_gamma(layer) / np.sqrt(variance + _EPSILON), mean.shape)
    offset = -mean * scale
    columns = [c for c in rows if c in axes]
    size = dict(zip(rows, kernel.shape, strict=True))
    kernel = kernel * scale.reshape([size[c] if c in columns else 1 for c in rows])
    first = min(result.index(c) for c in axes)
    shape = [size[c] if c in axes else 1 for c in result[first:].replace("...", "")]
    return kernel, bias + offset.reshape(shape)
