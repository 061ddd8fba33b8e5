# SPDX-License-Identifier: Apache-2.0
"""The inputs of an HGQ2 network: every quantizer that reads one, and a type that serves them all.

Layers that only move elements may lie between an input and its quantizers.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from nnhw.errors import UnsupportedError
from nnhw.frontends.hgq2_calls import Call
from nnhw.frontends.hgq2_moves import MOVES
from nnhw.frontends.hgq2_quantizers import Narrowing, input_quantizers
from nnhw.frontends.hgq2_registry import BEFORE, HANDLERS, model_axis
from nnhw.frontends.names import clean
from nnhw.ir.graph import InputPort
from nnhw.ir.types import TensorType
from nnhw.numeric.types import FixedType, Mantissas, Overflow, Rounding

__all__ = ["input_ports"]


@dataclass
class _Demands:
    """What the quantizers of one input ask of it; of elements that have any bits."""

    name: str
    shape: tuple[int, ...]
    fracs: set[int] = field(default_factory=set)
    wholes: set[int] = field(default_factory=set)
    signed: bool = False
    roundings: set[Rounding] = field(default_factory=set)
    overflows: set[Overflow] = field(default_factory=set)

    def add(self, how: Narrowing, mine: Mantissas) -> None:
        """One more quantizer, some of whose elements are this input's."""
        used = how.used & mine
        to = how.to
        self.fracs |= set(to.f[used].tolist())
        self.wholes |= set((to.width - to.f - to.k)[used].tolist())
        self.signed |= bool(to.k[used].any())
        self.roundings.add(how.rounding)
        self.overflows.add(how.overflow)

    def port(self) -> InputPort:
        """The finest precision and largest range of all; each is narrowed to its own exactly.

        Rounding to the nearest of a coarser step needs one bit below it, no more.
        """
        same = len(self.fracs) <= 1 and len(self.roundings) == 1
        if not same and Rounding.HALF_EVEN in self.roundings:
            raise UnsupportedError(f"{self.name}: RND_CONV of inputs with several precisions is "
                                   "not supported; TRN and RND are, or one precision")
        if len(self.overflows) > 1:
            raise UnsupportedError(f"{self.name}: quantizers that read this input wrap and "
                                   "saturate, which is not supported; those of one mode are")
        finer = not same and self.roundings != {Rounding.FLOOR}
        frac = max(self.fracs, default=0) + finer
        whole = max(self.wholes, default=1) + self.signed
        code = FixedType(max(frac + whole, 1), frac, self.signed)
        rounding = next(iter(self.roundings)) if same else Rounding.FLOOR
        return InputPort(clean(self.name), self.shape, TensorType.of(self.shape, code), code,
                         2.0**-frac, rounding=rounding, overflow=next(iter(self.overflows)))


def input_ports(calls: Iterable[Call]) -> dict[str, InputPort]:
    """A port for every input that is read, by its tensor.

    Raises
    ------
    UnsupportedError
        If something other than a quantizer reads one, or no type serves all that do.
    """
    demands: dict[str, _Demands] = {}
    owners: dict[str, Mantissas] = {}  # of tensors without quantizer so far: each element's input
    for call in calls:
        layer = call.layer
        raw = [owners[name] for name in call.operands if name in owners]
        if layer.kind == "InputLayer":
            shape = tuple(layer.config["batch_shape"][1:])
            if None in shape:
                raise UnsupportedError(f"{layer.name}: an input of shape {shape} has no size; "
                                       "a model built for a fixed one would work")
            owners[call.result] = np.full(shape, len(demands))
            demands[call.result] = _Demands(layer.name, shape)
        elif layer.kind not in HANDLERS:
            raise UnsupportedError(f"{layer.name}: HGQ2 layer {layer.kind} is not supported; "
                                   "those of the table in docs/spatial.md are")
        elif raw and layer.kind in MOVES:
            owners[call.result] = MOVES[layer.kind](layer, raw[0].shape)(raw[0])
        elif len(raw) == len(call.operands) and layer.kind == "Concatenate":
            owners[call.result] = np.concatenate(raw, model_axis(layer.config["axis"], raw[0].ndim))
        elif raw:
            _demand(call, owners, list(demands.values()))
    return {name: one.port() for name, one in demands.items() if one.overflows}


def _demand(call: Call, owners: dict[str, Mantissas], inputs: list[_Demands]) -> None:
    quantizers = input_quantizers(call.layer, len(call.operands))
    for name, which in zip(call.operands, quantizers, strict=True):
        if name not in owners:
            continue
        if which is None:
            raise UnsupportedError(
                f"{call.layer.name}: the network's input is not quantized; a first layer with an "
                "input quantizer would work")
        owner = owners[name]
        if call.layer.kind in BEFORE:
            owner = BEFORE[call.layer.kind](call.layer, owner.shape)(owner)
        how = which(owner.shape)
        for number, one in enumerate(inputs):
            mine = owner == number
            if mine.any():
                one.add(how, mine)
