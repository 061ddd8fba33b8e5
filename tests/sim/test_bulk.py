# SPDX-License-Identifier: Apache-2.0
import re

import numpy as np
import pytest

from nnhw.errors import DataError, ToolError
from nnhw.sim.errors import SimulationError
from nnhw.sim.verify import compare
from nnhw.sim.verilator import Bulk

pytestmark = pytest.mark.slow
ALL = ["adder", "accumulate", "triple"]


@pytest.mark.parametrize("name", ALL)
def test_steady_run_is_right_and_keeps_its_timing(name, bulk, vectors):
    x, y = vectors(name, 200)
    result = bulk(name).run(x)
    assert compare(y, result.outputs).equal
    promised = bulk(name).interface
    assert (result.latency, result.interval) == (promised.latency, promised.interval)
    assert result.cycles == 200 * promised.interval + promised.latency


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", ALL)
def test_stalls_and_resets_change_no_word(name, seed, reset, bulk, vectors):
    x, y = vectors(name, 100)
    result = bulk(name).run(x, stall=seed, reset_in_frame=reset)
    assert compare(y, result.outputs).equal
    assert result.interval is None
    assert result.cycles > 120 * bulk(name).interface.interval


def test_the_same_seed_stalls_the_same(bulk, vectors):
    x, _ = vectors("adder", 100)
    cycles = [bulk("adder").run(x, stall=seed).cycles for seed in (1, 1, 2)]
    assert cycles[0] == cycles[1] != cycles[2]


def test_interval_needs_three_frames(bulk, vectors):
    x, _ = vectors("triple", 2)
    assert bulk("triple").run(x).interval is None


def test_integers_of_another_dtype_are_taken(bulk, vectors):
    x, y = vectors("adder", 5)
    result = bulk("adder").run({k: v.astype(np.int8) for k, v in x.items()})
    assert compare(y, result.outputs).equal


WRONG_BIT, LOSE_BEAT, DROP_VALID, CHANGE_PAYLOAD, HANG, REPEAT = range(-128, -122)


def with_fault(x, fault):
    a = x["a"].copy()
    a[50:, 0] = fault
    return {**x, "a": a}


def test_wrong_bit_is_found(bulk, vectors):
    x = with_fault(vectors("adder", 60)[0], WRONG_BIT)
    outcome = compare({"y": x["a"] + x["b__x"]}, bulk("adder").run(x).outputs)
    assert (outcome.mismatches, outcome.samples) == (10, 10)
    assert (outcome.first[0].sample, outcome.first[0].index) == (50, (0,))


@pytest.mark.parametrize(("fault", "message"), [
    (LOSE_BEAT, ("nothing moved for 300 cycles; input a has taken 100 of 100 beats; input b__x has "
                "taken 100 of 100 beats; output y owes frame 50, beat 0 of 1 (50 of 100 beats "
                "out), at cycle ")),
    (DROP_VALID, "output y drops valid while ready is low at frame 5"),
    (CHANGE_PAYLOAD, "output y changes its payload while ready is low at frame 5"),
    (HANG, ("nothing moved for 300 cycles; input a waits for ready at frame 51, beat 0 of 1 (51 of "
           "100 beats in)")),
    (REPEAT, "output y offers a beat too many after 100 of 100 beats"),
])
def test_faults_are_named(fault, message, bulk, vectors):
    x = with_fault(vectors("adder", 100)[0], fault)
    with pytest.raises(SimulationError, match="^" + re.escape(message)):
        bulk("adder").run(x, stall=3, patience=300)


def test_missing_tlast_is_named(bulk, vectors):
    x = vectors("triple", 20)[0]["x"].copy()
    x[7, 2] = -16
    with pytest.raises(SimulationError, match=r"^output y lacks tlast at frame 7, beat 1 of 2, at"):
        bulk("triple").run({"x": x})


def test_element_must_be_extended_to_its_bytes(bulk, vectors):
    x = vectors("triple", 20)[0]["x"].copy()
    x[3, 0] = -15
    outcome = compare({"y": 3 * x}, bulk("triple").run({"x": x}).outputs)
    assert [str(mismatch) for mismatch in outcome.first] == [
        "sample 3, y[0]: expected -45, got 19"]


@pytest.mark.parametrize(("change", "message"), [
    (lambda x: {"a": x["a"]}, "input b__x is missing; given are a"),
    (lambda x: {**x, "a": x["a"][:, :1]}, "input a must have shape (batch, 2), not (9, 1)"),
    (lambda x: {**x, "a": x["a"][:4]}, "inputs must have the same batch, not "),
    (lambda x: {**x, "a": x["a"] * 0 + 128}, "input a: mantissas must be -128 to 127, not 128"),
])
def test_wrong_inputs_are_refused(change, message, bulk, vectors):
    with pytest.raises(DataError, match=re.escape(message)):
        bulk("adder").run(change(vectors("adder", 9)[0]))


def test_is_built_again_only_after_a_change(interfaces, designs, tmp_path, bulk):
    bulk("adder")  # sets the cache
    source = tmp_path / "adder.v"
    source.write_text((designs / "adder.v").read_text())
    steps = []
    design = Bulk(interfaces["adder"], [source], tmp_path / "work")
    design.compile(steps.append)
    assert steps[0] == "verilate adder"
    assert steps[-1] == "link"
    steps.clear()
    Bulk(interfaces["adder"], [source], tmp_path / "work").compile(steps.append)
    assert steps == []
    source.write_text(source.read_text() + "\n// changed\n")
    design.compile(steps.append)
    assert steps


def test_bad_verilog_is_one_sentence(interfaces, tmp_path):
    source = tmp_path / "adder.v"
    source.write_text("module adder(input clk; endmodule\n")
    with pytest.raises(ToolError, match=r"^verilator_bin failed: %Error.*syntax error"):
        Bulk(interfaces["adder"], [source], tmp_path / "work").compile()


def test_progress_is_reported(bulk, vectors):
    seen = []
    x, _ = vectors("accumulate", 1000)
    many = {"x": np.tile(x["x"], (200, 1))}
    bulk("accumulate").run(many, stall=1, progress=lambda done, total: seen.append((done, total)))
    assert all(done <= total == 200_000 for done, total in seen)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
