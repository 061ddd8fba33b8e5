# SPDX-License-Identifier: Apache-2.0
"""Types for what a float model leaves open: from the configuration, or from calibration data."""

import math
from dataclasses import replace
from typing import Any

import numpy as np

from nnhw.config.config import AUTO, Config, LayerConfig
from nnhw.errors import ConfigError
from nnhw.frontends.functions import Function
from nnhw.frontends.kinds import words
from nnhw.frontends.value import Origin
from nnhw.numeric.types import FixedType, Overflow, Quantizer, Rounding

__all__ = ["Types", "auto_type"]

#: Width of every type that ``auto`` chooses.
AUTO_WIDTH = 16


def auto_type(values: Any, margin: int) -> Quantizer:
    """The 16-bit signed type with the fewest integer bits that hold ``values``, and ``margin``.

    >>> str(auto_type([-0.9, 3.5], 1).type)
    'fixed<16,4>'
    """
    peak = float(np.abs(np.asarray(values, dtype=np.float64)).max(initial=0.0))
    integer = math.frexp(peak)[1] + 1 + margin if peak else 1 + margin
    return Quantizer(FixedType(AUTO_WIDTH, AUTO_WIDTH - integer))


class Types:
    """Answers which type a layer's coefficients and results get.

    Parameters
    ----------
    config : Config
        The user's choices.

    Members
    -------
    chosen : dict of str to Quantizer
        Types that ``auto`` chose from calibration data, by the name of the layer.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self.chosen: dict[str, Quantizer] = {}

    def resolved(self) -> Config:
        """The configuration with every type that ``auto`` chose, so that it needs no data again."""
        layers = dict(self.config.layers)
        for name, to in self.chosen.items():
            layers[name] = replace(layers.get(name, LayerConfig()), auto=to)
        return replace(self.config, layers=layers)

    def choice(self, *origins: Origin) -> LayerConfig:
        """What the configuration says of a layer made of these nodes; the last one weighs most."""
        layers = [self.config.layers[name] for origin in reversed(origins)
                  for name in dict.fromkeys((origin.name, *origin.aliases))
                  if name in self.config.layers]
        kinds = {key.lower(): value for key, value in self.config.kinds.items()}
        layers += [kinds[word] for origin in reversed(origins) for word in words(origin.kind)
                   if word in kinds]
        merged: dict[str, Any] = {}
        for layer in layers:
            for key, value in vars(layer).items():
                if value is not None:
                    merged.setdefault(key, value)
        return LayerConfig(**merged)

    @property
    def width(self) -> int:
        """Bits of the default precision."""
        precision = self.config.precision
        return AUTO_WIDTH if isinstance(precision, str) else precision.type.width

    def weight(self, values: Any, *origins: Origin) -> Quantizer:
        """Type of float weights."""
        chosen = self.choice(*origins).weight
        if chosen is not None:
            return chosen
        if not isinstance(self.config.precision, str):
            # Coefficients are rounded once, here: nearest and saturating loses least.
            return Quantizer(self.config.precision.type, Rounding.HALF_EVEN, Overflow.SATURATE)
        return auto_type(values, 0)

    def result(self, sample: Any, *origins: Origin, function: Function | None = None) -> Quantizer:
        """Type of a layer's result."""
        chosen = self.choice(*origins).result
        if chosen is not None:
            return chosen
        bounded = function.result_type(self.width) if function is not None else None
        if bounded is not None:
            return Quantizer(bounded)
        precision = self.config.precision
        if not isinstance(precision, str):
            return precision
        assert precision == AUTO, precision
        name = origins[-1].name if origins else "model"
        settled = self.choice(*origins[-1:]).auto
        if settled is not None:
            return settled
        if sample is None:
            raise ConfigError(f"{name}: precision 'auto' needs calibration data, an array of "
                              "inputs with the batch first; or give a type such as 'fixed<16,6>'")
        # A layer that is asked for twice keeps its first type: a configuration can only hold one.
        return self.chosen.setdefault(name, auto_type(sample, 1))
