# SPDX-License-Identifier: Apache-2.0
import re
from pathlib import Path

import numpy as np
import pytest

import nnhw
from nnhw.errors import ConfigError, DataError, ModelError, UnsupportedError

X = np.random.default_rng(1).normal(size=(40, 6))


@pytest.fixture
def compiled(network):
    return nnhw.compile(network, nnhw.Config(reuse=2))


def test_predict_gives_floats_or_mantissas(compiled):
    floats, mantissas = compiled.predict(X), compiled.predict(
        compiled.graph.inputs[0].encode(X), raw=True)
    assert floats.shape == (40, 3) and floats.dtype == np.float32
    assert np.array_equal(floats, compiled.graph.outputs[0].decode(mantissas))


@pytest.mark.slow
def test_rtl_predicts_the_same(compiled):
    assert np.array_equal(compiled.predict(X, "rtl"), compiled.predict(X))


def test_trace_names_every_tensor(compiled):
    floats, raw = compiled.trace(X), compiled.trace(
        compiled.graph.inputs[0].encode(X), raw=True)
    assert list(floats) == ["x", *(node.name for node in compiled.graph)]
    last = compiled.graph.outputs[0].tensor
    assert np.array_equal(floats[last].astype(np.float32), compiled.predict(X))
    assert raw[last].dtype == np.int64


def test_several_ports_come_by_name():
    a, b = nnhw.Input(2, "int<4>", "a"), nnhw.Input(2, "int<5>", "b")
    total = nnhw.add(a, b, name="sum")
    model = nnhw.compile(nnhw.Network([a, b], [total, nnhw.relu(total, name="up")]))
    y = model.predict({"a": np.full((1, 2), -3), "b": np.ones((1, 2))})
    assert y["sum"].tolist() == [[-2, -2]] and y["up"].tolist() == [[0, 0]]


def test_written_folder_reads_back(compiled, tmp_path):
    report = compiled.write(tmp_path / "b")
    again = nnhw.CompiledModel.read(tmp_path / "b")
    assert np.array_equal(again.predict(X), compiled.predict(X))
    assert again.report() == report
    assert again.config.reuse == 2


