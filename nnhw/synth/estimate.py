# SPDX-License-Identifier: Apache-2.0
"""What a design will take, before synthesis: counts of its parts, weighed as Yosys was seen to.

The weights in ``estimate.json`` are fitted by ``docs/fit_estimates.py``; docs/synthesis.md has the
errors. What no weights were fitted for is None.
"""

import json
import math
from collections import Counter
from importlib import resources
from typing import Any

__all__ = ["KINDS", "census", "estimate", "weigh"]

KINDS = ("lut", "ff", "dsp", "bram")
#: Kinds of steps that are logic, by what their size is.
_LOGIC = {"add": "add", "sum": "sum", "mux": "mux", "clip": "clip", "acc": "acc", "less": "less",
          "equal": "equal"}

Census = Counter[str]


def census(unit: Any) -> Census:
    """What a component of a design is made of: bits of logic, of registers, of memory."""
    found: Census = Counter(units=1)
    if not hasattr(unit, "pipeline"):
        name = type(unit).__name__.lower()
        bits = len(unit.i.payload.as_value())
        outputs = [getattr(unit, port) for port in ("o", "o0") if hasattr(unit, port)]
        found[f"{name}_in"] = bits
        found[f"{name}_out"] = sum(len(out.payload.as_value()) for out in outputs)
        return found
    pipeline = unit.pipeline
    program, plan = pipeline.program, pipeline.schedule
    last = plan.last_use(program)
    found["ranks"] = plan.depth
    for k in plan.live:
        step = program.steps[k]
        if step.kind.value != "const":
            found["delay"] += step.type.width * max(0, last[k] - plan.stage[k])
            _add_step(found, step, [program.steps[i].type.width for i in step.args])
    if getattr(unit, "replays", False):
        found["replay"] = 2 * len(unit.i.payload.as_value()) * unit.plan.blocks[0]
        found["replay_width"] = len(unit.i.payload.as_value())
    return found


def _add_step(found: Census, step: Any, widths: list[int]) -> None:
    kind, width = step.kind.value, step.type.width
    if kind == "mul":
        found["muls"] += 1
        found["mul_area"] += math.prod(widths)
        found["mul_bits"] += width
    elif kind == "table":
        words, wide = len(step.param.values), step.param.width
        way = "rom" if step.param.registered else "lookup"
        size = "deep" if words > 64 else "shallow"
        found[f"{way}_{size}_bits"] += words * wide
        found[f"{way}_{size}_width"] += wide
        found[f"{way}_{size}"] += 1
    elif kind in _LOGIC:
        found[_LOGIC[kind]] += max([width, *widths]) if kind in ("less", "equal") else width
        found[f"{kind}_steps"] += 1


def weigh(counts: Census, weights: dict[str, float]) -> float:
    """The weighted sum of a census."""
    return sum(weights.get(name, 0.0) * number for name, number in counts.items())


def estimate(design: Any, target: str) -> dict[str, dict[str, int | None]]:
    """LUT, FF, DSP and BRAM by the first layer of each component of a ``Design``.

    Layers that share a component's pipeline are within its first; families and components without
    weights are None.
    """
    text = (resources.files("nnhw.synth") / "estimate.json").read_text(encoding="utf-8")
    weights = json.loads(text).get(target)
    if weights is None:
        return {}
    found = {}
    for name, unit in design.stages.items():
        if hasattr(unit, "pipeline"):
            counts = census(unit)
            found[name] = {kind: round(weigh(counts, weights[kind])) if kind in weights else None
                           for kind in KINDS}
    return found
