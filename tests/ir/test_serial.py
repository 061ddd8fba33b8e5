# SPDX-License-Identifier: Apache-2.0
import dataclasses
from enum import Enum

import numpy as np
import pytest

import nnhw
from nnhw.errors import ModelError
from nnhw.ir import serial
from nnhw.ir.graph import HostStep


def same(a, b):
    """Equality of nested dataclasses and arrays, types of arrays included."""
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and bool(np.all(a == b))
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if dataclasses.is_dataclass(a) and not isinstance(a, Enum):
        return type(a) is type(b) and all(
            same(getattr(a, f.name), getattr(b, f.name)) for f in dataclasses.fields(a))
    return bool(a == b) and type(a) is type(b)


def wide():
    """A network whose constants exceed 64 bits, with every operation of the DSL."""
    x = nnhw.Input((2, 20), "fixed<8,3>")
    huge = np.array([[(-3) ** (60 + k) for k in range(20)]] * 2, dtype=object)
    y = nnhw.dense(x, nnhw.Fixed(huge, 60))
    z = nnhw.tanh(nnhw.quantize(y, "fixed<9,4,TRN,WRAP>"))
    z = nnhw.softmax(nnhw.flatten(nnhw.add(z, nnhw.leaky_relu(z, 0.25))))
    return nnhw.Network(x, [z, nnhw.argmax(z)]).graph()


@pytest.mark.parametrize("make", [wide, lambda: wide()])
def test_lossless(tmp_path, make):
    graph = make()
    serial.save_graph(graph, tmp_path)
    assert same(graph, serial.load_graph(tmp_path))


def test_host_steps_keep_their_arrays(tmp_path):
    graph = wide()
    steps = (HostStep("mul", np.float32(0.1)), HostStep("add", np.arange(40, dtype=np.float32)),
             HostStep("reshape", (2, 20)))
    port = dataclasses.replace(graph.inputs[0], steps=steps, scale=float("inf"))
    graph = dataclasses.replace(graph, inputs=(port,))
    serial.save_graph(graph, tmp_path)
    again = serial.load_graph(tmp_path).inputs[0]
    assert again.scale == float("inf")
    assert again.steps[0].value.dtype == np.float32
    assert same(np.asarray(again.steps[1].value), steps[1].value)


def test_the_same_bytes_every_time(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        serial.save_graph(wide(), tmp_path / name)
    for file in ("graph.json", "weights.npz"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


@pytest.mark.parametrize("damage", ["{", "{}", '{"class": "Nothing"}', '[1, 2]'])
def test_damage_is_named(tmp_path, damage):
    serial.save_graph(wide(), tmp_path)
    (tmp_path / "graph.json").write_text(damage)
    with pytest.raises(ModelError, match="build it again"):
        serial.load_graph(tmp_path)
