# SPDX-License-Identifier: Apache-2.0
import gzip
import json

import numpy as np
import pytest

import nnhw
from nnhw import frontends, golden
from nnhw.errors import ModelError, NNHWError, UnsupportedError
from nnhw.frontends.alir_records import NAMES
from tests.frontends.alir_programs import meaning, random_inputs, sketch, write

VERSIONS = (0, 2, 4)


def saved(made, path):
    path.write_text(json.dumps(write(made)), encoding="utf-8")
    return path


def outputs(path, x):
    graph = frontends.load(path)
    port, = graph.inputs
    codes = golden.run(graph, {port.name: port.encode(x)})
    return graph.outputs[0].decode(codes[graph.outputs[0].name])


@pytest.mark.parametrize("version", VERSIONS)
def test_operations_mean_what_the_format_says(version, tmp_path):
    met = set()
    for seed in range(12):
        made = sketch(seed, version)
        met |= {line.opcode for line in made.lines}
        x = random_inputs(made, 40, seed)
        expected = [[float(value) for value in meaning(made, sample)] for sample in x]
        assert outputs(saved(made, tmp_path / "one.json"), x).tolist() == expected, seed
    assert met == {k for k in NAMES if version or k not in (-2, 11)} - {11 if version < 4 else 99}


@pytest.mark.slow
def test_programs_equal_da4ml_itself(tmp_path):
    types = pytest.importorskip("da4ml.types")
    for seed in range(150):
        made = sketch(seed, 0, steps=40)
        path, x = saved(made, tmp_path / "one.json"), random_inputs(made, 2000, seed)
        assert np.array_equal(outputs(path, x), types.CombLogic.load(path).predict(x, 1)), seed


@pytest.mark.slow
@pytest.mark.parametrize("version", [2, 4])
def test_programs_equal_alkaid_itself(version, tmp_path):
    types = pytest.importorskip("alkaid.types")
    for seed in range(150):
        made = sketch(seed, version, steps=40)
        path, x = saved(made, tmp_path / "one.json"), random_inputs(made, 2000, seed)
        assert np.array_equal(outputs(path, x), types.CombLogic.load(path).predict(x, 1)), seed


def test_versions_3_and_4_differ_in_the_shift_of_quantizations(tmp_path):
    made = sketch(1, 2)
    x = random_inputs(made, 50)
    expected = outputs(saved(made, tmp_path / "two.json"), x)
    for version in (3, 4):
        made.version = version
        again = outputs(saved(made, tmp_path / "again.json"), x)
        assert np.array_equal(again, expected)


def traced():
    """A network with every layer that da4ml's tracer has, by its own example."""
    trace = pytest.importorskip("da4ml.trace")
    from da4ml.converter.example import operation

    entries = trace.FixedVariableArrayInput((4, 5))
    return trace, trace.comb_trace(entries, operation(entries))


def test_a_network_of_da4ml_and_its_pipeline(tmp_path):
    trace, logic = traced()
    x = np.random.default_rng(0).normal(0, 80, (3000, 20)).astype(np.float32)
    expected = logic.predict(x, 1)
    logic.save(tmp_path / "net.json")
    assert np.array_equal(outputs(tmp_path / "net.json", x), expected)
    trace.to_pipeline(logic, 3, verbose=False).save(tmp_path / "staged.json")
    assert np.array_equal(outputs(tmp_path / "staged.json", x), expected)
    names = [name for name, kind, _ in frontends.describe(tmp_path / "staged.json")]
    assert len(names) > 1 and names[0] == "stage_0"


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_all_engines_equal_the_program(version, tmp_path):
    made = sketch(5, version, steps=60)
    x = random_inputs(made, 3000, 5)
    model = nnhw.compile(saved(made, tmp_path / "one.json"))
    expected = [[float(value) for value in meaning(made, sample)] for sample in x]
    model.write(tmp_path / "build")
    for engine in ("golden", "rtl", "hls"):
        assert model.predict(x, engine=engine).tolist() == expected, engine


def test_gzipped_files_are_known_by_their_contents(tmp_path):
    made = sketch(2, 4)
    x = random_inputs(made, 20)
    expected = outputs(saved(made, tmp_path / "plain.json"), x)
    (tmp_path / "packed.bin").write_bytes(gzip.compress((tmp_path / "plain.json").read_bytes()))
    assert np.array_equal(outputs(tmp_path / "packed.bin", x), expected)
    assert frontends.load(tmp_path / "plain.json").name == "plain"


def test_the_name_of_dais_is_known_too(tmp_path):
    made = sketch(3, 2)
    x = random_inputs(made, 20)
    data = write(made)
    path = tmp_path / "one.json"
    path.write_text(json.dumps(data | {"meta": "DAISModel"}), encoding="utf-8")
    got = outputs(path, x)
    assert np.array_equal(got, outputs(saved(made, path), x))


