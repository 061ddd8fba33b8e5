# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.config.config import Config
from nnhw.folding.blocks import folds
from nnhw.folding.cost import choose_fold
from nnhw.hw.plan import make_plan
from nnhw.ir.graph import Node
from nnhw.layers import Dense, Requantize, Reshape
from nnhw.numeric.types import FixedType, Quantizer
from tests.hw.support import graph_of
from tests.layers.support import tensor

OP = Dense("d", tensor((5, 64), 0, 255), np.full((64, 64), 99), np.zeros(64, int))


@pytest.mark.parametrize("reuse", [4, 64, 512])
@pytest.mark.parametrize("offered", [1, 8, 64])
def test_a_legal_fold(reuse, offered):
    assert choose_fold(OP, reuse, offered) in folds(OP, reuse)


@pytest.mark.parametrize("reuse", [16, 64, 512])
def test_fewer_results_at_once_where_each_is_multiplied(reuse):
    """Never more of them, and one at reuse 64."""
    *_, plain = choose_fold(OP, reuse, 1)
    *_, scaled = choose_fold(OP, reuse, 1, 22)
    assert scaled >= plain
    if reuse == 64:
        assert (plain, scaled) == (8, 64)


@pytest.mark.parametrize(("multiplier", "rows"), [(1, 8), (np.full(64, 2**22 - 1), 1)])
def test_the_plan_looks_behind_reshapes(multiplier, rows):
    flat = Reshape("r", OP.y, (1, 5, 64))
    scale = Requantize("q", flat.y, Quantizer(FixedType(8)), 30, multiplier)
    graph = graph_of("net", OP.x, [Node(OP, ("x",)), Node(flat, ("d",)), Node(scale, ("r",))],
                     "q")
    stages = make_plan(graph, Config(io="stream", reuse=64, lanes=1)).stages
    assert stages[0].lanes_out == rows
