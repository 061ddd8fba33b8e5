# SPDX-License-Identifier: Apache-2.0
"""Layers of HGQ2 that add up a table for each operand and result: QDenseT and its kin.

What a table holds is a small network of one input and one output, evaluated in float64 here.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from nnhw.frontends.hgq2_dense import Einsum, activate
from nnhw.frontends.hgq2_layer import Floats, Hgq2Layer, listed
from nnhw.frontends.hgq2_quantizers import Precision, precision
from nnhw.frontends.hgq2_registry import BEFORE, handles, last_channels, refused
from nnhw.frontends.hgq2_sums import summed
from nnhw.frontends.hgq2_tables import Table, keras_function, tabulate
from nnhw.frontends.hgq2_tensor import Tensor
from nnhw.frontends.names import clean
from nnhw.numeric.types import Mantissas

__all__: list[str] = []


def _place(number: int) -> str:
    """Where the variables of a step of the small networks lie."""
    return "module/layers/einsum_dense" + (f"_{number}" if number else "")


def _kernel(layer: Hgq2Layer, number: int) -> Floats:
    return layer.variable(f"{_place(number)}/0")


def _letters(layer: Hgq2Layer, rank: int) -> tuple[str, str, str]:
    """Of the operand with an axis for every table, of the weights, and of the result."""
    if layer.kind != "QEinsumDenseT":
        free = "abcdefgh"[:rank - 2]
        return f"{free}io", "io", f"{free}o"
    einsum = Einsum.of(layer, layer.config["equation"], (rank - len(_new(layer)),), 1)
    letters, rows = einsum.operands
    return letters + "".join(c for c in rows if c not in letters), rows, einsum.result


@handles("QDenseT", "QEinsumDenseT", "QConvT1D", "QConvT2D")
def _table_dense(x: Tensor, layer: Hgq2Layer) -> None:
    """Axes without weights of their own in front, all tables of the others as one axis."""
    name, (letters, rows, result) = clean(layer.name), _letters(layer, len(x.shape))
    size = dict(zip(letters, x.shape, strict=True))
    free = [c for c in letters if c not in rows]
    order = [letters.index(c) for c in (*free, *rows)]
    lead = [size[c] for c in free]

    def together(a: Mantissas) -> Mantissas:
        return a.transpose(order).reshape(*lead, -1)
    out = precision(layer, "toq").within(x.shape)
    x.move(f"{name}_operand", together)
    tabulate(x, f"{name}_tables", layer, Table(
        partial(_network, layer, _Weights(letters, rows, size)), "tables",
        Precision(*(together(v) for v in (out.k, out.i, out.f))), "toq", True))
    made = [*free, *rows]
    x.reshape(f"{name}_split", tuple(size[c] for c in made))
    summed(x, name, tuple(n for n, c in enumerate(made) if c not in result))
    kept = [c for c in made if c in result]
    x.move(f"{name}_result", lambda a: a.transpose([kept.index(c) for c in result]))
    activate(x, layer, f"{name}_relu")


@dataclass(frozen=True)
class _Weights:
    """Axes of a layer's tables.

    Parameters
    ----------
    letters : str
        Of the operand; constants beside the kernels have their axes in this order.
    rows : str
        Of the kernels.
    size : dict of str to int
        Length of each axis.
    """

    letters: str
    rows: str
    size: dict[str, int]

    @property
    def count(self) -> int:
        """How many tables there are."""
        return math.prod(self.size[c] for c in self.rows)

    def ordered(self, constant: Floats, axes: str) -> Any:
        """A constant along some axes, one row for each table."""
        own = [c for c in self.letters if c in self.rows]
        shape = [self.size[c] if c in axes else 1 for c in own]
        wide = np.broadcast_to(constant.astype(np.float64).reshape(*shape, -1),
                               (*(self.size[c] for c in own), constant.size // math.prod(shape)))
        order = [own.index(c) for c in self.rows]
        return wide.transpose(*order, len(order)).reshape(self.count, -1)


def _network(layer: Hgq2Layer, weights: _Weights, values: Floats) -> Floats:
    """What every table's own small network makes of its operands, (..., tables, entries)."""
    last, function = int(layer.config["n_hl"]), keras_function(layer, "subnn_activation")
    y = values.astype(np.float64)[..., None]
    for number in range(last + 1):
        kernel = _kernel(layer, number).astype(np.float64)
        kernel = kernel.reshape(weights.count, kernel.shape[len(weights.rows)], -1)
        # HGQ2 0.2 gives the first layer of QEinsumDenseT many inputs, and all get the same number.
        y = np.broadcast_to(y, (*y.shape[:-1], kernel.shape[1])) @ kernel
        bias = layer.variables.get(f"{_place(number)}/1")
        if bias is not None:
            y = y + weights.ordered(bias, weights.rows)[:, None]
        if number < last:
            y = function(y.astype(np.float32)).astype(np.float64)
    y = _normalized(layer, weights, y[..., 0]) if layer.config.get("batch_norm") else y[..., 0]
    result: Floats = y.astype(np.float32)
    return result


