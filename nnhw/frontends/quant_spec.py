# SPDX-License-Identifier: Apache-2.0
"""What a Quant, IntQuant or BipolarQuant node asks for, and its arithmetic.

The formulas are those of qonnx 1.0, ``qonnx/custom_op/general/intquant.py`` and
``bipolar_quant.py``: divide by the scale, add the zero point, limit, round, all in float32.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from nnhw.errors import UnsupportedError
from nnhw.frontends.onnx_file import SourceNode
from nnhw.frontends.value import Const
from nnhw.numeric.golden import round_float
from nnhw.numeric.types import Mantissas, Rounding

__all__ = ["QUANTIZERS", "QuantSpec", "quantize_constant", "read_spec"]

QUANTIZERS = ("Quant", "IntQuant", "BipolarQuant")

_ROUNDING = {
    "ROUND": Rounding.HALF_EVEN,
    "HALF_EVEN": Rounding.HALF_EVEN,
    "CEIL": Rounding.CEIL,
    "FLOOR": Rounding.FLOOR,
    "UP": Rounding.AWAY,
    "DOWN": Rounding.ZERO,
    "HALF_UP": Rounding.HALF_AWAY,
    "HALF_DOWN": Rounding.HALF_ZERO,
}


@dataclass(frozen=True, eq=False)
class QuantSpec:
    """A quantizer of the source model.

    Parameters
    ----------
    scale : array
        Float32, positive; broadcasts to the tensor.
    zero_point : int
        Code that stands for 0.
    low, high : int
        Smallest and largest code; both limits of the rounded value before the zero point is
        taken off.
    rounding : Rounding
        How codes round.
    bipolar : bool
        Codes are +1 where the value is not negative, else -1.
    bits : int
        Declared width.
    signed, narrow : bool
        As declared.
    nearest : bool
        Whether the multiply-shift nearest to the source model's arithmetic is preferred to
        thresholds that equal it: the model's own float sums are not reproducible to the last bit.
    """

    scale: Any
    zero_point: int
    low: int
    high: int
    rounding: Rounding
    bipolar: bool
    bits: int
    signed: bool = True
    narrow: bool = False
    nearest: bool = False

    def mantissas(self, x: Any, scale: Any = None) -> Mantissas:
        """Codes less the zero point, of float32 values."""
        scale = self.scale if scale is None else scale
        if self.bipolar:
            y = x / scale + np.float32(self.zero_point)
            bipolar: Mantissas = np.where(y >= 0, 1, -1).astype(np.int64)
            return bipolar
        y = x / scale + np.float32(self.zero_point)
        limited = np.minimum(np.maximum(y, np.float32(self.low)), np.float32(self.high))
        return round_float(limited.astype(np.float64), self.rounding) - self.zero_point

    def values(self, x: Any) -> Any:
        """Quantized values, float32."""
        return self.mantissas(x).astype(np.float32) * self.scale


def read_spec(node: SourceNode, operands: list[Any]) -> QuantSpec:
    """The quantizer that a node describes.

    Raises
    ------
    UnsupportedError
        If a parameter depends on the input or has no meaning in integers.
    """
    constants = [np.asarray(value.value) if isinstance(value, Const) else None
                 for value in operands[1:]]
    names = ("scale",) if node.kind == "BipolarQuant" else ("scale", "zero point", "bit width")
    for what, value in zip(names, constants + [None] * 3, strict=False):
        if value is None:
            raise _refuse(node, f"the {what} must be a constant")
    assert constants[0] is not None
    scale = constants[0].astype(np.float32)
    if not (np.isfinite(scale).all() and (scale > 0).all()):
        raise _refuse(node, "the scale must be positive and finite")
    if node.kind == "BipolarQuant":
        _attributes(node, ())
        return QuantSpec(scale, 0, -1, 1, Rounding.HALF_EVEN, True, 1)
    signed, narrow, mode = _attributes(node, ("signed", "narrow", "rounding_mode"))
    if str(mode).upper() not in _ROUNDING:
        raise _refuse(node, f"rounding mode '{mode}' is not supported; supported are "
                            + ", ".join(sorted(_ROUNDING)))
    zero, bits = (_whole(node, what, value) for what, value in
                  (("zero point", constants[1]), ("bit width", constants[2])))
    if not 1 <= bits <= 32:
        raise _refuse(node, f"bit width {bits} is not supported; 1 to 32 would work")
    low = -(1 << (bits - 1)) + bool(narrow) if signed else 0
    high = (1 << (bits - 1)) - 1 if signed else (1 << bits) - 1 - bool(narrow)
    bipolar = bits == 1 and bool(signed)
    if bipolar:
        low, high = -1, 1
        if zero:
            raise _refuse(node, "a 1-bit signed quantizer with a zero point is not supported; "
                                "zero point 0 would work")
    return QuantSpec(scale, zero, low, high, _ROUNDING[str(mode).upper()], bipolar, bits,
                     bool(signed), bool(narrow))


def _attributes(node: SourceNode, known: tuple[str, ...]) -> tuple[Any, ...]:
    defaults = {"signed": 1, "narrow": 0, "rounding_mode": "ROUND"}
    for name in node.attributes:
        if name not in known:
            raise _refuse(node, f"attribute '{name}' is not supported")
    return tuple(node.attributes.get(name, defaults[name]) for name in known)


def _whole(node: SourceNode, what: str, value: Any) -> int:
    """One whole number, which files give as a float, a tensor, or an array of equal entries."""
    flat = np.ravel(value).astype(np.float64)
    if flat.size == 0 or not np.all(flat == flat[0]):
        raise _refuse(node, f"the {what} differs between channels; one for all would work")
    if flat[0] != np.rint(flat[0]):
        raise _refuse(node, f"the {what} must be a whole number, not {flat[0]:g}")
    return int(flat[0])


def _refuse(node: SourceNode, reason: str) -> UnsupportedError:
    return UnsupportedError(f"node '{node.origin.name}': {node.kind}: {reason}")


def quantize_constant(node: SourceNode, operands: list[Any]) -> Const:
    """A weight or bias behind its quantizer: mantissas and scales of the full shape."""
    spec = read_spec(node, operands)
    value = np.asarray(operands[0].value, dtype=np.float32)
    if not np.isfinite(value).all():
        raise _refuse(node, "the constant it quantizes holds NaN or infinity")
    mantissa = spec.mantissas(value)
    scale = np.broadcast_to(spec.scale, value.shape).astype(np.float64)
    real = mantissa.astype(np.float32) * np.broadcast_to(spec.scale, value.shape)
    return Const(real, mantissa, scale, node.outputs[0])
