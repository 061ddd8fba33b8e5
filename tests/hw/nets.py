# SPDX-License-Identifier: Apache-2.0
"""Small convolutional networks with random weights, laid block by block."""

import numpy as np

from nnhw.ir.graph import Graph, Node
from nnhw.ir.types import TensorType
from nnhw.layers import (
    Add,
    Concat,
    Dense,
    Gather,
    Grouped,
    Merge,
    Reduce,
    Requantize,
    Reshape,
    Total,
    Window,
)
from nnhw.numeric.types import FixedType, Quantizer
from tests.hw.support import CODE, graph_of

__all__ = ["Net", "inception", "mobile", "plain", "residual_conv", "signal"]


def _quantizer(width, signed):
    return Quantizer(FixedType(width, 0, signed))


class Net:
    """A graph under construction; every method appends a block behind the last one.

    Members
    -------
    name, type
        Name and type of the tensor that the next block reads.
    """

    def __init__(self, shape, seed=0):
        self.rng, self.nodes = np.random.default_rng(seed), []
        self.name, self.x = "x", TensorType.of(shape, CODE)
        self.type = self.x

    def add(self, op, *names):
        """An operation on the last tensor, or on those named."""
        self.nodes.append(Node(op, names or (self.name,)))
        self.name, self.type = op.name, op.y

    def fresh(self, kind):
        """A name of its own."""
        return f"{kind}{len(self.nodes)}"

    def window(self, kernel, stride=(1, 1), before=(0, 0), after=(0, 0), dilation=(1, 1), value=0):
        self.add(Window(self.fresh("window"), self.type, kernel, stride, dilation, before, after,
                        value))

    def weights(self, *shape):
        return self.rng.integers(-4, 5, shape)

    def narrow(self, shift=3, width=5, signed=True, low=None):
        """Requantize with a multiplier and an offset for each channel."""
        channels = self.type.shape[-1]
        self.add(Requantize(self.fresh("narrow"), self.type, _quantizer(width, signed), shift,
                            self.rng.integers(1, 4, channels), self.rng.integers(-9, 9, channels),
                            low))

    def conv(self, fan_out, kernel=(3, 3), **geometry):
        self.window(kernel, **geometry)
        rows, columns, channels, taps = self.type.shape
        self.add(Reshape(self.fresh("flat"), self.type, (rows, columns, channels * taps)))
        self.dense(fan_out)
        self.narrow(low=0)

    def same(self, fan_out, kernel=(3, 3), dilation=(1, 1)):
        """A convolution that keeps rows and columns."""
        span = [(kernel[k] - 1) * dilation[k] for k in range(2)]
        self.conv(fan_out, kernel, before=tuple(s // 2 for s in span),
                  after=tuple(s - s // 2 for s in span), dilation=dilation)

    def depthwise(self, times=1, kernel=(3, 3), **geometry):
        self.window(kernel, **geometry)
        rows, columns, channels, taps = self.type.shape
        self.add(Grouped(self.fresh("depthwise"), self.type, self.weights(channels, times, taps),
                         self.rng.integers(-20, 20, (channels, times))))
        self.add(Reshape(self.fresh("flat"), self.type, (rows, columns, channels * times)))
        self.narrow()

    def pool(self, how, kernel=(2, 2), stride=(2, 2), **geometry):
        self.window(kernel, stride, value=self.type.bounds[0] if how == "max" else 0, **geometry)
        self.add(Reduce(self.fresh("pool"), self.type, how))
        if how == "sum":
            self.narrow(2)

    def total(self, how="sum"):
        self.add(Total(self.fresh("total"), self.type, how))
        self.narrow()

    def gather(self, move):
        """``move`` works on positions; -1 is padding, of value 1."""
        self.add(Gather(self.fresh("gather"), self.type, move(Gather.positions(self.type)), 1))

    def dense(self, fan_out):
        self.add(Dense(self.fresh("dense"), self.type, self.weights(fan_out, self.type.shape[-1]),
                       self.rng.integers(-20, 20, fan_out)))

    def classes(self, fan_out):
        """All elements at once into a matrix."""
        if len(self.type.shape) > 1:
            self.add(Reshape(self.fresh("flat"), self.type, (self.type.size,)))
        self.dense(fan_out)

    def branch(self, block, join="add"):
        """What ``block`` makes of the last tensor, joined with that tensor itself."""
        base, kind = self.name, self.type
        block(self)
        operands = (kind, self.type)
        made = {"add": lambda name: Add(name, *operands),
                "max": lambda name: Merge(name, *operands, "max"),
                "mul": lambda name: Merge(name, *operands, "mul"),
                "concat": lambda name: Concat(name, *operands)}[join](self.fresh(join))
        self.add(made, base, self.name)
        self.narrow(4 if join == "mul" else 1)

    def graph(self, name="net") -> Graph:
        return graph_of(name, self.x, self.nodes, self.name)


def plain():
    """Convolutions, a maximum pool, a classifier."""
    net = Net((6, 6, 2), 1)
    net.same(4)
    net.pool("max")
    net.conv(6, (2, 2), stride=(2, 2), after=(1, 1))
    net.classes(5)
    return net.graph("plain")


def mobile():
    """Depthwise and pointwise convolutions, dilation, a global average pool."""
    net = Net((6, 5, 4), 2)
    net.same(4, dilation=(2, 1))
    net.depthwise(2, before=(1, 1), after=(1, 1))
    net.conv(6, (1, 1))
    net.depthwise(stride=(2, 2), before=(0, 1), after=(1, 1))
    net.total()
    net.classes(3)
    return net.graph("mobile")


def residual_conv(shape=(6, 6, 2)):
    """Two residual blocks, one inside the other."""
    net = Net(shape, 3)
    channels = shape[-1]

    def inner(net):
        net.same(3)
        net.same(channels)

    def outer(net):
        net.same(channels)
        net.branch(inner)

    net.branch(outer)
    return net.graph("residual_conv")


def inception():
    """Concatenation, padding, transposition, upsampling, an average pool, a product."""
    net = Net((4, 4, 2), 4)
    net.branch(lambda net: net.same(3, (1, 3)), "concat")
    net.gather(lambda at: np.pad(at, ((1, 0), (0, 2), (0, 0)), constant_values=-1))
    net.gather(lambda at: at.transpose(1, 0, 2))
    net.pool("sum", (2, 2), (1, 2), before=(0, 1), after=(1, 0))
    net.branch(lambda net: net.conv(5, (1, 1)), "mul")
    net.gather(lambda at: at.repeat(2, axis=0)[::-1])
    return net.graph("inception")


def signal():
    """One-dimensional convolutions over time."""
    net = Net((1, 16, 3), 5)
    net.conv(4, (1, 5), stride=(1, 2), before=(0, 2), after=(0, 2))
    net.depthwise(1, (1, 3), before=(0, 4), dilation=(1, 2))
    net.pool("max", (1, 2), (1, 2))
    net.classes(4)
    return net.graph("signal")
