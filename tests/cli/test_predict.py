# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import numpy as np
import pytest

import nnhw


@pytest.fixture
def x():
    values = np.random.default_rng(0).normal(size=(20, 6)).astype(np.float32)
    np.save("x.npy", values)
    return values


@pytest.fixture
def build(run, small_build):
    return small_build


def test_floats(run, build, x):
    result = run("predict", build, "x.npy", "-o", "y.npy")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == "y.npy: 20 samples by golden\n"
    assert np.array_equal(np.load("y.npy"), nnhw.CompiledModel.read(build).predict(x))


def test_mantissas(run, build):
    np.save("raw.npy", np.full((2, 6), 31))
    assert run("predict", build, "raw.npy", "-o", "out", "--raw").exit_code == 0
    y = np.load("out")
    assert y.dtype == np.int64 and y.shape == (2, 3)


def test_rtl_is_equal_and_writes_only_into_the_build(run, build, x):
    before = set(Path().rglob("*"))
    run("predict", build, "x.npy", "-o", "a.npy")
    assert run("predict", build, "x.npy", "-o", "b.npy", "--engine", "rtl").exit_code == 0
    assert Path("a.npy").read_bytes() == Path("b.npy").read_bytes()
    new = {path for path in set(Path().rglob("*")) - before
           if not path.resolve().is_relative_to(build.resolve())}
    assert new == {Path("a.npy"), Path("b.npy")}


@pytest.mark.parametrize(("args", "message"), [
    (["none", "x.npy", "-o", "y"], "none is no nnhw build folder"),
    (["BUILD", "none.npy", "-o", "y"], "none.npy: cannot be read: No such file"),
    (["BUILD", "bad.npy", "-o", "y"], "bad.npy: input x must have shape (batch, 6), not (2, 5)"),
    (["BUILD", "x.npy", "-o", "y", "--engine", "rlt"], "engine 'rlt' is unknown; did you mean rtl"),
    (["BUILD", "x.npy", "-o", "y", "--raw"], "x.npy: raw input x must hold whole numbers"),
    (["BUILD", "x.npy"], "Missing option '-o'"),
    (["BUILD", "x.npy", "-o", "/none/y"], "/none/y: No such file or directory"),
])
def test_mistakes(refused, build, x, args, message):
    np.save("bad.npy", np.zeros((2, 5)))
    assert message in refused("predict", *(build if a == "BUILD" else a for a in args))


def test_a_damaged_build_is_named(refused, build, x):
    (build / "model" / "weights.npz").write_bytes(b"PK")
    assert "missing or damaged" in refused("predict", build, "x.npy", "-o", "y")
    (build / "report.json").write_text("{")
    assert "report.json is damaged; build again" in refused("predict", build, "x.npy", "-o", "y")