def line(**changes):
    """A program that adds an input to itself, in version 4, and what is changed in it."""
    parts = {"shape": [1, 1], "shifts": [0], "outputs": [1], "records": [
        [[], -1, [0], [-4.0, 3.0, 1.0], 0, 0], [[0, 0], 0, [0], [-8.0, 6.0, 1.0], 0, 0]],
        "tables": None, "version": 4} | changes
    model = [parts["shape"], parts["shifts"], parts["outputs"], [0], [False], parts["records"], -1,
             -1, parts["tables"]]
    return {"model": model, "meta": "ALIRModel", "spec_version": parts["version"]}


def second(*record):
    """Changes that make ``record`` the second operation."""
    ends = [-8.0, 7.0, 1.0]
    return {"records": [[[], -1, [0], [-4.0, 3.0, 1.0], 0, 0], [*record, ends, 0, 0][:6]]}


@pytest.mark.parametrize(("changes", "message"), [
    ({"version": 7}, "version 7 of ALIR is not supported; versions 2, 3, 4 are"),
    (second([0], 99, []), "operation 1 has the code 99, which is not supported; codes -2 to 11"),
    (second([0], 9, [5]), r"operation 1 \(bitwise of one\) of kind 5 is not supported"),
    (second([0, 0], 10, [0, 3]), r"operation 1 \(bitwise of two\) of kind 3 is not supported"),
    (second([0, 0], 11, [1, 0]), "each operand needs two"),
    (second([0], 0, [0]), r"operation 1 \(addition\) has 1 operands and 1 numbers"),
    (second([1], 2, []), "operation 1 reads one that does not stand before it"),
    (second([], -1, [3]), "operation 1 reads input 3 of 1"),
    (second([0], 8, [0]), "operation 1 reads table 0 of 0"),
    (second([0, 0], 0, [9999]), "shifts by 9999 bits"),
    (second([0], 2, [], [0.0, 7.0, 0.75]), "in steps of 0.75"),
    (second([0], 2, [], [0.0, 7.0]), "damaged or none of da4ml's or alkaid's"),
    ({"outputs": [2]}, "an output shows an operation that is not there"),
    ({"shape": [2, 1]}, "2 inputs and 1 outputs, but 1 and 1 are described"),
    ({"shape": [1]}, "damaged or none of da4ml's or alkaid's"),
    ({"tables": [{"table": [], "spec": {"out_qint": {"step": 1.0}}}]}, "a table is empty"),
    ({"tables": [{"table": [1]}]}, "damaged or none of da4ml's or alkaid's"),
    ({"records": [[[], -1, [0], [0.0, 2.0**70, 1.0], 0, 0], [[0], -2, [], [0.0, 0.0, 1.0], 0, 0]]},
     "need 70 bits; at most 60 are supported"),
])
def test_what_is_wrong_is_said_in_one_sentence(changes, message, tmp_path):
    path = tmp_path / "one.json"
    path.write_text(json.dumps(line(**changes)), encoding="utf-8")
    with pytest.raises(NNHWError, match=message) as caught:
        frontends.load(path)
    assert str(caught.value).startswith(f"{path}: ") and "\n" not in str(caught.value)


@pytest.mark.parametrize("cut", [0.3, 0.98])
@pytest.mark.parametrize("pack", [False, True])
def test_truncated_files_are_refused(cut, pack, tmp_path):
    content = json.dumps(line()).encode()
    content = gzip.compress(content) if pack else content
    path = tmp_path / "one.json"
    path.write_bytes(content[:int(len(content) * cut)])
    with pytest.raises(ModelError, match=r"one\.json: not complete JSON"):
        frontends.load(path)


def test_what_is_only_called_json_is_refused(tmp_path):
    path = tmp_path / "one.json"
    path.write_bytes(b"\x00\x01")
    with pytest.raises(ModelError, match="not complete JSON"):
        frontends.load(path)


def test_state_machines_are_refused_by_name(tmp_path):
    path = tmp_path / "fsm.json.gz"
    path.write_bytes(gzip.compress(b'{"meta": "ALIRFSM", "spec_version": 4, "fsm": {}}'))
    with pytest.raises(UnsupportedError, match=r"state machine .*comb\.json\.gz beside it"):
        frontends.load(path)


@pytest.mark.parametrize("content", ['{"class_name": "Sequential"}', "[]", "[1, 2]", "[[1], 2]"])
def test_other_json_is_no_program(content, tmp_path):
    path = tmp_path / "model.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match="JSON, but no program of da4ml or alkaid"):
        frontends.load(path)


def test_stages_must_fit_each_other(tmp_path):
    made = write(sketch(1, 0))
    path = tmp_path / "staged.json"
    path.write_text(json.dumps([[made, made]]), encoding="utf-8")
    with pytest.raises(UnsupportedError, match="stage_1 has 4 inputs, but the stage before it has"):
        frontends.load(path)
