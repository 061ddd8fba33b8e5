# SPDX-License-Identifier: Apache-2.0
"""Layers of an HGQ2 model that only move elements, or do nothing when a network is used."""

from collections.abc import Callable

import numpy as np

from nnhw.frontends.hgq2_layer import Hgq2Layer, listed
from nnhw.frontends.hgq2_registry import handles, last_channels, refused
from nnhw.frontends.hgq2_tensor import Tensor
from nnhw.frontends.names import clean
from nnhw.numeric.types import Mantissas

__all__ = ["MOVES"]

#: What a layer does to an array of its operand's shape.
Move = Callable[[Mantissas], Mantissas]
#: Layer and shape of the operand to what is done to it, by class.
MOVES: dict[str, Callable[[Hgq2Layer, tuple[int, ...]], Move]] = {}


def _moves(*kinds: str) -> Callable[[Callable[[Hgq2Layer, tuple[int, ...]], Move]],
                                    Callable[[Hgq2Layer, tuple[int, ...]], Move]]:
    def enter(function: Callable[[Hgq2Layer, tuple[int, ...]], Move]
              ) -> Callable[[Hgq2Layer, tuple[int, ...]], Move]:
        for kind in kinds:
            MOVES[kind] = function
        handles(*kinds)(_moved)
        return function
    return enter


def _moved(x: Tensor, layer: Hgq2Layer) -> None:
    x.move(clean(layer.name), MOVES[layer.kind](layer, x.shape))


@_moves("Dropout", "SpatialDropout1D", "SpatialDropout2D", "GaussianDropout", "GaussianNoise",
        "AlphaDropout")
def _nothing(layer: Hgq2Layer, shape: tuple[int, ...]) -> Move:
    return lambda a: a


@_moves("Flatten", "Reshape")
def _reshaped(layer: Hgq2Layer, shape: tuple[int, ...]) -> Move:
    if layer.kind == "Flatten":
        last_channels(layer)
    target = tuple(int(n) for n in layer.config.get("target_shape", [-1]))
    return lambda a: a.reshape(target)


@_moves("Permute")
def _permuted(layer: Hgq2Layer, shape: tuple[int, ...]) -> Move:
    axes = tuple(int(n) - 1 for n in layer.config["dims"])
    return lambda a: a.transpose(axes)


@_moves("RepeatVector")
def _repeated(layer: Hgq2Layer, shape: tuple[int, ...]) -> Move:
    return lambda a: np.repeat(a[None], int(layer.config["n"]), axis=0)


@_moves("Cropping1D", "Cropping2D")
def _cropped(layer: Hgq2Layer, shape: tuple[int, ...]) -> Move:
    last_channels(layer)
    pairs = layer.config["cropping"] if layer.kind == "Cropping2D" else [layer.config["cropping"]]
    cuts = tuple(slice(int(before), size - int(after))
                 for (before, after), size in zip(pairs, shape, strict=False))
    return lambda a: a[cuts]


@_moves("UpSampling1D", "UpSampling2D")
def _upsampled(layer: Hgq2Layer, shape: tuple[int, ...]) -> Move:
    last_channels(layer)
    kind = layer.config.get("interpolation", "nearest")
    if kind != "nearest":
        raise refused(layer, f"interpolation {kind}", "nearest would work")

    def move(a: Mantissas) -> Mantissas:
        for axis, times in enumerate(listed(layer.config["size"])):
            a = np.repeat(a, int(times), axis=axis)
        return a
    return move
