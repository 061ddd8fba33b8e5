# SPDX-License-Identifier: Apache-2.0
"""``nnhw weights`` and ``nnhw verify --weights``."""

import json

import numpy as np
import pytest

MODEL = """
import numpy as np
import nnhw
rng = np.random.default_rng({seed})
model = nnhw.Sequential(
    nnhw.Input(4, "fixed<6,2>"),
    nnhw.Dense(rng.normal(size=(3, 4)), rng.normal(size=3), precision="fixed<5,2>",
               name="scores", writable={writable}),
    name="small")
"""


@pytest.fixture
def built(run, tmp_path):
    """A build folder, and the file of a retrained model."""
    for name, seed, writable in (("one", 0, True), ("two", 1, True), ("fixed", 0, False)):
        (tmp_path / f"{name}.py").write_text(MODEL.format(seed=seed, writable=writable))
    (tmp_path / "config.toml").write_text("reuse = 4")
    for name in ("one", "fixed"):
        result = run("build", f"{name}.py", "-o", f"{name}_build", "--config", "config.toml")
        assert result.exit_code == 0, result.output
    return tmp_path / "one_build"


def test_weights_are_written(run, built):
    result = run("weights", built, "two.py", "-o", "two.npz")
    assert result.exit_code == 0, result.output
    assert result.stdout == "two.npz: 6 words of 32 bits\n"
    with np.load("two.npz") as saved:
        assert saved["words"].shape == (6, 2)


@pytest.mark.slow
def test_verify_loads_them(run, built):
    before = (built / "report.json").read_text()
    result = run("verify", built, "--weights", "two.py", "--samples", "30", "--stall")
    assert result.exit_code == 0, result.output
    assert "rtl: 0 mismatches in 90 words of 30 samples" in result.stdout
    assert (built / "report.json").read_text() == before
    assert run("verify", built, "--samples", "30").exit_code == 0
    assert json.loads((built / "report.json").read_text())["verify"]["rtl_mismatches"] == 0


@pytest.mark.parametrize(("args", "message"), [
    (["fixed_build", "two.py"], "small was built without writable weights; build it with"),
    (["one_build", "three.py"], "model three.py does not exist"),
    (["one_build", "fixed.py"], None),
])
def test_mistakes(run, refused, built, args, message):
    if message is None:  # weights are weights, whether the other model says so or not
        assert run("weights", *args, "-o", "w.npz").exit_code == 0
        return
    assert message in refused("weights", *args, "-o", "w.npz")