def _normalized(layer: Hgq2Layer, weights: _Weights, y: Any) -> Any:
    """The BatchNorm behind the networks, divided by the root of how many are added up."""
    config, einsum = layer.config, layer.kind == "QEinsumDenseT"
    result = config["equation"].replace(" ", "").split("->")[1] if einsum else "o"
    axes = config.get("normalize_axes") or config.get("bias_axes") or "".join(
        c for c in weights.rows if c in result)
    found = (layer.variable(("" if einsum else "bn_module/") + str(n)) for n in range(4))
    gamma = next(found) if config["bn_scale"] else np.float32(1)
    beta = next(found) if config["bn_center"] else np.float32(0)
    mean, variance = next(found), next(found)
    scale = gamma / np.sqrt(variance + np.float32(config["bn_epsilon"]))
    factor, offset = (weights.ordered(np.broadcast_to(v, mean.shape), axes)
                      for v in (scale, beta - mean * scale))
    count = math.prod(weights.size[c] for c in weights.rows if c not in result)
    return (y * factor + offset) / math.sqrt(count)


def _new(layer: Hgq2Layer) -> list[int]:
    """Lengths of the axes that only the weights of a QEinsumDenseT have."""
    left, rows = layer.config["equation"].replace(" ", "").split("->")[0].split(",")
    kernel = _kernel(layer, int(layer.config["n_hl"]))
    return [n for c, n in zip(rows, kernel.shape, strict=False) if c not in left]


def _spread(layer: Hgq2Layer, shape: tuple[int, ...]) -> Callable[[Mantissas], Mantissas]:
    """Input quantizers see every operand once for each result."""
    if layer.kind == "QEinsumDenseT":
        new = _new(layer)
    else:
        new = [_kernel(layer, 0).shape[1]]

    def move(a: Mantissas) -> Mantissas:
        a = _patches(layer, a) if layer.kind.startswith("QConv") else a
        return np.broadcast_to(a.reshape(*a.shape, *(1 for _ in new)), (*a.shape, *new))
    return move


def _patches(layer: Hgq2Layer, a: Mantissas) -> Mantissas:
    """Every place of a kernel, its rows and columns in front of the channels; -1 is padding."""
    config, count = layer.config, a.ndim - 1
    last_channels(layer)
    if config["padding"] not in ("valid", "same"):
        raise refused(layer, f"padding {config['padding']}", "valid and same would work")
    kernel, stride, dilation = ([int(v) for v in listed(config[key])]
                                for key in ("kernel_size", "strides", "dilation_rate"))
    if config["padding"] == "same":
        total = [max(0, (-(-size // s) - 1) * s + (k - 1) * d + 1 - size)
                 for size, k, s, d in zip(a.shape, kernel, stride, dilation, strict=False)]
        a = np.pad(a, [*((n // 2, n - n // 2) for n in total), (0, 0)], constant_values=-1)
    places = [(size - (k - 1) * d - 1) // s + 1 for size, k, s, d in zip(
        a.shape, kernel, stride, dilation, strict=False)]
    taps = [a[tuple(slice(at * d, at * d + (n - 1) * s + 1, s) for at, n, s, d in zip(
        offset, places, stride, dilation, strict=True))] for offset in np.ndindex(*kernel)]
    return np.concatenate(taps, axis=count)


BEFORE |= dict.fromkeys(("QDenseT", "QEinsumDenseT", "QConvT1D", "QConvT2D"), _spread)
