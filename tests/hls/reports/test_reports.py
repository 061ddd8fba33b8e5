# SPDX-License-Identifier: Apache-2.0
import os

import pytest

from nnhw.errors import DataError
from nnhw.hls.reports import (
    Figures,
    find_reports,
    read_cosim,
    read_csynth,
    read_timing,
    read_utilization,
)
from tests.hls.reports.fixtures import COSIM, CSYNTH, TIMING, UTILIZATION


@pytest.mark.parametrize(("version", "dsp"), [("2019.2", "DSP48E"), ("2023.2", "DSP")])
def test_csynth(version, dsp):
    assert read_csynth(CSYNTH.format(version=version, dsp=dsp, latency=12)) == Figures(
        f"C synthesis estimate {version}", latency_cycles=12, interval_cycles=4, lut=2500,
        ff=1500, dsp=40, bram=6, fmax_mhz=250.0)


@pytest.mark.parametrize("word", ["undef", "?", ""])
def test_csynth_leaves_open_what_the_tool_leaves_open(word):
    found = read_csynth(CSYNTH.format(version="1", dsp="DSP", latency=word))
    assert found.latency_cycles is None and found.lut == 2500


def test_cosim():
    assert read_cosim(COSIM) == Figures("co-simulation", latency_cycles=13, interval_cycles=5,
                                        passed=True)
    with_totals = COSIM.replace("        5|\n", "        5|      900|\n")
    assert read_cosim(with_totals) == read_cosim(COSIM)
    failed = read_cosim(COSIM.replace("Pass", "Fail").replace("12", "NA").replace("13", "NA"))
    assert failed.passed is False and failed.latency_cycles is None


@pytest.mark.parametrize("family", ["CLB", "Slice"])
def test_utilization(family):
    assert read_utilization(UTILIZATION.format(family=family)) == Figures(
        "Vivado", lut=2100, ff=1300, dsp=32, bram=5)


@pytest.mark.parametrize(("slack", "fmax"), [(" 1.000", 250.0), ("-5.000", 100.0)])
def test_timing(slack, fmax):
    assert read_timing(TIMING.format(slack=slack)) == Figures("Vivado", fmax_mhz=fmax)


def test_timing_without_paths_is_unknown():
    assert read_timing(TIMING.format(slack="    NA")) == Figures("Vivado")


@pytest.mark.parametrize("read", [read_csynth, read_cosim, read_utilization, read_timing])
@pytest.mark.parametrize("text", ["", "<profile/>", "| a | b |"])
def test_other_files_are_refused(read, text):
    with pytest.raises(ValueError, match="is no "):
        read(text)


def test_reports_are_found_best_first(tmp_path):
    syn, sim = (tmp_path / "vitis_hls_prj/solution1" / name / "report" for name in ("syn", "sim"))
    for folder in (syn, sim, tmp_path / "vivado_reports"):
        folder.mkdir(parents=True)
    (syn / "csynth.xml").write_text(CSYNTH.format(version="1", dsp="DSP", latency=12))
    (sim / "net_cosim.rpt").write_text(COSIM)
    (tmp_path / "vivado_reports/hls_utilization.rpt").write_text(UTILIZATION.format(family="CLB"))
    found = find_reports(tmp_path)
    assert [one.source for one in found["hls"]] == [
        "Vivado", "co-simulation", "C synthesis estimate 1"]
    assert found["rtl"] == []


def test_the_newest_of_several_counts(tmp_path):
    for age, tool in enumerate(("vitis_hls_prj", "vivado_hls_prj")):
        path = tmp_path / tool / "solution1/syn/report/csynth.xml"
        path.parent.mkdir(parents=True)
        path.write_text(CSYNTH.format(version=tool, dsp="DSP", latency=12))
        os.utime(path, (1e9 + age, 1e9 + age))
    assert [one.source for one in find_reports(tmp_path)["hls"]] == [
        "C synthesis estimate vivado_hls_prj"]


def test_a_damaged_report_is_named(tmp_path):
    (tmp_path / "vivado_reports").mkdir()
    (tmp_path / "vivado_reports/rtl_timing.rpt").write_text("nothing")
    with pytest.raises(DataError, match=r"rtl_timing.rpt: is no timing summary"):
        find_reports(tmp_path)
