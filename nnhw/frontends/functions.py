# SPDX-License-Identifier: Apache-2.0
"""Unary functions of the source models that become lookup tables."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnhw.numeric.types import FixedType

__all__ = ["FUNCTIONS", "Function"]


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


def _softsign(x: Any) -> Any:
    return x / (1 + np.abs(x))


def _hard_swish(x: Any) -> Any:
    return x * np.clip(x / 6 + 0.5, 0, 1)


#: By ONNX operator. Adding one adds the operator to the front end.
FUNCTIONS: dict[str, Function] = {
    "Sigmoid": Function(_sigmoid, 1, (0, 1)),
    "Tanh": Function(np.tanh, 1, (-1, 1)),
    "Softplus": Function(_softplus, 1),
    "Softsign": Function(_softsign, 1, (-1, 1)),
    "Elu": Function(_elu, 0, None, (("alpha", 1.0),)),
    "Selu": Function(_selu, 0, None, (("alpha", 1.67326319217681884765625),
                                      ("gamma", 1.05070102214813232421875))),
    "HardSwish": Function(_hard_swish),
}
