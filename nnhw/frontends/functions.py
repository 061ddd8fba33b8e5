# SPDX-License-Identifier: Apache-2.0
"""Unary functions of the source models that become lookup tables."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from nnhw.numeric.types import FixedType

__all__ = ["FUNCTIONS", "OPERATORS", "Function"]


@dataclass(frozen=True)
class Function:
    """A real function of one variable.

    Parameters
    ----------
    apply : callable
        On float64 arrays; further arguments are the operator's attributes.
    sign : int
        +1 where it ascends everywhere, -1 where it descends, 0 otherwise.
    bounded : tuple of float or None
        Range of its values, where that is finite: decides the type of its result.
    attributes : tuple of (str, float)
        Attributes of the ONNX operator and their defaults, in the order of the arguments.
    """

    apply: Callable[..., Any]
    sign: int = 0
    bounded: tuple[float, float] | None = None
    attributes: tuple[tuple[str, float], ...] = ()

    def result_type(self, width: int) -> FixedType | None:
        """``ufixed<w-1,0>`` for values in [0, 1], ``fixed<w,1>`` for [-1, 1]; else None."""
        if self.bounded is None:
            return None
        if self.bounded[0] >= 0:
            return FixedType(max(width - 1, 1), max(width - 1, 1), signed=False)
        return FixedType(width, width - 1)


def _sigmoid(x: Any) -> Any:
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def _softplus(x: Any) -> Any:
    return np.logaddexp(x, 0)


def _elu(x: Any, alpha: Any) -> Any:
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def _selu(x: Any, alpha: Any, gamma: Any) -> Any:
    return gamma * _elu(x, alpha)


def _celu(x: Any, alpha: Any) -> Any:
    return np.maximum(x, 0) + np.minimum(0, alpha * np.expm1(np.minimum(x, 0) / alpha))


@cache
def _erf_grid() -> Any:
    """The error function at every 1/1024 from 0 to 6."""
    return np.array([math.erf(k / 1024) for k in range(6 * 1024 + 2)])


def _erf(x: Any) -> Any:
    """By cubic interpolation with the known slope; right to 1e-13."""
    y, at = _erf_grid(), np.minimum(np.abs(x), 6) * 1024
    k = at.astype(np.int64)
    t = at - k
    a, b = (2 / math.sqrt(math.pi) * np.exp(-(n / 1024.0)**2) / 1024 for n in (k, k + 1))
    step = y[k + 1] - y[k]
    bent = a * (1 - t) - b * t + step * (2 * t - 1)
    return np.sign(x) * (y[k] + step * t + t * (1 - t) * bent)


def _gelu(x: Any) -> Any:
    return 0.5 * x * (1 + _erf(x / math.sqrt(2)))


def _gelu_tanh(x: Any) -> Any:
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def _mish(x: Any) -> Any:
    return x * np.tanh(_softplus(x))


def _swish(x: Any, alpha: Any) -> Any:
    return x * _sigmoid(alpha * x)


def _shrink(x: Any, bias: Any, lambd: Any) -> Any:
    return np.where(x < -lambd, x + bias, np.where(x > lambd, x - bias, 0))


def _thresholded(x: Any, alpha: Any) -> Any:
    return np.where(x > alpha, x, 0)


def _positive(x: Any) -> Any:
    """Operands for functions that have no value at 0 and below: there they keep that of 2**-40."""
    return np.maximum(x, 2.0**-40)


def _reciprocal(x: Any) -> Any:
    return 1 / np.where(np.abs(x) < 2.0**-40, 2.0**-40, x)


def _power(x: Any, exponent: Any) -> Any:
    if exponent == np.rint(exponent):
        return np.power(_reciprocal(x), -exponent) if exponent < 0 else np.power(x, exponent)
    return np.power(_positive(x) if exponent < 0 else np.maximum(x, 0), exponent)


def _composite(x: Any, function: Any) -> Any:
    return function(x)


def _softsign(x: Any) -> Any:
    return x / (1 + np.abs(x))


def _hard_swish(x: Any) -> Any:
    return x * np.clip(x / 6 + 0.5, 0, 1)


#: By ONNX operator. Adding one adds the operator to the front end.
OPERATORS: dict[str, Function] = {
    "Sigmoid": Function(_sigmoid, 1, (0, 1)),
    "Tanh": Function(np.tanh, 1, (-1, 1)),
    "Softplus": Function(_softplus, 1),
    "Softsign": Function(_softsign, 1, (-1, 1)),
    "Elu": Function(_elu, 0, None, (("alpha", 1.0),)),
    "Selu": Function(_selu, 0, None, (("alpha", 1.67326319217681884765625),
                                      ("gamma", 1.05070102214813232421875))),
    "HardSwish": Function(_hard_swish),
    "Celu": Function(_celu, 1, None, (("alpha", 1.0),)),
    "Cos": Function(np.cos, 0, (-1, 1)),
    "Erf": Function(_erf, 1, (-1, 1)),
    "Exp": Function(lambda x: np.exp(np.minimum(x, 80)), 1),
    "Log": Function(lambda x: np.log(_positive(x)), 1),
    "Mish": Function(_mish),
    "Reciprocal": Function(_reciprocal),
    "Shrink": Function(_shrink, 0, None, (("bias", 0.0), ("lambd", 0.5))),
    "Sin": Function(np.sin, 0, (-1, 1)),
    "Sqrt": Function(lambda x: np.sqrt(np.maximum(x, 0)), 1),
    "Swish": Function(_swish, 0, None, (("alpha", 1.0),)),
    "ThresholdedRelu": Function(_thresholded, 0, None, (("alpha", 1.0),)),
}

#: Those, and what operators with operands or words for attributes come to.
FUNCTIONS: dict[str, Function] = OPERATORS | {
    "Gelu": Function(_gelu),
    "GeluTanh": Function(_gelu_tanh),
    "Power": Function(_power, 0, None, (("exponent", 2.0),)),
    "Composite": Function(_composite),
}
