# SPDX-License-Identifier: Apache-2.0
"""The jet MLP 16-64-32-32-5 at 8 bits, folded, on ECP5: measured here, beside NNgen's figures.

    python benchmarks/ecp5_folded.py FOLDER [case ...]

FOLDER holds ``model.onnx`` and ``ref.npz`` (``input``, ``output``) of hls4ml's jet tagger. A case
is built, run in Verilator against golden on all inputs, mapped by Yosys, placed and routed by
nextpnr-ecp5 (LFE5U-85F, speed grade 6), with nothing changed by hand.

NNgen's figures are given, not measured here: NNgen 1.3.4 (int8, parallelism 1 and 4, without
softmax, which it does not have) with Yosys 0.70 and nextpnr-ecp5, from a run elsewhere; for
parallelism 4 no clock was given. Carry cells (CCU2C) are counted apart from LUT4 on both sides.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

import nnhw
from nnhw.api.synth import synthesize_folder

LAYERS = ("fc1_relu", "fc2_relu", "fc3_relu", "output_softmax")
#: 8 bits for everything that is stored or multiplied, each layer with its own binary point.
WEIGHTS = ("fixed<8,3>", "fixed<8,2>", "fixed<8,4>", "fixed<8,3>")
#: Case -> reuse factors, layers whose multipliers are made of LUTs, which of NNgen's it is held
#: against.
CASES = {
    "2 blocks": ((1024, 2048, 1024, 160), LAYERS[2:], 1),
    "4 blocks": ((1024, 2048, 1024, 160), (), 1),
    "16 blocks": ((256, 256, 256, 80), LAYERS[3:], 4),
}
COLUMNS = ("LUT4", "CCU2C", "FF", "MULT18X18D", "DP16KD", "latency", "interval", "MHz")
NNGEN = {1: (7170, 1300, 5899, 3, 14, 6305, None, 64.5),
         4: (9942, 2041, 14525, 24, 11, 2537, None, None)}


def config(case):
    """Choices of a case."""
    reuses, logic, _ = CASES[case]
    layers = {name: nnhw.LayerConfig(
        weight=weight, bias="fixed<8,1>", reuse=reuse,
        result=None if name == LAYERS[-1] else "ufixed<8,4>",
        multiplier="logic" if name in logic else None)
        for name, weight, reuse in zip(LAYERS, WEIGHTS, reuses, strict=True)}
    return nnhw.Config(precision="fixed<8,4>", io="stream", target="ecp5", clock_mhz=185.0,
                       layers=layers)


def measured(folder, case):
    """Figures of a case, and the share of inputs that it puts into the source model's class."""
    data = np.load(folder / "ref.npz")
    compiled = nnhw.compile(folder / "model.onnx", config(case), data["input"])
    with tempfile.TemporaryDirectory() as work:
        build = Path(work) / "build"
        compiled.write(build)
        checked = compiled.verify(data["input"], stall=1)
        assert checked.passed, checked
        result = synthesize_folder(build, placed=True)
    agreement = np.mean(compiled.predict(data["input"]).argmax(1) == data["output"].argmax(1))
    used = result.used.figures()
    return (*(used[kind] for kind in ("lut", "carry", "ff", "dsp", "bram")),
            checked.latency, checked.interval, result.timing.fmax_mhz), agreement


def main():
    """Entry point."""
    folder, *cases = sys.argv[1:]
    print("| | " + " | ".join(COLUMNS) + " |\n|" + "---|" * (len(COLUMNS) + 1))
    for case in cases or CASES:
        figures, agreement = measured(Path(folder), case)
        given = NNGEN[CASES[case][2]]
        ratios = ["-" if one is None else f"{own / one:.3f}"
                  for own, one in zip(figures, given, strict=True)]
        for name, row in ((f"nnhw, {case} ({agreement:.1%} agree)", figures),
                          (f"NNgen, parallelism {CASES[case][2]} (given)", given),
                          ("ratio", ratios)):
            print(f"| {name} | " + " | ".join("-" if v is None else str(v) for v in row) + " |",
                  flush=True)


if __name__ == "__main__":
    main()
