# SPDX-License-Identifier: Apache-2.0
import re

import numpy as np
import pytest

import nnhw
from nnhw.api import data
from nnhw.errors import DataError


@pytest.fixture
def graph(network):
    return network.graph()


def two_inputs():
    a, b = nnhw.Input(2, "int<4>", "a"), nnhw.Input(2, "int<5>", "b")
    return nnhw.Network([a, b], nnhw.add(a, b, name="sum"))


def npz(path, **arrays):
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize(("x", "message"), [
    (np.zeros((3, 5)), "here: input x must have shape (batch, 6), not (3, 5)"),
    (np.zeros(6), "here: input x must have shape (batch, 6), not (6,)"),
    (np.float32(1), "here: input x must have shape (batch, 6), not ()"),
    (np.zeros((0, 6)), "here: input x must have at least one sample, not 0"),
    (np.zeros((3, 6), complex), "here: input x must hold numbers, not complex128"),
    (np.full((3, 6), "a"), "here: input x must hold numbers, not <U1"),
    ([[1, 2], [3]], "here: input x is ragged, not an array"),
    (np.array([[0.0] * 6, [np.nan] * 6]),
     "NaN or infinity in 1 of 2 samples, the first is sample 1"),
    (np.full((2, 6), 1e300), "NaN or infinity in 2 of 2 samples"),
    ({"y": np.zeros((1, 6))}, "here: 'y' names no port; known are x"),
    ({}, "here: an array for 'x' is missing"),
])
def test_bad_arrays_are_refused(graph, x, message):
    with pytest.raises(DataError, match=re.escape(message)):
        data.check_floats(graph, x, "here")


@pytest.mark.parametrize(("x", "message"), [
    (np.zeros((1, 6)), "raw input x must hold whole numbers, not float64; leave out --raw"),
    (np.full((1, 6), 40), "raw input x holds 40, which is outside (-32, 31) of fixed<6,2>"),
])
def test_bad_mantissas_are_refused(graph, x, message):
    with pytest.raises(DataError, match=re.escape(message)):
        data.check_mantissas(graph, x, "here")


def test_whole_numbers_of_any_dtype_are_taken(graph):
    for dtype in (np.uint8, np.int64, np.float16, bool):
        assert data.check_floats(graph, np.ones((2, 6), dtype), "here")["x"].dtype == np.float32


def test_several_inputs_come_by_name(tmp_path):
    graph = two_inputs().graph()
    path = npz(tmp_path / "d.npz", **{"inputs/a": np.ones((3, 2)), "inputs/b": np.ones((3, 2))})
    assert sorted(data.check_floats(graph, data.load_data(path).inputs, "d")) == ["a", "b"]
    with pytest.raises(DataError, match="must hold one array for each of a, b"):
        data.check_floats(graph, np.ones((3, 2)), "d")
    with pytest.raises(DataError, match="inputs must have one number of samples"):
        data.check_floats(graph, {"a": np.ones((3, 2)), "b": np.ones((2, 2))}, "d")


def test_files_that_cannot_be_read(tmp_path):
    good = npz(tmp_path / "good.npz", inputs=np.zeros((100, 6))).read_bytes()
    cases = {"short.npz": good[:len(good) // 2], "empty.npz": b"", "text.npz": b"hello, world",
             "head.npz": good[:3]}
    for name, content in cases.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataError, match=name):
            data.load_data(tmp_path / name)
    with pytest.raises(DataError, match="cannot be read: No such file"):
        data.load_data(tmp_path / "none.npz")
    with pytest.raises(DataError, match="cannot be read: Is a directory"):
        data.load_data(tmp_path)
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match="damaged or no NumPy"):
        data.load_array(tmp_path / "objects.npy")


def test_npz_without_inputs_is_named(tmp_path):
    with pytest.raises(DataError, match="has no array 'inputs'; did you mean input"):
        data.load_data(npz(tmp_path / "d.npz", input=np.zeros(3)))
    np.save(tmp_path / "d.npy", np.zeros(3))
    with pytest.raises(DataError, match=r"must be an \.npz archive"):
        data.load_data(tmp_path / "d.npy")


def test_random_inputs_are_seeded_and_begin_with_the_extremes(graph):
    one, two = (data.random_mantissas(graph, 9)["x"] for _ in range(2))
    assert np.array_equal(one, two)
    assert (one[0] == -32).all() and (one[1] == 31).all()
    assert one.min() >= -32 and one.max() <= 31
    assert data.random_mantissas(graph, 1)["x"].shape == (1, 6)


def test_random_inputs_of_many_bits():
    x = nnhw.Input(3, "fixed<80,80>")
    graph = nnhw.Network(x, nnhw.reshape(x, (3, 1))).graph()
    drawn = data.random_mantissas(graph, 20)["x"]
    assert drawn[1, 0] == (1 << 79) - 1
    assert all(-(1 << 79) <= v < 1 << 79 for v in drawn.flat)
