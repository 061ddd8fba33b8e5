# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.config.config import Config
from nnhw.errors import DataError, ToolError
from nnhw.hls import headers
from nnhw.hls.engine import Csim
from nnhw.sim.verify import compare
from tests.hls.check import QUICK
from tests.hls.conftest import mlp, residual

SMALL = (6, 5, 3)


def test_bulk_equals_golden_and_compiles_once(project):
    folder, inputs, expected, _ = project(residual(), Config(io="stream"), samples=300)
    csim = Csim(folder, flags=QUICK)
    program = csim.compile()
    made = program.stat().st_mtime_ns
    assert compare(expected, csim.run(inputs)).equal
    assert Csim(folder, flags=QUICK).compile().stat().st_mtime_ns == made
    source = folder / "weights" / "double.h"
    source = source if source.exists() else next((folder / "weights").glob("*.h"))
    source.write_text(source.read_text() + "\n")
    assert csim.compile().stat().st_mtime_ns != made


def test_one_sample(project):
    folder, inputs, expected, _ = project(mlp(SMALL))
    one = {name: array[:1] for name, array in inputs.items()}
    got = Csim(folder, flags=QUICK).run(one)
    assert np.array_equal(got["y"], expected["y"][:1])


def test_missing_compiler(project, monkeypatch):
    folder, *_ = project(mlp(SMALL))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ToolError, match=r"g\+\+ is not on PATH; install it"):
        Csim(folder).compile()


def test_missing_headers(monkeypatch, tmp_path):
    monkeypatch.delenv(headers.VARIABLE, raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ToolError, match=r"ap_int headers .* are missing; install .* pip install"):
        headers.find_headers()
    monkeypatch.setenv(headers.VARIABLE, str(tmp_path))
    with pytest.raises(ToolError, match="which has no ap_int"):
        headers.find_headers()
    (tmp_path / "ap_int.h").touch()
    assert headers.find_headers() == tmp_path


def test_a_folder_without_project(tmp_path):
    with pytest.raises(ToolError, match="holds no HLS project of nnhw; build again"):
        Csim(tmp_path)


def test_sources_that_do_not_compile(project):
    folder, *_ = project(mlp(SMALL))
    (folder / "tagger.h").write_text("#error of the test\n")
    with pytest.raises(ToolError, match=r"failed: .*of the test"):
        Csim(folder).compile()


@pytest.mark.parametrize(("inputs", "message"), [
    ({}, "input x is missing; given are none"),
    ({"x": np.zeros((3, 7), int)}, r"input x must have shape \(batch, 6\), not \(3, 7\)"),
    ({"x": np.full((3, 6), 40000)}, "must be -32768 to 32767, not 40000"),
])
def test_wrong_inputs(inputs, message, project):
    folder, *_ = project(mlp(SMALL))
    with pytest.raises(DataError, match=message):
        Csim(folder, flags=QUICK).run(inputs)


def test_a_stream_that_runs_dry_stops_with_its_name(project):
    folder, inputs, _, _ = project(mlp(SMALL), Config(io="stream"))
    frame = folder / "bench" / "frame.h"
    frame.write_text(frame.read_text().replace("nnhw::feed", "if (false) nnhw::feed"))
    with pytest.raises(ToolError, match="x: read while empty"):
        Csim(folder, flags=QUICK).run(inputs)
