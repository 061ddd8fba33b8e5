# SPDX-License-Identifier: Apache-2.0
import json

from click.testing import CliRunner

from nnhw.cli import main
from nnhw.hls.reports import Figures
from nnhw.report.compare import comparison, comparison_rows

REPORT = {
    "schema": 1, "model": "net", "target": "xcup", "clock_mhz": 200.0, "io": "parallel",
    "verify": {"samples": None, "rtl_mismatches": None, "hls_mismatches": None,
               "latency_cycles_measured": None, "interval_cycles_measured": None},
    "synth": [], "build_seconds": {"load": 1, "lower": 1, "rtl": 2.5, "hls": 0.25},
}
VERIFIED = REPORT | {"verify": {"samples": 256, "rtl_mismatches": 0, "hls_mismatches": 0,
                                "latency_cycles_measured": 9, "interval_cycles_measured": 1}}
SYNTH = {"target": "xcup", "tool": "yosys", "lut": 900, "ff": 80, "dsp": 0, "bram": None,
         "fmax_mhz": None}


def compare(report, vendor=None):
    return comparison(report, vendor or {}, {"rtl": 300, "hls": 200})


def table(found):
    return {row[0]: row[1:] for row in comparison_rows(found)}


def test_nothing_measured_is_null_and_names_the_tool():
    found = compare(REPORT)
    assert found["bits"] == {"samples": None, "rtl_mismatches": None, "hls_mismatches": None,
                             "equal": None}
    for side in ("rtl", "hls"):
        for key in ("latency_cycles", "interval_cycles", "lut", "ff", "dsp", "bram", "fmax_mhz"):
            assert found[side][key] is None and found[side]["sources"][key] is None
    assert table(found)["LUT"] == ["not measured (needs nnhw synth or Vivado)", "",
                                   "not measured (needs Vitis HLS)", ""]
    assert table(found)["latency, cycles"][::2] == [
        "not measured (needs nnhw verify)", "not measured (needs Vitis HLS)"]


def test_verification_and_generation():
    found = compare(VERIFIED)
    assert found["bits"]["equal"] is True
    assert (found["rtl"]["latency_cycles"], found["rtl"]["sources"]["latency_cycles"]) == (
        9, "Verilator")
    assert table(found)["equal to golden"] == ["every word, 256 samples", "Verilator",
                                               "every word, 256 samples", "g++"]
    assert table(found)["seconds to generate"] == ["2.5", "nnhw", "0.25", "nnhw"]
    assert table(found)["lines of code"] == ["300", "nnhw", "200", "nnhw"]


def test_one_engine_alone_proves_no_equality():
    half = VERIFIED | {"verify": VERIFIED["verify"] | {"hls_mismatches": None}}
    assert compare(half)["bits"]["equal"] is None
    wrong = VERIFIED | {"verify": VERIFIED["verify"] | {"hls_mismatches": None,
                                                        "rtl_mismatches": 3}}
    assert compare(wrong)["bits"]["equal"] is False
    assert table(compare(wrong))["equal to golden"][0] == "3 words differ, 256 samples"


def test_synthesis_of_the_target_and_zero_is_a_figure():
    found = compare(VERIFIED | {"synth": [SYNTH, SYNTH | {"target": "ecp5", "lut": 1}]})
    assert (found["rtl"]["lut"], found["rtl"]["dsp"], found["rtl"]["bram"]) == (900, 0, None)
    assert found["rtl"]["sources"]["lut"] == "yosys"


def test_vivado_outweighs_yosys_and_estimates():
    vendor = {"rtl": [Figures("Vivado", lut=500)],
              "hls": [Figures("Vivado", lut=700), Figures("C synthesis estimate", lut=2000, ff=9,
                                                          latency_cycles=11)]}
    found = compare(VERIFIED | {"synth": [SYNTH]}, vendor)
    assert found["rtl"]["lut"] == 500 and found["rtl"]["ff"] is None
    assert (found["hls"]["lut"], found["hls"]["ff"], found["hls"]["latency_cycles"]) == (700, 9, 11)
    assert found["hls"]["sources"]["ff"] == "C synthesis estimate"


def test_command(tmp_path):
    (tmp_path / "report.json").write_text(json.dumps(VERIFIED))
    (tmp_path / "rtl").mkdir()
    (tmp_path / "rtl/net.v").write_text("module net;\n\nendmodule\n")
    (tmp_path / "hls").mkdir()
    (tmp_path / "hls/net.cpp").write_text("void net() {}\n")
    (tmp_path / "hls/net_tb.cpp").write_text("int main() {}\n")
    done = CliRunner().invoke(main, ["compare", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "not measured (needs Vitis HLS)" in done.output and "every word" in done.output
    written = json.loads((tmp_path / "compare.json").read_text())
    assert (written["rtl"]["lines_of_code"], written["hls"]["lines_of_code"]) == (2, 1)
    done = CliRunner().invoke(main, ["compare", str(tmp_path), "--json"])
    assert json.loads(done.output) == written


def test_command_needs_a_build(tmp_path):
    done = CliRunner().invoke(main, ["compare", str(tmp_path)])
    assert done.exit_code == 2 and "no nnhw build folder" in done.output
