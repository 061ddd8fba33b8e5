# SPDX-License-Identifier: Apache-2.0
"""Windows with wide padding are split, and give the same elements."""

import numpy as np

from nnhw import golden
from nnhw.ir.graph import Graph, InputPort, Node, OutputPort
from nnhw.ir.types import TensorType
from nnhw.layers import Gather, Window
from nnhw.numeric.types import FixedType
from nnhw.passes.pad_ahead import pad_ahead


def network(**geometry):
    x = TensorType.of((4, 3, 2), FixedType(5))
    op = Window("w", x, (2, 2), **geometry)
    return Graph("net", (InputPort("x", x.shape, x, FixedType(5)),), (Node(op, ("x",)),),
                 (OutputPort("y", "w", op.y.shape, op.y),))


def test_wide_padding_goes_ahead():
    before = network(before=(3, 1), after=(0, 3), value=7)
    after = pad_ahead(before)
    assert [type(node.op) for node in after] == [Gather, Window]
    assert all(node.op.is_streamable for node in after if isinstance(node.op, Window))
    x = np.random.default_rng(0).integers(-16, 16, (5, 4, 3, 2))
    assert np.array_equal(golden.run(before, {"x": x})["y"], golden.run(after, {"x": x})["y"])


def test_usual_padding_stays():
    before = network(before=(1, 1))
    assert pad_ahead(before) is before
