# SPDX-License-Identifier: Apache-2.0
"""Registers that become those of blocks: which, and that the circuit stays what it was."""

import json
from dataclasses import replace

import numpy as np
import pytest

import nnhw
from nnhw.api.synth import job_of
from nnhw.boards.parts import DEFAULT_PART, PARTS
from nnhw.synth.absorb import absorb
from nnhw.synth.synthesize import synthesize
from tests.synth import ecp5_models, gowin_models
from tests.synth.netlists import assert_equals_golden

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
    moved = absorb(made, "ecp5")
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
    assert absorb(made, "ecp5") == 4
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


def vectors(kind, registers, operands, product, **more):
    """A product of wires 12 and 22, result 30, in a block whose ports are vectors."""
    wires = {operands[0]: [12, "0"], operands[1]: [22, "0"], product: [30, 99], **more}
    block = {"type": kind, "connections": wires, "parameters": {},
             "port_directions": {p: "output" if p == product else "input" for p in wires}}
    cells = {"block": block}
    for name, (cell, data, result, enable) in registers.items():
        pins = {"SB_DFFE": "CDQE", "DFFE": ("CLK", "D", "Q", "CE"),
                "FD1P3IX": ("CK", "D", "Q", "SP")}[cell]
        connections = dict(zip(pins, ([2], [data], [result], [enable]), strict=True))
        if cell == "FD1P3IX":
            connections["CD"] = [98]
        cells[name] = {"type": cell, "connections": connections, "parameters": {},
                       "port_directions": {p: "output" if p == "Q" else "input"
                                           for p in connections}}
    cells["low"] = {"type": "VLO", "connections": {"Z": [98]}, "parameters": {},
                    "port_directions": {"Z": "output"}}
    return {"modules": {"top": {"ports": {"y": {"bits": [40]}}, "cells": cells}}}


def test_gowin_blocks_have_one_enable():
    registers = {"a": ("DFFE", 10, 12, 3), "b": ("DFFE", 20, 22, 4), "p": ("DFFE", 30, 40, 4)}
    made = vectors("MULT9X9", registers, "AB", "DOUT", CE=[98], CLK=[98])
    assert absorb(made, "gowin") == 2
    cells = made["modules"]["top"]["cells"]
    assert set(cells) == {"block", "a", "low"}
    assert cells["block"]["parameters"] == {"OUT_REG": "1", "BREG": "1"}
    wires = cells["block"]["connections"]
    assert (wires["A"], wires["B"], wires["DOUT"]) == ([12, "0"], [20, "0"], [40, 99])
    assert (wires["CE"], wires["CLK"]) == ([4], [2])


def test_ice40_registers_are_held_by_an_inverter():
    registers = {"a": ("SB_DFFE", 10, 12, 3), "b": ("SB_DFFE", 20, 22, 3)}
    made = vectors("SB_MAC16", registers, "AB", "O", CLK=[2], AHOLD=["0"], BHOLD=["0"])
    assert absorb(made, "ice40") == 2
    cells = made["modules"]["top"]["cells"]
    (hold,) = cells["block"]["connections"]["AHOLD"]
    assert cells["block"]["connections"]["BHOLD"] == [hold]
    (inverter,) = (cell for cell in cells.values() if cell["type"] == "SB_LUT4")
    assert inverter["connections"]["O"] == [hold] and inverter["connections"]["I0"] == [3]
    assert cells["block"]["parameters"] == {"A_REG": "1", "B_REG": "1"}


@pytest.mark.parametrize(("clock", "moved"), [("x", 2), (7, 0)])
def test_nexus_blocks_have_one_clock(clock, moved):
    registers = {"a": ("FD1P3IX", 10, 12, 3), "p": ("FD1P3IX", 30, 40, 4)}
    made = vectors("MULT18X18", registers, "AB", "Z", CLK=[clock])
    assert absorb(made, "nexus") == moved
    wires = made["modules"]["top"]["cells"]["block"]["connections"]
    if moved:
        assert (wires["CEA"], wires["CEOUT"], wires["CLK"]) == ([3], [4], [2])


#: Family -> registers that its mapped netlist must have, models of blocks that Yosys has not.
SIMULATED = {
    "ecp5": (("OUTREG", "REG_INPUTA_CLK", "REG_OUTPUT_CLK"), ecp5_models.MODELS),
    "gowin": (('"OUT_REG": "1"',), gowin_models.MODELS),
    "ice40": (('"A_REG": "1"', '"TOPOUTPUT_SELECT": "01"'), ""),
    "nexus": (('"REGINPUTA": "REGISTER"', '"REGINPUTB": "REGISTER"', '"REGOUTPUT": "REGISTER"'),
              ""),
}


def net(inputs, hidden):
    """Two folded layers, in which multipliers share operands."""
    rng = np.random.default_rng(0)
    return nnhw.Sequential(
        nnhw.Input(inputs, "fixed<8,3>"),
        nnhw.Dense(rng.integers(-128, 128, (hidden, inputs)), name="hidden"),
        nnhw.ReLU(), nnhw.Quantize("ufixed<8,14>"),
        nnhw.Dense(rng.integers(-128, 128, (4, hidden)), name="scores"), name="net")


@pytest.mark.slow
@pytest.mark.parametrize(("target", "inputs", "reuse", "options"), [
    ("ecp5", 20, 120, ()), ("ice40", 12, 24, ()),
    # Yosys has no contents of their memory blocks.
    ("nexus", 12, 24, ("-nobram",)), ("gowin", 12, 24, ("-nobram",))])
def test_the_mapped_circuit_equals_golden(tmp_path, target, inputs, reuse, options):
    config = nnhw.Config(reuse=reuse, io="stream", target=target, clock_mhz=180.0)
    compiled = nnhw.compile(net(inputs, inputs + 4), config)
    compiled.write(tmp_path / "build")
    work = tmp_path / "synth"
    part = PARTS[DEFAULT_PART[target]]
    part = replace(part, dsp=100, yosys=(*part.yosys, *options))
    synthesize(job_of(tmp_path / "build", part, work))
    text = (work / "mapped.json").read_text(encoding="utf-8")
    registers, models = SIMULATED[target]
    for used in registers:
        assert used in text
    assert_equals_golden(compiled.graph, tmp_path / "build", work, target, models)
