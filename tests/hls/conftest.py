# SPDX-License-Identifier: Apache-2.0
from itertools import pairwise

import numpy as np
import pytest

from nnhw import golden
from nnhw.config.config import Config
from nnhw.hls.project import write
from nnhw.hw.design import build
from nnhw.ir.graph import Graph, InputPort, Node, OutputPort
from nnhw.ir.types import TensorType
from nnhw.layers.add.op import Add
from nnhw.layers.dense.op import Dense
from nnhw.layers.requantize.op import Requantize
from nnhw.layers.softmax.op import Softmax
from nnhw.numeric.types import parse_type
from tests.hls.check import random_inputs


def mlp(sizes=(16, 64, 32, 32, 5), seed=0):
    """A network of the jet tagger's shape, with seeded weights."""
    rng, q = np.random.default_rng(seed), parse_type("fixed<16,6>")
    x = TensorType.of((sizes[0],), q.type)
    port, nodes, last = InputPort("x", x.shape, x, q.type, scale=2.0**-10), [], "x"
    for k, (fan_in, fan_out) in enumerate(pairwise(sizes)):
        nodes.append(Node(Dense(f"fc{k}", x, rng.integers(-900, 900, (fan_out, fan_in)),
                                rng.integers(-2**19, 2**19, fan_out), 20), (last,)))
        last, x = f"fc{k}", nodes[-1].op.y
        if k < len(sizes) - 2:
            nodes.append(Node(Requantize(f"relu{k}", x, q, 10, low=0), (last,)))
            last, x = f"relu{k}", nodes[-1].op.y
    nodes.append(Node(Softmax.design("softmax", x), (last,)))
    y = nodes[-1].op.y
    return Graph("tagger", (port,), tuple(nodes), (OutputPort("y", "softmax", y.shape, y),))


def residual():
    """A join of two branches, a tensor read twice and shown as well, names that C++ takes."""
    rng, q = np.random.default_rng(1), parse_type("fixed<8,4>")
    x = TensorType.of((3, 6), q.type)
    port = InputPort("int", x.shape, x, q.type)
    first = Dense("double", x, rng.integers(-9, 9, (6, 6)), np.arange(6))
    second = Requantize("index", first.y, q, 3)
    join = Add("fc-1", second.y, x, 1, 0)
    nodes = (Node(first, ("int",)), Node(second, ("double",)), Node(join, ("index", "int")))
    shows = (OutputPort("y", "fc-1", x.shape, join.y), OutputPort("z", "index", x.shape, second.y))
    return Graph("main", (port,), nodes, shows)


@pytest.fixture
def project(tmp_path):
    """A function that writes a graph's project and returns what is needed to run it."""
    def make(graph, config=None, samples=20, name="hls"):
        config = config or Config()
        inputs = random_inputs(graph, samples, 0)
        expected = golden.run(graph, inputs)
        folder = tmp_path / name
        paths = write(graph, build(graph, config), config, folder,
                      {k: v[:6] for k, v in inputs.items()},
                      {k: v[:6] for k, v in expected.items()})
        return folder, inputs, expected, paths
    return make