def test_report_without_a_folder_leaves_none(compiled, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    report = compiled.report()
    assert report["layers"][0]["reuse"] == 2
    assert list(tmp_path.iterdir()) == []


def test_verify_passes_and_is_recorded(compiled, tmp_path):
    compiled.write(tmp_path / "b")
    result = compiled.verify(samples=30, stall=1)
    assert result.passed and result.mismatches == {"rtl": 0} and result.samples == 30
    recorded = compiled.report()["verify"]
    assert recorded["rtl_mismatches"] == 0
    assert recorded["latency_cycles_measured"] == compiled.report()["latency_cycles"]
    assert recorded["interval_cycles_measured"] == compiled.report()["interval_cycles"]


def test_verify_scores_labels_and_outputs(compiled):
    y = compiled.predict(X)
    labels = y.argmax(axis=1)
    labels[:10] = (labels[:10] + 1) % 3
    result = compiled.verify(nnhw.DataSet(X, y + 1, labels), ["golden"])
    assert (result.accuracy, result.agreement, result.difference) == (0.75, 1.0, 1.0)
    with pytest.raises(DataError, match=re.escape("labels must have shape (40,), not (39,)")):
        compiled.verify(nnhw.DataSet(X, None, labels[1:]), ["golden"])
    with pytest.raises(DataError, match=re.escape("outputs must have shape (40, 3), not (40, 2)")):
        compiled.verify(nnhw.DataSet(X, y[:, :2]), ["golden"])
    with pytest.raises(DataError, match=re.escape("outputs must have shape (40, 3), not (39, 3)")):
        compiled.verify(nnhw.DataSet(X, y[1:]), ["golden"])


def test_verify_counts_output_codes_that_differ(compiled):
    y, step = compiled.predict(X), 2.0**-compiled.graph.outputs[0].type.frac
    other = y.copy()
    other[3, 1] += step
    other[5] -= 2 * step
    for outputs, differing in ((y, 0), (other, 4)):
        result = compiled.verify(nnhw.DataSet(X, outputs), ["golden"])
        assert (result.codes, result.codes_differing) == (y.size, differing)
    figures = compiled.verify(nnhw.DataSet(X, y + step / 3), ["golden"]).figures()
    assert figures["codes"] is None and figures["codes_differing"] is None


def test_floats_coarser_than_an_exact_sum_are_no_codes():
    """Every float32 is a multiple of so small a step."""
    model = nnhw.compile(nnhw.Sequential(
        nnhw.Input(2, "fixed<16,2>"), nnhw.Dense([[0.3, 0.7]], precision="fixed<24,2>")))
    x = np.random.default_rng(0).normal(size=(9, 2))
    source = (x @ [[0.3], [0.7]]).astype(np.float32)
    assert model.verify(nnhw.DataSet(x, source), ["golden"]).codes is None


@pytest.mark.slow
def test_a_wrong_bit_in_the_verilog_is_found(small_build):
    model = nnhw.CompiledModel.read(small_build)
    flip_constant(small_build)
    result = model.verify(samples=64)
    assert not result.passed and result.mismatches["rtl"] > 0
    assert re.match(r"rtl: sample \d+, scores\[\d\]: expected -?\d+, got -?\d+", result.examples[0])


def flip_constant(folder):
    """Flip the lowest bit of a data constant in a pipeline's Verilog."""
    for path in sorted((folder / "rtl").glob("*pipeline.v")):
        match = re.search(r"(\d+'s?h)([0-9a-f]+)", path.read_text())
        if match:
            text = path.read_text()
            wrong = f"{int(match[2], 16) ^ 1:x}"
            path.write_text(text[:match.start(2)] + wrong + text[match.end(2):])
            return
    raise AssertionError("no constant found")


@pytest.mark.slow
def test_broken_promises_on_timing_are_found(small_build):
    path = small_build / "model" / "interface.json"
    text = re.sub(r'"latency": (\d+)', lambda m: f'"latency": {int(m[1]) + 1}', path.read_text())
    path.write_text(text)
    result = nnhw.CompiledModel.read(small_build).verify(samples=8)
    assert not result.passed and result.mismatches == {"rtl": 0}
    assert re.match(r"rtl: latency is \d+ cycles, the report promises \d+", result.timing[0])


def test_the_python_file_of_a_model(tmp_path):
    path = tmp_path / "net.py"
    path.write_text("import nnhw\n"
                    "model = nnhw.Sequential(nnhw.Input(2, 'int<4>'), nnhw.Dense([[1, 2]]))\n")
    assert nnhw.compile(path).predict([[3, 4]]).tolist() == [[11.0]]
    assert nnhw.load(path).nodes[0].name == "dense_0"


@pytest.mark.parametrize(("text", "message"), [
    ("x = 1", "must define 'model'"),
    ("1 / 0", "raised ZeroDivisionError: division by zero"),
    ("def", "raised SyntaxError"),
    ("model = 3", "must be a file, a Graph, a Network or a Sequential, not int"),
])
def test_a_python_file_that_is_no_model(tmp_path, text, message):
    path = tmp_path / "net.py"
    path.write_text(text)
    with pytest.raises(ModelError, match=message):
        nnhw.compile(path)


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda m: m.predict(X, "rlt"), ConfigError, "engine 'rlt' is unknown; did you mean rtl?"),
    (lambda m: m.predict(X[:, 1:]), DataError, "x: input x must have shape (batch, 6)"),
    (lambda m: nnhw.compile(m.graph, {"reuze": 1}), ConfigError, "key 'reuze' is unknown"),
    (lambda m: nnhw.compile(m.graph, {"layers": {"hiden": {}}}), ConfigError,
     "layer 'hiden' is not in the network small; did you mean hidden?"),
    (lambda m: nnhw.compile("none.py"), ModelError, "model none.py does not exist"),
    (lambda m: nnhw.compile("none.onnx"), ModelError, "model none.onnx does not exist"),
    (lambda m: nnhw.CompiledModel.read("none"), ModelError, "none is no nnhw build folder"),
])
def test_mistakes_are_named(compiled, call, error, message):
    with pytest.raises(error, match=re.escape(message)):
        call(compiled)


def test_an_engine_of_a_later_version_is_named(compiled):
    if not Path(nnhw.__file__).with_name("api").joinpath("engines", "hls.py").exists():
        with pytest.raises(UnsupportedError, match="engine hls is not part of this version"):
            compiled.predict(X, "hls")
