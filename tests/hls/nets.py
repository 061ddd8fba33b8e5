# SPDX-License-Identifier: Apache-2.0
"""Small convolutional networks with seeded weights."""

from math import prod

import numpy as np

from nnhw.ir.graph import Graph, InputPort, Node, OutputPort
from nnhw.ir.types import TensorType
from nnhw.layers.add.op import Add
from nnhw.layers.concat.op import Concat
from nnhw.layers.dense.op import Dense
from nnhw.layers.gather.op import Gather
from nnhw.layers.grouped.op import Grouped
from nnhw.layers.merge.op import Merge
from nnhw.layers.reduce.op import Reduce
from nnhw.layers.requantize.op import Requantize
from nnhw.layers.reshape.op import Reshape
from nnhw.layers.total.op import Total
from nnhw.layers.window.op import Window
from nnhw.numeric.types import parse_type

__all__ = ["Net", "depthwise_net", "moves_net", "pool_net", "residual_net"]

_CODES = parse_type("fixed<6,6>")


class Net:
    """A graph under construction; each step takes ``last`` and names itself after its number."""

    def __init__(self, shape, seed):
        self.rng = np.random.default_rng(seed)
        self.types = {"x": TensorType.of(shape, _CODES.type)}
        self.port = InputPort("x", shape, self.types["x"], _CODES.type)
        self.nodes, self.last = [], "x"

    @property
    def type(self):
        return self.types[self.last]

    def add(self, kind, *args, inputs=None, **options):
        inputs = inputs or (self.last,)
        name = f"n{len(self.nodes)}"
        op = kind(name, *(self.types[k] for k in inputs), *args, **options)
        self.nodes.append(Node(op, inputs))
        self.types[name], self.last = op.y, name
        return name

    def quantize(self, shift=3, low=0):
        return self.add(Requantize, _CODES, shift=shift, low=low)

    def dense(self, fan_out):
        self.add(Dense, self.rng.integers(-4, 5, (fan_out, self.type.shape[-1])),
                 self.rng.integers(-9, 9, fan_out))

    def conv(self, fan_out, kernel, low=0, **options):
        self.add(Window, kernel, **options)
        rows, columns, channels, taps = self.type.shape
        self.add(Reshape, (rows, columns, channels * taps))
        self.dense(fan_out)
        return self.quantize(low=low)

    def grouped(self, kernel, fan_out=1, **options):
        self.add(Window, kernel, **options)
        rows, columns, channels, taps = self.type.shape
        self.add(Grouped, self.rng.integers(-4, 5, (channels, fan_out, taps)),
                 self.rng.integers(-9, 9, (channels, fan_out)))
        self.quantize(2)
        self.add(Reshape, (rows, columns, channels * fan_out))

    def pool(self, kernel, how="max"):
        self.add(Window, kernel, kernel, value=self.type.bounds[0])
        self.add(Reduce, how)

    def head(self, fan_out):
        self.add(Reshape, (prod(self.type.shape),))
        self.dense(fan_out)

    def graph(self, *more):
        shown = [OutputPort(f"y{k}", name, self.types[name].shape, self.types[name])
                 for k, name in enumerate((self.last, *more))]
        return Graph("net", (self.port,), tuple(self.nodes), tuple(shown))


def pool_net(seed=0):
    """Convolutions, one of them strided, pools and a matrix over all that is left."""
    net = Net((8, 8, 3), seed)
    net.conv(4, (3, 3), before=(1, 1), after=(1, 1))
    net.pool((2, 2))
    net.conv(6, (3, 3), stride=(2, 2), after=(1, 1))
    net.head(5)
    return net.graph()


def depthwise_net(seed=0):
    """Dilation, depthwise and pointwise layers, a global pool."""
    net = Net((6, 5, 4), seed)
    net.conv(4, (3, 3), dilation=(2, 1), before=(2, 1), after=(2, 1))
    net.grouped((3, 3), fan_out=2, before=(1, 1), after=(1, 1))
    net.dense(8)
    net.quantize()
    net.add(Total)
    net.quantize(5)
    net.dense(3)
    return net.graph()


def residual_net(seed=0):
    """Branches that meet again: a sum, a product, a maximum, tensors side by side."""
    net = Net((5, 4, 4), seed)
    shortcut = net.conv(4, (3, 3), before=(1, 1), after=(1, 1))
    net.conv(4, (3, 3), before=(1, 1), after=(1, 1), low=None)
    net.add(Add, inputs=(net.last, shortcut))
    joined = net.quantize(1)
    net.conv(4, (1, 1), low=None)
    net.add(Merge, "mul", inputs=(net.last, shortcut))
    scaled = net.quantize(4)
    net.add(Merge, "max", inputs=(joined, scaled))
    net.add(Concat, inputs=(scaled, net.last))
    net.pool((2, 2), "sum")
    net.head(3)
    return net.graph(joined)


def moves_net(seed=0):
    """Transposed, upsampled, padded and cropped: only the order changes."""
    net = Net((4, 5, 4), seed)
    for move in (lambda p: p.transpose(1, 0, 2), lambda p: p.repeat(2, 0).repeat(2, 1),
                 lambda p: np.pad(p, ((1, 2), (0, 1), (0, 0)), constant_values=-1),
                 lambda p: p[1:6, ::2], lambda p: p.transpose(2, 0, 1)):
        net.add(Gather, move(Gather.positions(net.type)), 7)
    return net.graph()
