# SPDX-License-Identifier: Apache-2.0
"""LUTs, flip-flops, multipliers and memory blocks of a design, by layer.

Counts come from ``census``; what Yosys makes of the LUTs among them is weighed by
``weights.json``, which ``docs/fit_estimates.py`` fits.
"""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any

from nnhw.estimate.census import Census, census
from nnhw.synth.units import layer_of

__all__ = ["KINDS", "LUTS", "Estimate", "by_layer", "total", "weigh"]

KINDS = ("lut", "ff", "dsp", "bram", "carry")

#: Kinds of LUTs that a census tells apart.
LUTS = ("logic", "window", "control", "chain", "chain3", "small", "compare", "table", "select",
        "memory", "product", "late", "tangled")

#: Number by kind; None is unknown.
Estimate = dict[str, int | float | None]


@cache
def _weights() -> dict[str, dict[str, float]]:
    text = (resources.files("nnhw.estimate") / "weights.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, float]] = json.loads(text)
    return found


def weigh(counts: Census, weights: Mapping[str, float]) -> Estimate:
    """A census as an estimate."""
    found: Estimate = {kind: counts[kind] for kind in KINDS}
    found["lut"] = sum(weights[name] * counts[name] for name in LUTS)
    return found


def by_layer(design: Any) -> dict[str, Estimate]:
    """Of each layer that a component of the design is named after; see ``layer_of``.

    Layers that share a pipeline are within its first one. What is not known is None: families and
    kinds of components without a model.
    """
    target, names = design.config.target, [node.name for node in design.graph]
    weights = _weights().get(target)
    found: dict[str, list[Estimate]] = {}
    for name, unit in design.netlist.units:
        counts = None if weights is None else census(unit, target)
        one: Estimate = dict.fromkeys(KINDS) if counts is None else weigh(counts, weights or {})
        found.setdefault(layer_of(name, names), []).append(one)
    return {name: total(parts) for name, parts in found.items()}


def total(parts: Iterable[Mapping[str, int | float | None]]) -> Estimate:
    """Their sum; None where one of them is."""
    parts, result = list(parts), {}
    for kind in KINDS:
        numbers = [part[kind] for part in parts]
        known = [number for number in numbers if number is not None]
        result[kind] = _whole(sum(known), kind) if len(known) == len(numbers) else None
    return result


def _whole(number: float, kind: str) -> int | float:
    """Blocks are counted in halves."""
    if kind in ("lut", "ff", "carry"):
        return round(number)
    return int(number) if number == int(number) else number
