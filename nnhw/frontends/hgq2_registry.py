# SPDX-License-Identifier: Apache-2.0
"""Layers of HGQ2 and Keras that are known, by class."""

from collections.abc import Callable
from typing import Any

from nnhw.errors import UnsupportedError
from nnhw.frontends.hgq2_layer import Hgq2Layer
from nnhw.frontends.hgq2_quantizers import input_quantizers, narrowing
from nnhw.frontends.hgq2_tensor import Tensor
from nnhw.frontends.names import clean
from nnhw.numeric.types import Mantissas

__all__ = ["BEFORE", "HANDLERS", "Handler", "add_layer", "handles", "last_channels",
           "model_axis", "refused"]

#: Moves the first operand on; gets the others, all of them behind their input quantizers.
Handler = Callable[..., None]
#: Handlers by class.
HANDLERS: dict[str, Handler] = {}
#: What a layer of a class does to its operand ahead of the input quantizer, from its shape.
BEFORE: dict[str, Callable[[Hgq2Layer, tuple[int, ...]], Callable[[Mantissas], Mantissas]]] = {}
#: Classes with any number of operands.
_MANY: set[str] = set()


def handles(*kinds: str, many: bool = False) -> Callable[[Handler], Handler]:
    """Enter a function ``(x, layer, *others)`` for classes of layers.

    Parameters
    ----------
    kinds : str
        Classes.
    many : bool
        Whether there may be other operands than the first.
    """
    def enter(function: Handler) -> Handler:
        for kind in kinds:
            HANDLERS[kind] = function
        _MANY.update(kinds if many else ())
        return function
    return enter


def add_layer(layer: Hgq2Layer, operands: list[Tensor]) -> Tensor:
    """What a layer between its quantizers makes of tensors of its own."""
    name = clean(layer.name)
    if len(operands) > 1 and layer.kind not in _MANY:
        raise refused(layer, "a call with several tensors", "one would work")
    if layer.kind in BEFORE:
        operands[0].move(f"{name}_spread", BEFORE[layer.kind](layer, operands[0].shape))
    for number, (x, which) in enumerate(zip(operands, input_quantizers(layer, len(operands)),
                                            strict=True)):
        if which is not None:
            x.quantize(f"{name}_{number}" if number else name, which(x.shape))
    x, *others = operands
    HANDLERS[layer.kind](x, layer, *others)
    if layer.settings("oq") is not None:
        x.quantize(f"{name}_out", narrowing(layer, "oq", x.shape))
    return x


def refused(layer: Hgq2Layer, what: str, instead: str) -> UnsupportedError:
    """The error for a setting that is not known."""
    return UnsupportedError(f"{layer.name}: {what} is not supported in {layer.kind}; {instead}")


def last_channels(layer: Hgq2Layer) -> None:
    """Refuse channels in any place but the last."""
    order: Any = layer.config.get("data_format") or "channels_last"
    if order != "channels_last":
        raise refused(layer, order, "channels_last would work")


def model_axis(axis: Any, rank: int) -> int:
    """An axis of a tensor without its batch, from one that a model counts with it.

    >>> model_axis(1, 3), model_axis(-1, 3), model_axis(-4, 3)
    (0, 2, -1)
    """
    return int(axis) - 1 if int(axis) >= 0 else int(axis) + rank
