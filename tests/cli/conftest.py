# SPDX-License-Identifier: Apache-2.0
"""Running the command line in this process and in one of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from nnhw.cli import main

ROOT = Path(__file__).parents[2]
MODEL = """
import numpy as np
import nnhw
rng = np.random.default_rng(0)
model = nnhw.Sequential(
    nnhw.Input(6, "fixed<6,2>"),
    nnhw.Dense(rng.integers(-7, 8, (4, 6)), name="hidden"),
    nnhw.ReLU(),
    nnhw.Quantize("ufixed<5,3>"),
    nnhw.Dense(rng.integers(-7, 8, (3, 4)), name="scores"),
    name="small")
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs ``nnhw`` in an empty folder; returns click's result."""
    monkeypatch.chdir(tmp_path)
    return lambda *args: CliRunner().invoke(main, [str(arg) for arg in args])


@pytest.fixture
def refused(run):
    """Runs ``nnhw`` and returns its one sentence on stderr, for it must fail with status 2."""
    def call(*args):
        result = run(*args)
        assert result.exit_code == 2, (result.output, result.exception)
        assert result.stdout == ""
        lines = result.stderr.splitlines()
        assert len(lines) == 1 and lines[0].startswith("nnhw: "), result.stderr
        return lines[0].removeprefix("nnhw: ")
    return call


@pytest.fixture
def model(tmp_path):
    """A Python file that defines a small network."""
    path = tmp_path / "small.py"
    path.write_text(MODEL)
    return path


@pytest.fixture
def shell(tmp_path):
    """Runs ``python -m nnhw`` as a process."""
    def call(*args, **environment):
        return subprocess.run(
            [sys.executable, "-m", "nnhw", *map(str, args)], cwd=tmp_path, text=True,
            capture_output=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment})
    return call
