# SPDX-License-Identifier: Apache-2.0
"""Sums, means and largest elements along axes of a tensor of an HGQ2 model."""

import numpy as np

from nnhw.frontends.hgq2_layer import Hgq2Layer, listed
from nnhw.frontends.hgq2_registry import handles, model_axis, refused
from nnhw.frontends.hgq2_tensor import Tensor
from nnhw.frontends.names import clean
from nnhw.layers.reduce.op import Reduce
from nnhw.layers.total.op import Total

__all__ = ["model_axes", "reduced", "summed"]


@handles("QSum", "QMeanPow2")
def _sum(x: Tensor, layer: Hgq2Layer) -> None:
    axes, shape = model_axes(layer, layer.config["axes"], len(x.shape)), x.shape
    if len(axes) == len(shape) and not layer.config.get("keepdims"):
        raise refused(layer, "a sum of everything without its axes", "keepdims = True would work")
    size = int(np.prod([shape[a] for a in axes]))
    scale = 1 / size if layer.kind == "QMeanPow2" else layer.config.get("scale", 1.0)
    summed(x, clean(layer.name), axes, bool(layer.config.get("keepdims")))
    x.frac = x.frac - round(np.log2(scale))


def model_axes(layer: Hgq2Layer, axes: object, rank: int) -> tuple[int, ...]:
    """Axes of a tensor without its batch from those that a model counts with it."""
    found = tuple(sorted(model_axis(axis, rank) for axis in listed(axes)))
    if min(found) < 0:
        raise refused(layer, "a sum over the batch", "other axes would work")
    return found


def summed(x: Tensor, name: str, axes: tuple[int, ...], keepdims: bool = False) -> None:
    """Sum along axes."""
    reduced(x, name, axes, "sum", keepdims)


def reduced(x: Tensor, name: str, axes: tuple[int, ...], how: str, keepdims: bool = False) -> None:
    """Sum or largest element along axes; over whole frames where only the last axis is left."""
    shape = x.shape
    kept = [a for a in range(len(shape)) if a not in axes]
    lead = tuple(shape[a] for a in kept)
    if kept == [len(shape) - 1] and len(shape) > 1:
        points = x.channel_points(f"{name}_align")
        x.append(Total(name, x.type, how), points)
    else:
        x.move(f"{name}_operand", lambda a: a.transpose(*kept, *axes).reshape(*lead, -1))
        points = x.points.max(axis=-1)
        x.lift(f"{name}_align", np.broadcast_to(points[..., None], x.shape))
        x.append(Reduce(name, x.type, how), points)
    if keepdims:
        x.reshape(f"{name}_axes", tuple(1 if a in axes else n for a, n in enumerate(shape)))
