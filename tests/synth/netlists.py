# SPDX-License-Identifier: Apache-2.0
"""Mapped netlists in simulation, cells with the contents that Yosys has for them."""

import re

import numpy as np

import nnhw
from nnhw.api.folder import load_interface
from nnhw.sim.verilator import Bulk
from nnhw.synth.yosys import run_yosys

__all__ = ["assert_equals_golden"]


def assert_equals_golden(graph, build, work, library, models=""):
    """Every word of ``work/mapped.json`` is golden's, with stalls and without.

    ``library`` is Yosys' folder of the family, ``models`` Verilog of cells that it has no contents
    for.
    """
    (work / "models.v").write_text(models, encoding="utf-8")
    modelled = re.findall(r"module (\w+)", models)
    run_yosys(["read_json mapped.json", "delete =A:blackbox",
               f"read_verilog -overwrite +/{library}/cells_sim.v",
               *(f"delete ={name}" for name in modelled), "read_verilog models.v",
               f"hierarchy -check -top {graph.name}", "proc", "flatten",
               "opt_clean", "write_verilog -noattr gates.v"], work)
    (port,) = graph.inputs
    x = np.random.default_rng(1).integers(*port.type.bounds, (40, *port.type.shape),
                                          endpoint=True)
    feed = {port.name: x}
    bulk = Bulk(load_interface(build), [work / "gates.v"], work / "sim")
    expected = nnhw.golden.run(graph, feed)
    for stall in (None, 1):
        found = bulk.run(feed, stall=stall).outputs
        assert found
        for name, values in found.items():
            assert np.array_equal(values, expected[name])
