# SPDX-License-Identifier: Apache-2.0
"""Fits nnhw/estimate/weights.json to Yosys over a spread of layers, and prints the table of errors.

    python docs/fit_estimates.py collect FILE [FAMILY ...] [--models FOLDER]
    python docs/fit_estimates.py fit FILE [--models FOLDER]

``collect`` synthesizes the spread of ``estimate_spread.py`` (some minutes a family) and appends to
FILE what each component became. Networks of FOLDER are of others; they are never fitted to.
Weights are fitted to the made-up networks, and the errors of these are of weights that have not
seen the network: each fifth is left out by turns.
"""

import argparse
import json
import tempfile
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
from estimate_spread import examples, networks, real
from scipy.optimize import nnls

import nnhw
from nnhw.api.build import build_design
from nnhw.api.synth import job_of
from nnhw.boards.parts import DEFAULT_PART, PARTS
from nnhw.estimate.census import census
from nnhw.estimate.estimate import KINDS, LUTS, weigh
from nnhw.estimate.fabric import FABRICS
from nnhw.synth.resources import cells_of, count
from nnhw.synth.synthesize import synthesize
from nnhw.synth.units import find_units, layer_of

RESULT = Path(__file__).parents[1] / "nnhw" / "estimate" / "weights.json"

#: LUTs (flip-flops) that a layer is taken to have at least when an error is put in relation.
FLOOR = 40
FOLDS = 5

#: What a LUT is thought to be worth where that is not 1.
SAID = {"late": 0, "tangled": 4.5}

#: Family -> another with the same LUTs, whose layers its weights are fitted to as well.
RELATIVES = {"xcup": "xc7"}

#: Counts that are what they are.
SURE = ("chain3", "memory", "select")


def cases(folder, models):
    """All networks: name, model, configuration without family, whether it is another's."""
    for name, model, choices in networks(folder):
        yield name, model, choices, False
    trained = [*examples(), *(real(models) if models else ())]
    for name, model, choices in trained:
        yield name, model, choices, True


def configured(choices, family):
    """A configuration for a family."""
    return nnhw.Config(**{"clock_mhz": 100.0, "target": family} | choices)


def collect(path, families, models):
    """Append what Yosys makes of each component of each network that is not there yet."""
    lines = path.read_text().splitlines() if path.exists() else []
    done = {(row["family"], row["network"]) for row in map(json.loads, lines)}
    with tempfile.TemporaryDirectory() as made:
        for name, model, choices, _ in cases(Path(made), models):
            for family in families:
                if (family, name) not in done:
                    row = {"family": family, "network": name,
                           "units": synthesized(model, configured(choices, family))}
                    with path.open("a") as file:
                        file.write(json.dumps(row) + "\n")
                    print(family, name, flush=True)


def synthesized(model, config):
    """Cells of each component, by name."""
    # A part without end, so that no circuit is mapped anew for want of multipliers.
    part = replace(PARTS[DEFAULT_PART[config.target]], dsp=10**6)
    with tempfile.TemporaryDirectory() as folder:
        build = Path(folder) / "build"
        nnhw.compile(model, config).write(build)
        job = job_of(build, part, build / "synth")
        synthesize(job)
        text = (job.work / "cells.json").read_text()
        modules = {plain(name): {plain(kind): n for kind, n in module["num_cells_by_type"].items()}
                   for name, module in json.loads(text[text.index("{"):])["modules"].items()}
        return [{"instance": unit.instance, "cells": cells_of(modules, unit.module)}
                for unit in find_units(job.sources, job.interface.top, list(job.layers))
                if unit.module in modules]


def plain(name):
    """A name without Yosys' mark of a public one."""
    return name.removeprefix("\\")


def layers(path, models):
    """Census and Yosys' count of each layer: dicts by family of lists."""
    found = defaultdict(list)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    with tempfile.TemporaryDirectory() as made:
        for name, model, choices, others in cases(Path(made), models):
            for row in rows:
                if row["network"] == name:
                    config = configured(choices, row["family"])
                    found[row["family"]] += of_network(row, model, config, others)
    return found


