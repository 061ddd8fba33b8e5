# SPDX-License-Identifier: Apache-2.0
"""Shell and network of a board through Yosys, nextpnr and the packer."""

from collections.abc import Sequence
from pathlib import Path

from nnhw.boards.base import Board
from nnhw.errors import ToolError
from nnhw.synth.families import family
from nnhw.synth.nextpnr import nextpnr_command
from nnhw.synth.pack import pack, packer_command
from nnhw.synth.run import Progress
from nnhw.synth.synthesize import Job, Synthesis, fresh, map_netlist, route

__all__ = ["TimingError", "make_bitstream"]

#: Seeds of placement to try until the clock is reached.
_SEEDS = (1, 2, 3)


class TimingError(ToolError):
    """The circuit does not reach the clock of the board."""


def make_bitstream(job: Job, board: Board, top: str, verilog: str,
                   told: Progress) -> tuple[Path, Synthesis]:
    """Bitstream of a network in the shell ``verilog``, whose top module is ``top``.

    Parameters
    ----------
    job : Job
        The network; its part and clock are the board's.

    Returns
    -------
    Path, Synthesis
        The bitstream, which lies in ``job.work``, and the figures.

    Raises
    ------
    ToolError
        If a tool is missing or fails, or the clock is not reached.
    FitError
        If the part cannot hold it.
    """
    # Missing tools are told now, not after minutes of Yosys.
    nextpnr_command(family(board.part.family))
    packer_command(board)
    fresh(job.work)
    shell = job.work / f"{top}.v"
    shell.write_text(verilog, encoding="utf-8")
    result = map_netlist(job, (*job.sources, shell), top, placed=True, told=told)
    _reach_clock(job, board, result, _SEEDS, told)
    return pack(board, job.work / "placed.out", told), result


def _reach_clock(job: Job, board: Board, result: Synthesis, seeds: Sequence[int],
                 told: Progress) -> None:
    for seed in seeds:
        route(job, result, board.pins, told=told, seed=seed)
        assert result.timing is not None
        reached = result.timing.fmax_mhz
        if reached is None or reached >= job.mhz:
            return
    assert result.timing is not None
    path = result.timing.critical
    where = f" on the way from {path.start} to {path.end}" if path else ""
    raise TimingError(
        f"{job.interface.top} reaches {reached:g} MHz on {board.title}{where}, not the board's "
        f"{job.mhz:g}; build it with --target {board.part.family} --clock {1.5 * job.mhz:g}, or "
        "with a larger --reuse")
