# SPDX-License-Identifier: Apache-2.0
import re

import pytest
from amaranth.hdl import Module, Signal

from nnhw.config.config import Config
from nnhw.hw.design import build
from nnhw.hw.verilog import convert
from tests.hw.support import mlp, residual

CONFIGS = [Config(), Config(reuse=4), Config(reuse=6, io="stream", ports="axi")]


def texts(graph, config, folder):
    return {path.name: path.read_bytes() for path in build(graph, config).write(folder)}


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("make", [mlp, residual])
def test_written_twice_is_the_same_and_tells_nothing_of_the_machine(make, config, tmp_path):
    first = texts(make(), config, tmp_path / "first")
    second = texts(make(), config, tmp_path / "elsewhere" / "second")
    assert first == second
    whole = b"".join(first.values()).decode("ascii")
    for leak in (str(tmp_path), "/work", "/tmp", "site-packages", ".py", "(* src", "Yosys"):
        assert leak not in whole


@pytest.mark.parametrize("config", CONFIGS)
def test_the_top_comes_first_and_every_instance_has_a_module(config, tmp_path):
    paths = build(residual(), config).write(tmp_path)
    assert paths[0].name == "residual.v"
    whole = "".join(path.read_text() for path in paths)
    modules = re.findall(r"^module (\S+)", whole, re.MULTILINE)
    assert len(set(modules)) == len(modules)
    from pyosys import libyosys

    libyosys.log_to_stream = None
    design = libyosys.Design()
    for path in paths:
        libyosys.run_pass(f"tee -q read_verilog {path}", design)
    for command in ("hierarchy -check -top residual", "proc", "check -assert"):
        libyosys.run_pass(f"tee -q {command}", design)


def test_names_of_layers_survive(tmp_path):
    build(residual(), Config(reuse=2)).write(tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert {"residual.v", "residual_first_pipeline.v", "residual_total_pipeline.v"} <= names


def test_ports_are_those_of_the_interface(tmp_path):
    for axi in (False, True):
        design = build(mlp(), Config(ports="axi" if axi else "bare"))
        top = design.write(tmp_path / str(axi))[0].read_text()
        ports = re.findall(r"^\s*(?:input|output) (?:\[\d+:0\] )?(\w+);", top.split("endmodule")[0],
                           re.MULTILINE)
        suffixes = ("tdata", "tvalid", "tready", "tlast") if axi else ("payload", "valid", "ready")
        clock = {"aclk", "aresetn"} if axi else {"clk", "rst"}
        layouts = (*design.interface.inputs, *design.interface.outputs)
        assert set(ports) == clock | {f"{p.name}_{s}" for p in layouts for s in suffixes}


def test_a_converted_module_bears_its_name():
    m, a, y = Module(), Signal(3, name="a"), Signal(3, name="y")
    m.d.sync += y.eq(a)
    text = convert(m, "three_bits", [a, y])
    assert re.search(r"^module three_bits\(", text, re.MULTILINE)
