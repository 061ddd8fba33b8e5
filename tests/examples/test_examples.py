# SPDX-License-Identifier: Apache-2.0
import importlib.util
from pathlib import Path

import numpy as np
import pytest

import nnhw

EXAMPLES = Path(__file__).parents[2] / "examples"


def load(path):
    """An example as a module, without running its main part."""
    spec = importlib.util.spec_from_file_location(f"example_{path.stem}", EXAMPLES / path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", ["dsl/sequential.py", "dsl/residual.py",
                                  "amaranth_component/pulse_finder.py"])
def test_it_runs(path, capsys):
    load(Path(path)).main()
    assert capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("path", ["dsl/sequential.py", "dsl/residual.py"])
@pytest.mark.parametrize("reuse", [1, 8])
def test_its_circuit_is_right(path, reuse):
    result = nnhw.compile(EXAMPLES / path, nnhw.Config(reuse=reuse)).verify(samples=100, stall=1)
    assert result.passed, (result.examples, result.timing)


def test_pulse_finder_equals_its_formula():
    pulse = load(Path("amaranth_component/pulse_finder.py"))
    found, expected = pulse.simulate(np.random.default_rng(1).integers(-128, 128, 8 * 20))
    assert found == expected and any(found) and not all(found)


def test_digits_is_accurate_and_equals_its_source():
    data = nnhw.load_data(EXAMPLES / "digits" / "test.npz")
    model = nnhw.compile(EXAMPLES / "digits" / "digits.onnx")
    scores = model.predict(data.inputs)
    assert np.array_equal(scores, data.outputs)
    assert np.mean(scores.argmax(axis=1) == data.labels) >= 0.965


@pytest.mark.slow
def test_digits_verifies_over_the_whole_test_set():
    model = nnhw.compile(EXAMPLES / "digits" / "digits.onnx", nnhw.Config(reuse=4))
    result = model.verify(nnhw.load_data(EXAMPLES / "digits" / "test.npz"))
    assert result.passed and result.samples == 540


@pytest.mark.slow
def test_digits_trains(tmp_path):
    assert load(Path("digits/train.py")).main(tmp_path) >= 0.965
    assert {path.name for path in tmp_path.iterdir()} == {"digits.onnx", "test.npz"}
