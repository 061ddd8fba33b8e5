# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.config.config import Config
from nnhw.hw.other_products import other_blocks
from nnhw.ir.graph import Node
from nnhw.layers import Dense, Requantize
from nnhw.numeric.types import FixedType, Quantizer
from tests.hw.support import graph_of
from tests.layers.support import tensor


@pytest.mark.parametrize(("factors", "blocks"), [
    ([1] * 4, 0), ([5] * 4, 0), ([3, 5, 7, 9], 1), ([2**20 + 1, 3, 5, 7], 2)])
def test_scales_of_channels_are_counted_and_matrices_are_not(factors, blocks):
    op = Dense("d", tensor((5, 8), 0, 15), np.arange(32).reshape(4, 8), np.zeros(4, int))
    scale = Requantize("q", op.y, Quantizer(FixedType(8)), 2, np.array(factors))
    graph = graph_of("net", op.x, [Node(op, ("x",)), Node(scale, ("d",))], "q")
    config = Config(io="stream", reuse=32, lanes=1, target="ecp5")
    assert other_blocks(graph, config) == blocks
