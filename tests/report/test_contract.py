# SPDX-License-Identifier: Apache-2.0
import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

import nnhw
from nnhw.errors import ModelError
from nnhw.report.contract import SCHEMA, read_report
from nnhw.report.html import render_html
from nnhw.report.support import markdown
from nnhw.report.tables import estimate_text, layer_rows

ROOT = Path(__file__).parents[2]
TOP = {"version", "model", "target", "clock_mhz", "latency_cycles", "interval_cycles", "io",
       "inputs", "outputs", "layers", "estimate", "verify", "synth", "build_seconds"}
LAYER = {"name", "op", "input_shape", "output_shape", "type", "reuse", "interval", "latency",
         "multipliers", "utilisation", "limits", "weight_bits", "estimate"}
VERIFY = {"samples", "rtl_mismatches", "hls_mismatches", "latency_cycles_measured",
          "interval_cycles_measured"}


@pytest.fixture
def report(small_build):
    return read_report(small_build)


def test_the_contract_is_kept(report):
    assert set(report) >= TOP and report["schema"] == SCHEMA
    assert report["version"] == nnhw.__version__
    assert set(report["verify"]) >= VERIFY
    assert set(report["build_seconds"]) == {"load", "lower", "rtl", "hls"}
    assert report["inputs"] == [{"name": "x", "shape": [6], "type": "fixed<6,2>"}]
    for layer in report["layers"]:
        assert set(layer) == LAYER and set(layer["estimate"]) == {
            "lut", "ff", "dsp", "bram", "carry"}


def test_what_is_unknown_is_null(report):
    assert all(report["verify"][key] is None for key in VERIFY)
    assert report["synth"] == [] and report["build_seconds"]["load"] is None


def test_every_figure_is_documented(report):
    page = (ROOT / "docs" / "report.md").read_text()
    for keys in (report, report["estimate"], report["verify"], report["layers"][0],
                 report["build_seconds"]):
        assert all(f"`{key}`" in page for key in keys), keys


class _Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.links, self.text = [], []

    def handle_starttag(self, tag, attrs):
        self.links += [value for key, value in attrs if key in ("src", "href")]

    def handle_data(self, data):
        self.text.append(data)


def test_the_page_needs_nothing_else(report):
    page = _Page()
    report["notes"].append("a note with <b>markup</b>")
    page.feed(render_html(report))
    text = " ".join(page.text)
    assert page.links == []
    assert "hidden" in text and "a note with <b>markup</b>" in text and "Not verified yet" in text


def test_the_page_shows_a_verification(report):
    report["verify"] |= {"samples": 8, "rtl_mismatches": 0, "accuracy": 0.5}
    assert "Every output word is equal." in render_html(report)
    report["verify"]["rtl_mismatches"] = 1
    assert "Engines differ." in render_html(report)


def test_a_newer_schema_is_refused(small_build, report):
    report["schema"] = SCHEMA + 1
    (small_build / "report.json").write_text(json.dumps(report))
    with pytest.raises(ModelError, match="of a newer nnhw"):
        read_report(small_build)


def test_the_support_matrix_is_up_to_date():
    assert (ROOT / "docs" / "support.md").read_text() == markdown(), (
        "run python docs/make_support.py")


def test_estimates_are_of_layers_and_of_the_whole(report):
    whole = report["estimate"]
    assert whole["lut"] > 0 and whole["ff"] > 0 and None not in whole.values()
    parts = [layer["estimate"]["ff"] for layer in report["layers"]]
    assert sum(part or 0 for part in parts) <= whole["ff"]
    assert f"estimate for {report['target']}: {whole['lut']:,} LUT" in estimate_text(report)
    assert "FF, estimated" in render_html(report)


def test_a_report_of_before_estimates_still_shows(report):
    del report["estimate"]
    for layer in report["layers"]:
        layer["estimate"] = dict.fromkeys(("lut", "ff", "dsp", "bram"))
    assert estimate_text(report) == "" and layer_rows(report)[0][-1] == "-"
