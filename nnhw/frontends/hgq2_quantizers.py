# SPDX-License-Identifier: Apache-2.0
"""Quantizers of HGQ2: what they do to weights, and how those of activations become operations."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from nnhw.errors import UnsupportedError
from nnhw.frontends.hgq2_layer import Floats, Hgq2Layer
from nnhw.numeric.types import Mantissas, Overflow, Rounding

__all__ = ["Narrowing", "Precision", "affine", "input_quantizers", "mapped", "modes",
           "narrowing", "precision", "quantized", "quantized_weights"]

_ROUND: dict[str, Callable[[Any], Any]] = {
    "TRN": np.floor, "RND": lambda x: np.floor(x + np.float32(0.5)), "RND_CONV": np.round}
_ROUNDING = {"TRN": Rounding.FLOOR, "RND": Rounding.HALF_UP, "RND_CONV": Rounding.HALF_EVEN}
_OVERFLOW = {"WRAP": Overflow.WRAP, "SAT": Overflow.SATURATE,
             "SAT_SYM": Overflow.SATURATE_SYMMETRIC}
#: Bits of factors and offsets that leave a float32 result exact where it has 16 bits before.
_AFFINE_BITS = 8


@dataclass(frozen=True, eq=False)
class Precision:
    """Sign, integer and fraction bits of every element of a tensor; ``width`` 0 means always 0."""

    k: Mantissas
    i: Mantissas
    f: Mantissas

    @property
    def width(self) -> Mantissas:
        """Bits of every element."""
        width: Mantissas = np.maximum(self.k + self.i + self.f, 0)
        return width

    def within(self, shape: tuple[int, ...]) -> "Precision":
        """That of every element of a tensor; those of the file have a batch axis of length 1."""
        return Precision(*(np.broadcast_to(v, (1, *shape))[0] for v in (self.k, self.i, self.f)))


@dataclass(frozen=True, eq=False)
class Narrowing:
    """What a quantizer of activations does.

    Parameters
    ----------
    to : Precision
        Of every element, in the tensor's shape.
    rounding, overflow : Rounding, Overflow
        For all elements.
    affine : pair of float32, or None
        Factor and offset of what comes out.
    """

    to: Precision
    rounding: Rounding
    overflow: Overflow
    affine: tuple[np.float32, np.float32] | None = None

    @property
    def lowest(self) -> Mantissas:
        """Smallest mantissa of each element, at its channel's precision, where it is the negative
        of the largest one."""
        top = (1 << np.maximum(self.to.width - self.to.k, 0)) - 1
        return np.where(self.used, -self.to.k * top << np.maximum(self.frac - self.to.f, 0), 0)

    @property
    def signed(self) -> bool:
        """Whether any element has a sign."""
        return bool(self.to.k[self.used].max(initial=0))

    @property
    def used(self) -> Mantissas:
        """Where an element has any bits."""
        return self.to.width > 0

    @property
    def frac(self) -> Mantissas:
        """Fraction bits of the finest element of each channel (the last axis)."""
        least = np.iinfo(np.int64).min
        finest = np.where(self.used, self.to.f, least).reshape(-1, self.to.f.shape[-1]).max(axis=0)
        return np.where(finest == least, 0, finest)


def precision(layer: Hgq2Layer, which: str) -> Precision:
    """Precision of a quantizer of a layer, bits rounded to whole ones.

    Its scaler, a power of two, moves the binary point.
    """
    config, found = layer.quantizer(which)
    half, power = np.frexp(config.get("scaler") or 1.0)
    if half != 0.5:
        raise UnsupportedError(f"{layer.name}: quantizer {which} divides by {config['scaler']}, "
                               "which is not supported; a positive power of two would work")
    k, i = (np.round(found[name]).astype(np.int64) for name in ("k", "i"))
    f = (np.round(found["b"]).astype(np.int64) - i if config["q_type"] == "kbi"
         else np.round(found["f"]).astype(np.int64))
    return Precision(k, i + int(power) - 1, f - int(power) + 1)


def narrowing(layer: Hgq2Layer, which: str, shape: tuple[int, ...]) -> Narrowing:
    """What a quantizer of activations does to a tensor.

    Raises
    ------
    UnsupportedError
        If nothing here does the same.
    """
    rounding, overflow = modes(layer, which)
    to = precision(layer, which).within(shape)
    return Narrowing(to, _ROUNDING[rounding], _OVERFLOW[overflow], affine(layer, which))


def affine(layer: Hgq2Layer, which: str) -> tuple[np.float32, np.float32] | None:
    """Factor and offset of what leaves a quantizer, if it has any."""
    found = layer.quantizer(which)[0].get("affine")
    if found is None:
        return None
    if any(abs(float(v).as_integer_ratio()[0]) >= 1 << _AFFINE_BITS for v in found):
        raise UnsupportedError(f"{layer.name}: quantizer {which} with the affine map {found} is "
                               "not supported, because float32 rounds its results; a factor and "
                               f"an offset of at most {_AFFINE_BITS} bits would work")
    return np.float32(found[0]), np.float32(found[1])


def input_quantizers(layer: Hgq2Layer, count: int) -> list[Callable[..., Narrowing] | None]:
    """For each operand what its quantizer does to a tensor of a shape; None where it has none."""
    if "iq_confs" in layer.config:
        names = [f"iq{number}" for number in range(count)]
    elif "iq_conf" in layer.config or layer.kind == "Quantizer":
        names = ["" if layer.kind == "Quantizer" else "iq"]
    else:
        return [None] * count
    return [partial(narrowing, layer, which) if layer.settings(which) is not None else None
            for which in names]


def quantized_weights(layer: Hgq2Layer, which: str, x: Floats) -> Floats:
    """Weights as HGQ2 quantizes them, in its own float32 arithmetic.

    It does not wrap those of a quantizer for weights.
    """
    config, _ = layer.quantizer(which)
    how = modes(layer, which)
    plain = config.get("is_weight") and (config["q_type"] == "kif" or how[0] == "RND")
    if how[1] == "WRAP" and plain and config.get("trainable", True):
        y = _rounded(x, precision(layer, which).f, how[0])
    else:
        y = quantized(x, precision(layer, which), *how)
    return mapped(y, affine(layer, which))


def mapped(y: Floats, how: tuple[np.float32, np.float32] | None) -> Floats:
    """What leaves a quantizer, times its factor, plus its offset."""
    return y if how is None else (y * how[0] + how[1]).astype(np.float32)


def quantized(x: Floats, to: Precision, rounding: str, overflow: str) -> Floats:
    """Values of activations or tables as HGQ2 quantizes them, in its own float32 arithmetic."""
    scale = np.exp2(to.f.astype(np.float32))
    top = np.exp2(np.maximum(to.i, -to.f).astype(np.float32))
    if overflow != "WRAP":
        low = -top * to.k if overflow == "SAT" else -(top - 1 / scale) * to.k
        x = np.clip(x, low.astype(np.float32), (top - 1 / scale).astype(np.float32))
    y = _rounded(x, to.f, rounding)
    if overflow == "WRAP":
        y = np.mod(y + top * to.k, top * (1 + to.k)) - top * to.k
    return np.where(to.width > 0, y, 0).astype(np.float32)


def _rounded(x: Floats, frac: Mantissas, rounding: str) -> Floats:
    scale = np.exp2(frac.astype(np.float32))
    y: Floats = (_ROUND[rounding]((x * scale).astype(np.float32)) / scale).astype(np.float32)
    return y


def modes(layer: Hgq2Layer, which: str) -> tuple[str, str]:
    """Names of rounding and overflow; a stochastic rounding (``S_RND``) is none after training."""
    config, _ = layer.quantizer(which)
    rounding = config["round_mode"].upper().removeprefix("S_")
    overflow = config["overflow_mode"].upper()
    if rounding not in _ROUNDING or overflow not in _OVERFLOW:
        raise UnsupportedError(
            f"{layer.name}: quantizer {which} with {rounding} and {overflow} is not supported; "
            "TRN, RND and RND_CONV with WRAP, SAT and SAT_SYM are")
    return rounding, overflow
