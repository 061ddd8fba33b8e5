# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.layers import Dense, Gather, Grouped, Reduce, Relu, Reshape, Total
from nnhw.passes.pipeline import optimize
from nnhw.passes.unroll_frames import products, unroll_frames
from tests.passes.test_passes import network, op, same

RNG = np.random.default_rng(3)


def kinds(graph):
    return [type(node.op) for node in graph if not isinstance(node.op, Reshape)]


def checked(graph):
    after = unroll_frames(graph)
    same(graph, after)
    same(graph, optimize(after))
    assert [port.name for port in after.outputs] == [port.name for port in graph.outputs]
    return after


@pytest.mark.parametrize("shape", [(4, 3), (2, 2, 3)])
def test_a_dense_gets_a_group_for_each_vector(shape):
    graph = network(op(Dense, "d", weight=RNG.integers(-3, 4, (5, 3)),
                       bias=RNG.integers(-9, 9, 5)), op(Relu, "r"), shape=shape)
    assert kinds(checked(graph)) == [Grouped, Relu]
    assert products(graph) == 4 * np.count_nonzero(graph.nodes[0].op.weight)


def test_a_grouped_on_several_vectors_too():
    graph = network(op(Grouped, "g", weight=RNG.integers(-3, 4, (2, 4, 3)),
                       bias=RNG.integers(-9, 9, (2, 4))), shape=(5, 2, 3))
    assert kinds(checked(graph)) == [Grouped]


def test_moves_become_wires():
    index = np.array([[5, -1, 0], [3, 3, 2]])
    after = checked(network(op(Gather, "g", index=index, value=7), op(Relu, "r"), shape=(2, 3)))
    assert kinds(after) == [Dense, Relu]
    assert products(after) == 5


@pytest.mark.parametrize("how", ["sum", "max", "min"])
def test_a_total_becomes_a_move_and_a_reduction(how):
    after = checked(network(op(Total, "t", how=how), shape=(4, 3)))
    assert kinds(after) == [Dense, Reduce]


def test_a_network_of_single_vectors_stays():
    graph = network(op(Dense, "d", weight=np.ones((2, 5)), bias=np.zeros(2)), op(Relu, "r"))
    assert unroll_frames(graph) is graph
