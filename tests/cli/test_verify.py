# SPDX-License-Identifier: Apache-2.0
import json
import re

import numpy as np
import pytest

from nnhw.report.support import support_rows


def flip_constant(folder):
    """Flip the lowest bit of a constant in a pipeline's Verilog."""
    for path in sorted((folder / "rtl").glob("*pipeline.v")):
        text = path.read_text()
        match = re.search(r"(\d+'s?h)([0-9a-f]+)", text)
        if match:
            wrong = f"{int(match[2], 16) ^ 1:x}"
            path.write_text(text[:match.start(2)] + wrong + text[match.end(2):])
            return
    raise AssertionError("no constant found")


@pytest.mark.slow
def test_a_build_verifies_until_a_bit_is_wrong(run, small_build):
    np.savez("d.npz", inputs=np.random.default_rng(0).normal(size=(30, 6)),
             labels=np.zeros(30, int), outputs=np.zeros((30, 3)))
    result = run("verify", small_build, "--data", "d.npz", "--stall")
    assert result.exit_code == 0, result.output
    assert "rtl: 0 mismatches in 90 words of 30 samples, with and without stalls" in result.stdout
    for text in (r"latency \d+ cycles, interval 2 cycles, measured", r"accuracy [\d.]+ % of 30",
                 r"agreement with the source model [\d.]+ %", r"passed\n$"):
        assert re.search(text, result.stdout)
    assert json.loads((small_build / "report.json").read_text())["verify"]["rtl_mismatches"] == 0

    flip_constant(small_build)
    result = run("verify", small_build, "--samples", "50")
    assert result.exit_code == 1 and result.stdout.endswith("FAILED\n")
    assert re.search(r"sample \d+, scores\[\d+\]: expected -?\d+, got -?\d+", result.stdout)
    assert json.loads((small_build / "report.json").read_text())["verify"]["rtl_mismatches"] > 0


@pytest.mark.slow
def test_no_compiler_is_named(shell, small_build):
    import sys
    result = shell("verify", small_build, PATH="/none:" + sys.exec_prefix)
    assert result.returncode == 2
    assert result.stderr.startswith("nnhw: g++ is not on PATH")
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(("args", "message"), [
    (["--engines", "golden,rlt"], "engine 'rlt' is unknown; did you mean rtl?"),
    (["--samples", "0"], "Invalid value for '--samples': 0 is not in the range x>=1."),
    (["--data", "none.npz"], "none.npz: cannot be read: No such file"),
    (["--data", "bad.npz"], "bad.npz: input x must have shape (batch, 6), not (2, 5)"),
])
def test_mistakes(refused, small_build, args, message):
    np.savez("bad.npz", inputs=np.zeros((2, 5)))
    assert message in refused("verify", small_build, *args)


def test_no_build_folder(refused, tmp_path):
    for command in ("verify", "report"):
        assert "is no nnhw build folder" in refused(command, tmp_path)


def test_report_shows_the_build(run, small_build):
    text = run("report", small_build).stdout
    assert "latency" in text and "hidden" in text and "not verified yet" in text
    figures = json.loads(run("report", small_build, "--json").stdout)
    assert figures == json.loads((small_build / "report.json").read_text())


def test_layers_lists_every_folder(run):
    text = run("layers").stdout
    assert all(re.search(rf"^{row[0]} ", text, re.MULTILINE) for row in support_rows())


def test_python_dash_m(shell):
    result = shell("nothing")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(
        "nnhw: command 'nothing' is unknown; known are bitstream, boards, build")


@pytest.mark.slow
def test_layers_names_the_first_that_differs(run, small_build):
    text = run("verify", small_build, "--samples", "20", "--layers").stdout
    assert "layers: all 3 equal in 220 words" in text
    flip_constant(small_build)
    result = run("verify", small_build, "--samples", "20", "--layers")
    assert result.exit_code == 1
    assert re.search(r"layers: hidden \(dense\) is the first of 3 to differ, in \d+ words: "
                     r"sample \d+, hidden\[\d\]: expected -?\d+, got -?\d+", result.stdout)
