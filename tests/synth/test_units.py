# SPDX-License-Identifier: Apache-2.0
"""Components of a written design and their layers."""

import pytest

import nnhw
from nnhw.api.folder import load_interface, sources
from nnhw.synth.units import PORTS, find_units, unit_of_cell
from tests.conftest import small_network


@pytest.mark.parametrize("ports", ["bare", "axi"])
def test_units_of_a_build(tmp_path, ports):
    nnhw.compile(small_network(), nnhw.Config(reuse=2, ports=ports)).write(tmp_path / "build")
    folder = tmp_path / "build"
    layers = ["hidden", "relu", "narrowed", "scores"]
    units = find_units(sources(folder), load_interface(folder).top, layers)
    found = {unit.instance: unit.layer for unit in units}
    assert found["hidden"] == "hidden"
    assert found["scores"] == "scores"
    assert set(found.values()) <= {*layers, PORTS}
    assert len(units[0].path) == (2 if ports == "axi" else 1)


def test_cells_are_found_by_name(tmp_path):
    (tmp_path / "a.v").write_text(
        "module net(clk);\n  net_one one (\n  );\n  net_two one_widen (\n  );\nendmodule\n"
        "module net_one(clk);\nendmodule\nmodule net_two(clk);\nendmodule\n")
    units = find_units([tmp_path / "a.v"], "net", ["one"])
    assert [unit.layer for unit in units] == ["one", "one"]
    for cell, instance in (("dut.one.pipeline.x", "one"), ("dut.one_widen.x_LUT4", "one_widen"),
                           ("$abc$1$auto$2", None), ("caught_FF", None)):
        unit = unit_of_cell(cell, units)
        assert (unit and unit.instance) == instance
