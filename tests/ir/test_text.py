# SPDX-License-Identifier: Apache-2.0
"""The text form of a graph."""

import numpy as np

from nnhw.ir.graph import Graph, InputPort, Node, OutputPort
from nnhw.ir.text import text
from nnhw.ir.types import TensorType
from nnhw.layers import Dense, Relu
from nnhw.numeric.types import FixedType


def test_text():
    x = TensorType.of((2,), FixedType(8, 4))
    fc = Dense("fc", x, np.array([[1, 2], [3, -4]]), np.array([0, 5]), 4)
    relu = Relu("relu", fc.y)
    graph = Graph("net", (InputPort("x", (2,), x, FixedType(8, 4), 2.0**-4),),
                  (Node(fc, ("x",)), Node(relu, ("fc",))),
                  (OutputPort("y", "relu", (2,), relu.y),), ("one note",))
    assert text(graph) == """graph net
  x = input() : fixed<8,4>[2] [-128, 127]
  fc = dense(x) : fixed<11,7>[2] [-887, 898]
  relu = relu(fc) : ufixed<10,6>[2] [0, 898]
  y = output(relu) : ufixed<10,6>[2] [0, 898]
note one note
"""