def of_network(row, model, config, others):
    """The same of a network's layers."""
    design = build_design(nnhw.compile(model, config).graph, config)
    units = {name.replace(".", "_"): unit for name, unit in design.netlist.units}
    kinds, parts = {node.name: node.op.kind for node in design.graph}, defaultdict(list)
    for used in row["units"]:
        counts = census(units[used["instance"]], config.target)
        parts[layer_of(used["instance"], list(kinds))].append(
            (counts, count(config.target, used["cells"])))
    return [{"network": row["network"], "layer": name, "others": others,
             "op": kinds.get(name, name),
             "census": None if any(c is None for c, _ in found) else {
                 key: sum(c[key] for c, _ in found) for key in (*LUTS, *KINDS)},
             "used": {kind: float(sum(getattr(used, kind) for _, used in found))
                      for kind in KINDS}}
            for name, found in parts.items()]


def fitted(rows):
    """Weights of LUTs by kind, none negative, with the least relative error."""
    counts = np.array([[row["census"][name] for name in LUTS] for row in rows], float)
    sure = counts[:, [name in SURE for name in LUTS]].sum(axis=1)
    counts[:, [name in SURE for name in LUTS]] = 0
    used = np.array([row["used"]["lut"] for row in rows]) - sure
    scale = 1 / np.maximum(used + sure, FLOOR)
    # As if something said of each kind what a LUT is; decides where the layers do not.
    pull = 0.3 * np.eye(len(LUTS))
    said = pull @ [SAID.get(name, 1) for name in LUTS]
    found, _ = nnls(np.vstack([counts * scale[:, None], pull]),
                    np.concatenate([used * scale, said]))
    return {name: round(float(w), 3) for name, w in zip(LUTS, found, strict=True)}


def fit(path, models):
    """Write the weights, print the errors."""
    result, worst, found = {}, [], layers(path, models)
    print("| family | layers | LUT: median, 9 of 10, largest | above 25 % | order kept "
          "| FF: exact, largest | DSP: exact | BRAM: exact | carry: median, 9 of 10 |")
    print("|---|---|---|---|---|---|---|---|---|")
    for family, rows in ((family, found[family]) for family in FABRICS if found[family]):
        known = [row for row in rows if row["census"] is not None]
        own = [row for row in known if not row["others"]]
        fit_to = own + [row for row in found[RELATIVES.get(family)]
                        if row["census"] is not None and not row["others"]]
        names = list(dict.fromkeys(row["network"] for row in fit_to))
        fold = {name: number % FOLDS for number, name in enumerate(names)}
        result[family] = fitted(fit_to)
        unseen = [fitted([row for row in fit_to if fold[row["network"]] != left_out])
                  for left_out in range(FOLDS)]
        for row in known:
            row["guess"] = weigh(row["census"], result[family] if row["others"]
                                 else unseen[fold[row["network"]]])
        for title, some in (("made up", own), ("of others", [r for r in known if r["others"]])):
            if some:
                print(line(family, title, some, worst))
    print(*(f"{error:.1%} {text}" for error, text in sorted(worst)[:-30:-1]), sep="\n")
    RESULT.write_text(json.dumps(
        {family: result[family] for family in FABRICS if family in result}, indent=1) + "\n")


def line(family, title, rows, worst):
    """A line of the table; errors of LUTs go into ``worst`` too."""
    pairs = {kind: [(float(row["guess"][kind]), row["used"][kind]) for row in rows]
             for kind in KINDS}
    wrong = {kind: [abs(guess - true) / max(true, FLOOR) for guess, true in pairs[kind]]
             for kind in KINDS}
    exact = {kind: sum(round(guess) == round(true) for guess, true in pairs[kind])
             for kind in KINDS}
    worst += [(error, f"{family} {row['network']} {row['layer']} {row['op']} {pair}")
              for error, row, pair in zip(wrong["lut"], rows, pairs["lut"], strict=True)]
    lut, carry = wrong["lut"], wrong["carry"]
    return " | ".join((
        f"| `{family}`", f"{len(rows)} {title}",
        f"{np.median(lut):.1%}, {np.quantile(lut, 0.9):.1%}, {max(lut):.1%}",
        f"{sum(error > 0.25 for error in lut)}", f"{order_kept(pairs['lut']):.1%}",
        f"{exact['ff']}, {max(wrong['ff']):.1%}", f"{exact['dsp']}", f"{exact['bram']}",
        f"{np.median(carry):.1%}, {np.quantile(carry, 0.9):.1%} |"))


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
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("collect", "fit"))
    parser.add_argument("file", type=Path)
    parser.add_argument("families", nargs="*", default=list(FABRICS))
    parser.add_argument("--models", type=Path)
    given = parser.parse_args()
    if given.what == "collect":
        collect(given.file, given.families, given.models)
    else:
        fit(given.file, given.models)
