# SPDX-License-Identifier: Apache-2.0
"""Long runs of outside tools: logged to a file, with progress, their errors in one sentence."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from nnhw.errors import ToolError
from nnhw.synth.yosys import RUNNER

__all__ = ["Progress", "run_logged", "wheel_tool", "yosys_command"]

Progress = Callable[[str], None]

_ERROR = re.compile(r"^(ERROR|Error|error|terminate called)\b[: ]*(.*)")


def run_logged(command: Sequence[str], cwd: Path, log: Path, *, name: str,
               told: Progress = lambda step: None, step: str = r"(?!)") -> str:
    """Run a tool in ``cwd`` with everything it prints in ``log``; returns that text.

    Parameters
    ----------
    name : str
        Of the tool, for progress and errors.
    told : callable
        Gets ``name: step`` as steps begin.
    step : str
        Pattern of a line that begins a step; its first group names it.

    Raises
    ------
    ToolError
        If the tool fails; quotes its first line that speaks of an error.
    """
    begins, lines = re.compile(step), []
    with log.open("w", encoding="utf-8") as file, subprocess.Popen(
            list(command), cwd=cwd, text=True, errors="replace",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        for line in process.stdout:
            file.write(line)
            lines.append(line)
            if match := begins.search(line):
                told(f"{name}: {match[1]}")
    if process.returncode:
        raise ToolError(f"{name} failed: {_first_error(lines, process.returncode)}; "
                        f"its log is {log}")
    return "".join(lines)


def _first_error(lines: Sequence[str], status: int) -> str:
    for line in lines:
        if match := _ERROR.match(line.strip()):
            return match[2].strip().rstrip(".") or line.strip()
    return f"exit status {status}"


def yosys_command(commands: Sequence[str]) -> list[str]:
    """Command line that runs Yosys commands in a process of its own."""
    return [sys.executable, "-u", "-c", RUNNER, *commands]


def wheel_tool(module: str, function: str, program: str, wheel: str) -> list[str]:
    """Command line of a tool that a wheel brings, or of the program on PATH.

    Raises
    ------
    ToolError
        If there is neither.
    """
    if find_spec(module.split(".")[0]) is not None:
        argument = "sys.argv[1:]" if module.startswith("yowasp") else ""
        code = f"import sys; from {module} import {function} as f; sys.exit(f({argument}))"
        return [sys.executable, "-c", code]
    found = shutil.which(program)
    if found is None:
        raise ToolError(f"{program} is not installed; install it with pip install {wheel}")
    return [found]
