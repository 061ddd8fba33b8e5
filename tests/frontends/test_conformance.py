# SPDX-License-Identifier: Apache-2.0
"""ONNX's own node tests: none fails, and the page that counts them is current."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "docs" / "make_onnx_conformance.py"


@pytest.fixture
def script() -> Any:
    spec = importlib.util.spec_from_file_location("make_onnx_conformance", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_every_case_passes_or_is_refused(script, tmp_path):
    onnx = pytest.importorskip("onnx")
    outcomes = [script.outcome(case, tmp_path) for case in script.cases()]
    assert [one for one in outcomes if one.result == "failed"] == []
    assert sum(one.result == "passed" for one in outcomes) > 250
    for one in outcomes:
        assert one.result == "passed" or len(one.reason) > 20, one
    page = script.PAGE.read_text(encoding="utf-8")
    if f"onnx {onnx.__version__}," in page:
        assert page == script.table(outcomes)
