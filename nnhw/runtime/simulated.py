# SPDX-License-Identifier: Apache-2.0
"""A board that runs in Verilator, behind a pseudo-terminal: the same bytes as on the desk."""

import os
import pty
import subprocess
import tty
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from nnhw.sim.tools import find_verilator, require_compiler, run_tool

__all__ = ["build_board", "running_board"]

_VERILATE = ("--cc", "--prefix", "Vdesign", "-Wno-fatal", "-Wno-lint", "-Wno-style",
             "--no-timing", "--x-assign", "fast", "--x-initial", "fast", "--noassert")


def build_board(top: str, sources: Sequence[Path], work: Path) -> Path:
    """The program that simulates a board whose top module has pins clk, uart_rx and uart_tx.

    Raises
    ------
    ToolError
        If Verilator or a C++ compiler is missing, or refuses the sources.
    """
    verilator, compiler = find_verilator(), require_compiler()
    work.mkdir(parents=True, exist_ok=True)
    run_tool([str(verilator.binary), *_VERILATE, "-Mdir", str(work), "--top-module", top,
              *(str(source.resolve()) for source in sources)], work,
             VERILATOR_ROOT=str(verilator.root))
    harness = work / "line.cpp"
    harness.write_bytes((resources.files("nnhw.runtime") / "line.cpp").read_bytes())
    include = verilator.root / "include"
    units = [*sorted(work.glob("Vdesign*.cpp")), harness, include / "verilated.cpp",
             include / "verilated_threads.cpp"]
    program = work / "board"
    run_tool([compiler, "-std=c++20", "-O2", f"-I{include}", f"-I{work}", "-DVM_COVERAGE=0",
              "-DVM_SC=0", "-DVM_TIMING=0", "-DVM_TRACE=0", "-DVM_TRACE_FST=0", "-DVM_TRACE_VCD=0",
              "-DVM_TRACE_SAIF=0", *map(str, units), "-lpthread", "-o", str(program)], work)
    return program


@contextmanager
def running_board(program: Path, divisor: int) -> Iterator[str]:
    """Path of a pseudo-terminal at whose other end the board runs."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    try:
        with subprocess.Popen([str(program), str(divisor)], stdin=master, stdout=master) as process:
            try:
                yield os.ttyname(slave)
            finally:
                process.terminate()
    finally:
        os.close(master)
        os.close(slave)
