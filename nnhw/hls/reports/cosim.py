# SPDX-License-Identifier: Apache-2.0
"""``<top>_cosim.rpt``: latency and interval that C/RTL co-simulation measured.

Layout: AMD UG1399, "C/RTL Co-Simulation Report": a line for each language with status, latency
and interval, each as minimum, average and maximum; Vitis HLS appends the whole run's cycles.
"""

from nnhw.hls.reports.figures import Figures, number

__all__ = ["read_cosim"]


def read_cosim(text: str) -> Figures:
    """Figures of the Verilog simulation, the worst of each.

    Raises
    ------
    ValueError
        If this is no such report.
    """
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if cells[0] == "Verilog" and len(cells) >= 8:
            return Figures("co-simulation", latency_cycles=number(cells[4]),
                           interval_cycles=number(cells[7]), passed=_passed(cells[1]))
    raise ValueError("is no co-simulation report: it has no line for Verilog")


def _passed(status: str) -> bool | None:
    return {"pass": True, "fail": False}.get(status.lower())
