# SPDX-License-Identifier: Apache-2.0
"""What a report may tell; None is unknown."""

from dataclasses import dataclass, fields

__all__ = ["Figures", "number"]


@dataclass(frozen=True)
class Figures:
    """Figures of one implementation, from one report.

    Parameters
    ----------
    source : str
        Which report of which tool.
    latency_cycles, interval_cycles : int or None
        The worst case, where a report names several.
    lut, ff, dsp : int or None
        Look-up tables, registers, DSP blocks.
    bram : int or None
        Block RAM in halves of 18 Kib.
    fmax_mhz : float or None
        From the slack or the estimated period.
    passed : bool or None
        Whether a simulation of the tool's own ended well.
    """

    source: str
    latency_cycles: int | None = None
    interval_cycles: int | None = None
    lut: int | None = None
    ff: int | None = None
    dsp: int | None = None
    bram: int | None = None
    fmax_mhz: float | None = None
    passed: bool | None = None

    @classmethod
    def names(cls) -> list[str]:
        """Names of the figures, without the source."""
        return [f.name for f in fields(cls) if f.name != "source"]


def number(text: str | None) -> int | None:
    """A whole number; None where a tool writes ``undef``, ``?``, ``-`` or nothing.

    >>> number(" 1,024 "), number("undef"), number("~5")
    (1024, None, None)
    """
    word = (text or "").strip().replace(",", "")
    return int(word) if word.lstrip("+").isdigit() else None
