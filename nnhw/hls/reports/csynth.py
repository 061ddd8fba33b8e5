# SPDX-License-Identifier: Apache-2.0
"""``csynth.xml`` of Vivado HLS and Vitis HLS: estimates of C synthesis.

Layout: AMD UG1399, "C Synthesis Report"; element names are the same since Vivado HLS 2018, but
for ``DSP48E``, which is ``DSP`` from Vitis HLS 2020.2 on.
"""

from xml.etree import ElementTree

from nnhw.hls.reports.figures import Figures, number

__all__ = ["read_csynth"]


def read_csynth(text: str) -> Figures:
    """Figures of the top function.

    Raises
    ------
    ValueError
        If this is no such report.
    """
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise ValueError(f"is no csynth.xml: {error}") from error
    if root.tag != "profile" or root.find("PerformanceEstimates") is None:
        raise ValueError("is no csynth.xml: it has no PerformanceEstimates")
    latency = "PerformanceEstimates/SummaryOfOverallLatency/"
    area = "AreaEstimates/Resources/"
    version = (root.findtext("ReportVersion/Version") or "").strip()
    dsp = number(root.findtext(area + "DSP"))
    return Figures(
        source=" ".join(["C synthesis estimate", version]).strip(),
        latency_cycles=number(root.findtext(latency + "Worst-caseLatency")),
        interval_cycles=number(root.findtext(latency + "Interval-max")),
        lut=number(root.findtext(area + "LUT")),
        ff=number(root.findtext(area + "FF")),
        dsp=number(root.findtext(area + "DSP48E")) if dsp is None else dsp,
        bram=number(root.findtext(area + "BRAM_18K")),
        fmax_mhz=_fmax(root.findtext(
            "PerformanceEstimates/SummaryOfTimingAnalysis/EstimatedClockPeriod")),
    )


def _fmax(period: str | None) -> float | None:
    try:
        nanoseconds = float(period or "")
    except ValueError:
        return None
    return round(1000 / nanoseconds, 1) if nanoseconds > 0 else None
