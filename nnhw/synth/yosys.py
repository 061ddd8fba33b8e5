# SPDX-License-Identifier: Apache-2.0
"""Yosys, run in a process of its own: its errors end the process that holds it."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from nnhw.errors import ToolError

__all__ = ["RUNNER", "run_yosys"]

#: Runs each argument as a command; errors of Yosys end the process.
RUNNER = """
import sys
from pyosys import libyosys
design = libyosys.Design()
for command in sys.argv[1:]:
    libyosys.run_pass(command, design)
"""


def run_yosys(commands: Sequence[str], work: Path) -> str:
    """Run Yosys commands in the folder ``work``; returns the log.

    Raises
    ------
    ToolError
        If Yosys reports an error; the message quotes its first line.
    """
    done = subprocess.run([sys.executable, "-c", RUNNER, *commands], cwd=work,
                          capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (done.stdout + done.stderr).splitlines()
        error = next((line for line in lines if line.startswith("ERROR")), lines[-1:] or "no log")
        raise ToolError(f"Yosys failed: {error}")
    return done.stdout
