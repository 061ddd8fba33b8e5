# SPDX-License-Identifier: Apache-2.0
import sys
from pathlib import Path

import pytest

from nnhw.boards.parts import PARTS
from nnhw.errors import ToolError
from nnhw.synth import nextpnr
from nnhw.synth.families import family

#: Fails with what it is told for every seed below that in ROUTES.
FAKE = """
import os, sys
seed = int(sys.argv[sys.argv.index("--seed") + 1])
if seed < int(os.environ["ROUTES"]):
    print("ERROR: " + os.environ["COMPLAINT"])
    raise SystemExit(1)
open(sys.argv[sys.argv.index("--report") + 1], "w").write(f'{{"seed": {seed}}}')
"""


@pytest.fixture
def placed(tmp_path, monkeypatch):
    """Runs the fake in a folder of its own; gives its report and what was told."""
    (tmp_path / "fake.py").write_text(FAKE)
    monkeypatch.setattr(nextpnr, "nextpnr_command",
                        lambda family: [sys.executable, str(tmp_path / "fake.py")])

    def run(routes: int, complaint: str) -> tuple[str, list[str]]:
        monkeypatch.setenv("ROUTES", str(routes))
        monkeypatch.setenv("COMPLAINT", complaint)
        told: list[str] = []
        report = nextpnr.place_and_route(
            family("nexus"), PARTS["lifcl-40"], tmp_path / "netlist.json", Path("placed.out"),
            mhz=50.0, told=told.append)
        return report.read_text(), told

    return run


NO_ROUTE = "Failed to route arc 0.0 of net 'clk', from X77/Y1/A to X49/Y0/B."


def test_other_seeds_are_tried_where_no_route_is_found(placed):
    assert placed(1, NO_ROUTE) == ('{"seed": 1}', [])
    assert placed(3, NO_ROUTE) == ('{"seed": 3}', [
        f"nextpnr-nexus: no routes, again with seed {seed}" for seed in (2, 3)])


def test_not_for_ever_and_not_for_other_errors(placed):
    with pytest.raises(ToolError, match="Failed to route arc"):
        placed(4, NO_ROUTE)
    with pytest.raises(ToolError, match="no such part"):
        placed(2, "no such part")
