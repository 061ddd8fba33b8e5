# SPDX-License-Identifier: Apache-2.0
"""Whether a circuit fits a part, and if not, what to change."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from nnhw.boards.base import Part
from nnhw.errors import NNHWError
from nnhw.synth.families import Family
from nnhw.synth.resources import Resources

__all__ = ["FitError", "Layer", "check_fit", "foreseen", "utilisation"]

_WORDS = {"lut": "LUTs", "ff": "flip-flops", "dsp": "multiplier blocks", "bram": "memory blocks"}


class FitError(NNHWError):
    """The circuit is too large for the part."""


@dataclass(frozen=True)
class Layer:
    """A layer's share of the circuit; ``reuse`` is None where it has no multipliers."""

    name: str
    used: Resources
    reuse: int | None = None


def utilisation(used: Resources, part: Part, family: Family) -> dict[str, float | None]:
    """Share of the part that is used, None for what it has none of and none is used."""
    need = _needed(used, family)
    have = {"lut": part.lut, "ff": part.ff, "dsp": part.dsp, "bram": part.bram}
    return {name: round(need[name] / have[name], 4) if have[name]
            else (None if not need[name] else math.inf) for name in have}


def _needed(used: Resources, family: Family) -> dict[str, float]:
    carry = family.carry_luts * float(used.carry)
    return {"lut": float(used.lut) + carry, "ff": float(used.ff), "dsp": float(used.dsp),
            "bram": float(used.bram)}


def foreseen(estimate: Mapping[str, float | None], part: Part, family: Family) -> str:
    """A warning where an estimate is more than the part has; empty where it is not, or unknown."""
    known = {kind: count for kind, count in estimate.items() if count is not None}
    if len(known) < len(estimate):
        return ""
    need = _needed(Resources(**known), family)
    have = {name: getattr(part, name) for name in need}
    over = [f"{need[name]:,.0f} {_WORDS[name]} of {have[name]:,}" for name in need
            if need[name] > have[name]]
    together = " and ".join(filter(None, [", ".join(over[:-1]), *over[-1:]]))
    return (f"{part.name} may be too small: by its estimate the network needs {together}"
            if over else "")


def check_fit(network: str, used: Resources, layers: Mapping[str, Layer], part: Part,
              family: Family, around: Resources | None = None) -> None:
    """Refuse a circuit that the part cannot hold.

    Raises
    ------
    FitError
        Says which layer is the largest, and about which reuse factor would fit.
    """
    around = around or Resources()
    for name, share in utilisation(used + around, part, family).items():
        if share is not None and share > 1:
            need = _needed(used + around, family)[name]
            have = getattr(part, name)
            raise FitError(f"{network} does not fit {part.name}: it needs {need:,.0f} "
                           f"{_WORDS[name]} of {have:,}; "
                           + _advice(name, need, have, layers, family))


def _advice(kind: str, need: float, have: float, layers: Mapping[str, Layer],
            family: Family) -> str:
    share = {name: _needed(layer.used, family)[kind] for name, layer in layers.items()}
    largest = max(share, key=lambda name: share[name])
    text = f"the largest layer is {largest} with {share[largest]:,.0f}"
    layer, room = layers[largest], have - (need - share[largest])
    if kind == "bram" or layer.reuse is None:
        return f"{text}; choose a larger part, or a smaller model"
    if room > 0:
        reuse = layer.reuse * 2 ** math.ceil(math.log2(share[largest] / room))
        return f"{text}: build with reuse {reuse} for it instead of {layer.reuse}"
    factor = 2 ** math.ceil(math.log2(need / have) or 1) if have else 2
    return (f"{text} at reuse {layer.reuse}: build with {factor} times the reuse factor in every "
            "layer")
