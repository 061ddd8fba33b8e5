# SPDX-License-Identifier: Apache-2.0
"""Registers that become those of blocks: which, and that the circuit stays what it was."""

import json

import numpy as np
import pytest

import nnhw
from nnhw.api.folder import load_interface
from nnhw.api.synth import job_of
from nnhw.boards.parts import PARTS
from nnhw.sim.verilator import Bulk
from nnhw.synth.absorb import absorb
from nnhw.synth.synthesize import synthesize
from nnhw.synth.yosys import run_yosys
from tests.synth.ecp5_models import MODELS

INPUTS = [f"{port}{k}" for port in "AB" for k in range(18)]
OUTPUTS = [f"P{k}" for k in range(36)]


def register(data, result, enable="CE", reset="0"):
    wires = {"CLK": [2], "DI": [data], "Q": [result], "LSR": [reset], "CE": [3]}
    return {"type": "TRELLIS_FF", "connections": wires,
            "parameters": {"CLKMUX": "CLK", "CEMUX": enable, "REGSET": "RESET"},
            "port_directions": {port: "output" if port == "Q" else "input" for port in wires}}


def netlist(**registers):
    """A product of two 2-bit operands (wires 12, 13 and 22, 23; result 30, 31)."""
    wires = {port: ["0"] for port in INPUTS} | {p: [100 + k] for k, p in enumerate(OUTPUTS)}
    wires |= {"A0": [12], "A1": [13], "B0": [22], "B1": [23], "P0": [30], "P1": [31]}
    block = {"type": "MULT18X18D", "connections": wires, "parameters": {},
             "port_directions": {port: "output" if port in OUTPUTS else "input" for port in wires}}
    ports = {"y": {"bits": [40, 41, 50]}}
    return {"modules": {"top": {"ports": ports, "cells": {"block": block, **registers}}}}


A = {"a0": register(10, 12), "a1": register(11, 13)}
B = {"b0": register(20, 22), "b1": register(21, 23)}
P = {"p0": register(30, 40, "1 "), "p1": register(31, 41, "1 ")}


def absorbed(**registers):
    made = netlist(**json.loads(json.dumps(registers)))
    moved = absorb(made)
    return moved, made["modules"]["top"]["cells"]


def test_registers_on_all_sides():
    moved, cells = absorbed(**A, **B, **P)
    assert (moved, set(cells)) == (6, {"block"})
    wires, options = cells["block"]["connections"], cells["block"]["parameters"]
    assert [wires[p] for p in ("A0", "A1", "B0", "B1", "P0", "P1")] == [
        [10], [11], [20], [21], [40], [41]]
    assert (wires["CLK0"], wires["CE0"], wires["CE1"]) == ([2], ["1"], [3])
    assert [options[f"REG_{r}_CE"] for r in ("OUTPUT", "INPUTA", "INPUTB")] == [
        "CE0", "CE1", "CE1"]


def test_two_ranks_behind_a_product():
    later = {"q0": register(40, 60), "q1": register(41, 61)}
    made = netlist(**json.loads(json.dumps(P | later)))
    made["modules"]["top"]["ports"]["y"]["bits"] = [60, 61]
    assert absorb(made) == 4
    options = made["modules"]["top"]["cells"]["block"]["parameters"]
    assert (options["REG_PIPELINE_CE"], options["REG_OUTPUT_CE"]) == ("CE1", "CE0")


@pytest.mark.parametrize("registers", [
    {"p0": register(30, 40), "p1": register(31, 41, "1 ")},  # enables differ
    {"p0": register(30, 40, reset=9), "p1": register(31, 41, reset=9)},  # reset
    {"p0": register(30, 40)},  # the other bit is read as it is
    {**P, "more": register(30, 50)},  # two readers
    A,  # one operand only
], ids=["enables", "reset", "bare", "readers", "operand"])
def test_what_stays(registers):
    if "p1" not in registers and "p0" in registers:
        registers = registers | {"plain": register(31, 41, reset=9)}
    moved, cells = absorbed(**registers)
    assert moved == 0
    assert set(cells) == {"block", *registers}


def test_a_register_that_others_read_is_copied():
    moved, cells = absorbed(**A, **B, reader=register(12, 50))
    assert moved == 3
    assert set(cells) == {"block", "a0", "reader"}


@pytest.mark.slow
def test_the_mapped_circuit_equals_golden(tmp_path):
    rng = np.random.default_rng(0)
    model = nnhw.Sequential(
        nnhw.Input(20, "fixed<8,3>"),
        nnhw.Dense(rng.integers(-128, 128, (24, 20)), name="hidden"),
        nnhw.ReLU(), nnhw.Quantize("ufixed<8,14>"),
        nnhw.Dense(rng.integers(-128, 128, (5, 24)), name="scores"),
        nnhw.Softmax(), name="net")
    config = nnhw.Config(reuse=120, io="stream", target="ecp5", clock_mhz=180.0)
    compiled = nnhw.compile(model, config)
    compiled.write(tmp_path / "build")
    work = tmp_path / "synth"
    synthesize(job_of(tmp_path / "build", PARTS["lfe5u-25f"], work))
    text = (work / "mapped.json").read_text(encoding="utf-8")
    for used in ("OUTREG", "REG_INPUTA_CLK", "REG_OUTPUT_CLK"):
        assert used in text
    (work / "models.v").write_text(MODELS, encoding="utf-8")
    run_yosys(["read_json mapped.json", "delete =A:blackbox",
               "read_verilog -overwrite +/ecp5/cells_sim.v",
               "delete =DP16KD", "read_verilog models.v", "hierarchy -top net", "proc", "flatten",
               "opt_clean", "write_verilog -noattr gates.v"], work)
    graph = compiled.graph
    x = rng.integers(*graph.inputs[0].type.bounds, (40, 20), endpoint=True)
    feed = {graph.inputs[0].name: x}
    bulk = Bulk(load_interface(tmp_path / "build"), [work / "gates.v"], tmp_path / "sim")
    expected = nnhw.golden.run(graph, feed)
    for stall in (None, 1):
        found = bulk.run(feed, stall=stall).outputs
        for name, values in expected.items():
            if name in found:
                assert np.array_equal(found[name], values)
        assert set(found) <= set(expected)
