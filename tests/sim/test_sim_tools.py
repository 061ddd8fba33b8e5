# SPDX-License-Identifier: Apache-2.0
import re
import subprocess
import sys

import pytest

from nnhw.errors import ToolError
from nnhw.sim import tools


def test_verilator_is_found_and_linked(tmp_path):
    verilator = tools.find_verilator()
    assert (verilator.root / "include" / "verilated.h").exists()
    environment = verilator.environment(tmp_path / "bin")
    assert environment["PATH"].startswith(str(tmp_path / "bin"))
    subprocess.run(["verilator", "--version"], env=environment, check=True, capture_output=True)


@pytest.mark.parametrize(("require", "message"), [
    (tools.require_compiler, "g++ is not on PATH; install it, on Debian with apt install g++"),
    (tools.require_make, "make is not on PATH; install it, on Debian with apt install make"),
])
def test_missing_tool_is_one_sentence(require, message, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match=f"^{re.escape(message)}$"):
        require()


def test_missing_verilator_is_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(tools.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ToolError, match=r"^Verilator is not installed; install it with"):
        tools.find_verilator()


def test_failing_tool_shows_its_error(tmp_path):
    program = "import sys; print('one'); sys.exit('Error: two')"
    with pytest.raises(ToolError, match=r"failed: Error: two$"):
        tools.run_tool([sys.executable, "-c", program], tmp_path)
