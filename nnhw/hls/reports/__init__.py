# SPDX-License-Identifier: Apache-2.0
"""Vendors' reports, read: what they say of latency, interval, resources and clock."""

from collections.abc import Callable, Iterator
from pathlib import Path

from nnhw.errors import DataError
from nnhw.hls.reports.cosim import read_cosim
from nnhw.hls.reports.csynth import read_csynth
from nnhw.hls.reports.figures import Figures
from nnhw.hls.reports.vivado import read_timing, read_utilization

__all__ = ["Figures", "find_reports", "read_cosim", "read_csynth", "read_timing",
           "read_utilization"]

#: Best first: what was measured on the routed netlist weighs more than an estimate.
_READERS: tuple[tuple[str, str, Callable[[str], Figures]], ...] = (
    ("rtl", "vivado_reports/rtl_utilization.rpt", read_utilization),
    ("rtl", "vivado_reports/rtl_timing.rpt", read_timing),
    ("hls", "vivado_reports/hls_utilization.rpt", read_utilization),
    ("hls", "vivado_reports/hls_timing.rpt", read_timing),
    ("hls", "**/sim/report/*_cosim.rpt", read_cosim),
    ("hls", "**/syn/report/csynth.xml", read_csynth),
)


def find_reports(folder: Path) -> dict[str, list[Figures]]:
    """Figures of all reports under an HLS project, for ``rtl`` and ``hls``, best source first.

    Raises
    ------
    DataError
        If a report is there and cannot be understood.
    """
    found: dict[str, list[Figures]] = {"rtl": [], "hls": []}
    for side, pattern, read in _READERS:
        for path in _newest(folder, pattern):
            try:
                text = path.read_text(encoding="utf-8", errors="replace")
            except OSError as error:
                raise DataError(f"{path}: cannot be read: {error.strerror}") from error
            try:
                found[side].append(read(text))
            except ValueError as error:
                raise DataError(f"{path}: {error}") from error
    return found


def _newest(folder: Path, pattern: str) -> Iterator[Path]:
    """The report of a kind that was written last, if there is one."""
    paths = sorted(folder.glob(pattern), key=lambda path: (path.stat().st_mtime, path))
    yield from paths[-1:]
