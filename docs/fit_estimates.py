# SPDX-License-Identifier: Apache-2.0
"""Fits nnhw/synth/estimate.json to Yosys over a spread of layers, and prints the error table.

    python docs/fit_estimates.py collect FILE.json [FAMILY ...]
    python docs/fit_estimates.py fit FILE.json

``collect`` synthesizes the spread (some minutes a family). A sixth of the networks is left out of
the fit by turns, so the errors are of layers that the weights have not seen.
"""

import json
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.optimize import nnls

import nnhw
from nnhw.api.build import build_design
from nnhw.api.synth import job_of
from nnhw.boards.parts import DEFAULT_PART, PARTS
from nnhw.synth.estimate import KINDS, census, weigh
from nnhw.synth.synthesize import synthesize

RESULT = Path(__file__).parents[1] / "nnhw" / "synth" / "estimate.json"


def networks():
    """Pairs of dense layers of different sizes, widths and foldings."""
    rng = np.random.default_rng(0)
    for number in range(12):
        sizes = rng.choice([8, 12, 16, 24, 32], 3)
        bits, weight = int(rng.integers(4, 11)), int(rng.integers(3, 9))
        # At most some twenty multipliers a layer: Yosys is to be done in seconds.
        products = int(max(sizes[0] * sizes[1], sizes[1] * sizes[2]))
        reuse = 2 ** int(np.log2(products / rng.integers(2, 24)))
        reach = 1 << weight - 1
        model = nnhw.Sequential(
            nnhw.Input(int(sizes[0]), f"fixed<{bits},{bits}>"),
            nnhw.Dense(rng.integers(-reach, reach, (sizes[1], sizes[0])), name="a"),
            nnhw.ReLU(),
            nnhw.Quantize(f"ufixed<{bits},{bits + weight}>"),
            nnhw.Dense(rng.integers(-reach, reach, (sizes[2], sizes[1])), name="b"),
            name=f"n{number}")
        yield model, reuse, "stream" if number % 2 else "parallel"


def collect(path, families):
    """Census and Yosys' count of each layer."""
    rows = json.loads(path.read_text()) if path.exists() else []
    for family in families or ["ecp5", "ice40", "xc7"]:
        # A part without end, so that no circuit is mapped anew for want of multipliers.
        part = replace(PARTS[DEFAULT_PART[family]], dsp=10**6)
        for model, reuse, io in networks():
            config = nnhw.Config(reuse=reuse, io=io, target=family, clock_mhz=100.0)
            with tempfile.TemporaryDirectory() as folder:
                build = Path(folder) / "build"
                compiled = nnhw.compile(model, config)
                compiled.write(build)
                design = build_design(compiled.graph, config)
                used = synthesize(job_of(build, part, build / "synth")).layers
            # Converters between layers are accounted with the layer they feed.
            counts = {}
            for name, unit in design.netlist.units:
                layer = name.split("_")[0]
                counts[layer] = counts.get(layer, Counter()) + census(unit)
            for name in ("a", "b"):
                rows.append({"family": family, "layer": f"{model.name}.{name}",
                             "census": dict(counts[name]), "used": used[name].figures()})
            path.write_text(json.dumps(rows))
            print(family, rows[-1]["layer"], rows[-1]["used"], flush=True)


#: Counts that a kind of resource may depend on; few, for there are few layers.
FEATURES = {
    "lut": ("units", "add", "mux", "clip", "acc", "rom_shallow_bits", "rom_deep_bits",
            "replay", "narrow_in", "muls"),
    "ff": ("units", "delay", "mul_bits", "acc", "rom_shallow_width", "rom_deep_width",
           "replay_width", "ranks", "widen_out"),
    "dsp": ("muls",),
    "bram": ("rom_deep", "rom_deep_bits", "replay"),
}


def fitted(rows, kind):
    """Weights, none negative, with the least relative error."""
    names = FEATURES[kind]
    counts = np.array([[row["census"].get(name, 0) for name in names] for row in rows], float)
    used = np.array([row["used"][kind] for row in rows], float)
    scale = 1 / np.maximum(used, 10 if kind in ("lut", "ff") else 1)
    found, _ = nnls(counts * scale[:, None], used * scale)
    return {name: round(float(w), 6) for name, w in zip(names, found, strict=True) if w > 1e-6}


def errors(rows, kind, folds=6):
    """Guess and truth of each layer, by weights that have not seen it."""
    pairs = []
    for fold in range(folds):
        weights = fitted([r for k, r in enumerate(rows) if k // 2 % folds != fold], kind)
        pairs += [(weigh(row["census"], weights), row["used"][kind])
                  for k, row in enumerate(rows) if k // 2 % folds == fold]
    return pairs


def fit(path):
    """Write the weights, print the table of errors."""
    rows, result = json.loads(path.read_text()), {}
    print("| family | layers | kind | median error | largest | order kept |")
    print("|---|---|---|---|---|---|")
    for family in dict.fromkeys(row["family"] for row in rows):
        own = [row for row in rows if row["family"] == family]
        if len(own) < 12:
            continue
        result[family] = {}
        for kind in KINDS:
            pairs = errors(own, kind)
            result[family][kind] = fitted(own, kind)
            if kind in ("lut", "ff"):
                wrong = [abs(guess - true) / true for guess, true in pairs]
                print(f"| {family} | {len(own)} | {kind} | {np.median(wrong):.1%} | "
                      f"{max(wrong):.1%} | {order_kept(pairs):.1%} |")
            else:
                off = [abs(round(guess) - true) for guess, true in pairs]
                print(f"| {family} | {len(own)} | {kind} | {np.median(off):g} blocks | "
                      f"{max(off):g} blocks | {order_kept(pairs):.1%} |")
    RESULT.write_text(json.dumps(result, indent=1) + "\n")


def order_kept(pairs):
    """Share of pairs of layers of which the larger was guessed larger."""
    right = total = 0
    for k, (guess, true) in enumerate(pairs):
        for other_guess, other in pairs[:k]:
            if true != other:
                total += 1
                right += (guess > other_guess) == (true > other)
    return right / total if total else 1.0


if __name__ == "__main__":
    if sys.argv[1] == "collect":
        collect(Path(sys.argv[2]), sys.argv[3:])
    else:
        fit(Path(sys.argv[2]))
