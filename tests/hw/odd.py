# SPDX-License-Identifier: Apache-2.0
"""Random small ONNX networks of odd layers: what no trained model has, but a file may."""

import random

import numpy as np
from onnx import TensorProto, helper, numpy_helper, shape_inference

__all__ = ["OddNet"]

SMOOTH = ["Relu", "LeakyRelu", "Sigmoid", "Tanh", "HardSwish", "Elu", "Softsign", "HardSigmoid",
          "Softplus", "Abs", "Neg"]


class OddNet:
    """A network under construction, all choices drawn from a seed.

    Members
    -------
    model : onnx.ModelProto
        The network, when all its blocks are there.
    kinds : list of str
        Operators, in order.
    """

    def __init__(self, seed, blocks=5):
        self.rng = random.Random(seed)
        self.numbers = np.random.default_rng(seed)
        self.nodes, self.constants, self.shapes = [], [], {}
        shape = (self.rng.randint(1, 4), self.rng.randint(2, 6), self.rng.randint(2, 7))
        self.inputs = [self._input("x0", shape)]
        self.live = ["x0"]
        if self.rng.random() < 0.3:
            self.inputs.append(self._input("x1", shape))
            self._join(["x0", "x1"])
        for _ in range(blocks):
            self.block()
        if self.rng.random() < 0.5:
            self.classify()
        read = {name for node in self.nodes for name in node.input}
        self.outputs = [name for name in self.live if name not in read] or [self.last]
        self.model = self._model(self.outputs)

    @property
    def kinds(self):
        return [node.op_type for node in self.nodes]

    @property
    def last(self):
        return self.live[-1]

    def _input(self, name, shape):
        self.shapes[name] = shape
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", *shape])

    def _model(self, outputs):
        graph = helper.make_graph(self.nodes, "odd", self.inputs, [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
            self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)])
        model.ir_version = 10
        return model

    def const(self, values):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def weights(self, *shape):
        fan_in = max(1, int(np.prod(shape[1:])))
        return self.const((self.numbers.normal(size=shape) / fan_in**0.5).astype(np.float32))

    def add(self, kind, inputs, count=1, **attributes):
        """A node; its results' shapes are those that ONNX infers."""
        names = [f"t{len(self.nodes)}_{k}" for k in range(count)]
        self.nodes.append(helper.make_node(kind, inputs, names, **attributes))
        inferred = shape_inference.infer_shapes(self._model(names), strict_mode=True)
        for value in inferred.graph.output:
            dims = value.type.tensor_type.shape.dim
            self.shapes[value.name] = tuple(d.dim_value for d in dims[1:])
        return names if count > 1 else names[0]

    def put(self, *names):
        self.live += names

    def block(self):
        """Something to the last tensor, or to it and another one."""
        image = len(self.shapes[self.last]) == 3
        choices = [self.conv, self.conv, self.conv, self.transposed, self.pool, self.pool,
                   self.branch, self.branch, self.gated, self.split, self.move, self.resize,
                   self.activate, self.reduce] if image else [self.activate]
        self.rng.choice(choices)()

    def _window(self, name, most=4):
        """Kernel, strides, dilations and pads of a window that fits somewhere."""
        r, size = self.rng, self.shapes[name][1:]
        kernel = [r.randint(1, min(most, n + 1)) for n in size]
        dilations = [r.choice([1, 1, 2]) for _ in size]
        span = [d * (k - 1) + 1 for d, k in zip(dilations, kernel, strict=True)]
        pads = [[r.randint(0, k - 1) for k in kernel] for _ in range(2)]
        for axis, n in enumerate(size):
            while n + pads[0][axis] + pads[1][axis] < span[axis]:
                if dilations[axis] > 1:
                    dilations[axis] = 1
                else:
                    kernel[axis] -= 1
                span[axis] = dilations[axis] * (kernel[axis] - 1) + 1
                pads[0][axis] = min(pads[0][axis], kernel[axis] - 1)
                pads[1][axis] = min(pads[1][axis], kernel[axis] - 1)
        strides = [r.choice([1, 1, 2, 3, 5]) for _ in size]
        return {"kernel_shape": kernel, "strides": strides, "dilations": dilations,
                "pads": pads[0] + pads[1]}

    def conv(self):
        channels = self.shapes[self.last][0]
        group = self.rng.choice([g for g in range(1, channels + 1) if channels % g == 0])
        fan_out = group * self.rng.randint(1, 3)
        window = self._window(self.last)
        if self.rng.random() < 0.2:
            window.pop("pads")
            window.pop("dilations")
            window["auto_pad"] = self.rng.choice(["SAME_UPPER", "SAME_LOWER", "VALID"])
            if window["auto_pad"] == "VALID":
                window["kernel_shape"] = [1, 1]
        weight = self.weights(fan_out, channels // group, *window["kernel_shape"])
        bias = [self.weights(fan_out)] if self.rng.random() < 0.7 else []
        self.put(self.add("Conv", [self.last, weight, *bias], group=group, **window))

    def transposed(self):
        channels, *size = self.shapes[self.last]
        r = self.rng
        group = r.choice([g for g in range(1, channels + 1) if channels % g == 0])
        kernel, strides = [r.randint(1, 3) for _ in size], [r.randint(1, 3) for _ in size]
        pads = [r.randint(0, (k - 1) // 2) for k in kernel] * 2
        weight = self.weights(channels, r.randint(1, 2), *kernel)
        self.put(self.add("ConvTranspose", [self.last, weight], group=group, strides=strides,
                          kernel_shape=kernel, pads=pads,
                          output_padding=[r.randint(0, s - 1) for s in strides]))

    def pool(self):
        window = self._window(self.last)
        kind = self.rng.choice(["MaxPool", "AveragePool"])
        if kind == "AveragePool":
            window["count_include_pad"] = self.rng.randint(0, 1)
        self.put(self.add(kind, [self.last], **window))

    def _same(self, name, depth):
        """Convolutions that keep rows and columns."""
        channels = self.shapes[name][0]
        for _ in range(depth):
            kernel = [self.rng.choice([1, 2, 3]) for _ in range(2)]
            pads = [(k - 1) // 2 for k in kernel] + [k // 2 for k in kernel]
            weight = self.weights(channels, channels, *kernel)
            name = self.add("Conv", [name, weight], kernel_shape=kernel, pads=pads)
            if self.rng.random() < 0.5:
                name = self.add("Relu", [name])
        return name

    def branch(self):
        """Two or three ways of unequal length, joined."""
        start = self.last
        ways = [self._same(start, depth) for depth in self.rng.sample(
            [0, 1, 2], self.rng.randint(2, 3))]
        self._join(ways)

    def _join(self, ways):
        kinds = ["Add", "Sub", "Mul", "Min", "Max", "Mean", "Sum", "Concat"]
        kind = self.rng.choice(kinds if len(ways) == 2 else kinds[3:])
        extra = {"axis": self.rng.randint(1, 3)} if kind == "Concat" else {}
        self.put(self.add(kind, ways, **extra))

    def gated(self):
        """A smaller tensor made of the last one, broadcast to it."""
        start, axes = self.last, self.rng.choice([[2, 3], [1], [3], [1, 2], [1, 2, 3]])
        kind = self.rng.choice(["ReduceMean", "ReduceMax", "ReduceSum"])
        small = self.add(kind, [start, self.const(np.array(axes))], keepdims=1)
        operands = [start, small] if self.rng.random() < 0.5 else [small, start]
        self.put(self.add(self.rng.choice(["Add", "Mul", "Sub", "Max"]), operands))

    def split(self):
        shape = self.shapes[self.last]
        axes = [k for k, n in enumerate(shape) if n > 1]
        if not axes:
            return self.activate()
        axis = self.rng.choice(axes)
        first = self.rng.randint(1, shape[axis] - 1)
        sizes = self.const(np.array([first, shape[axis] - first]))
        parts = self.add("Split", [self.last, sizes], 2, axis=axis + 1)
        way = self.rng.choice(["swap", "both", "one"])
        if way == "swap":
            self.put(self.add("Concat", [self._same(parts[1], 1), parts[0]], axis=axis + 1))
        else:
            self.put(*(parts if way == "both" else parts[:1]))
        return None

    def move(self):
        """Elements in another order, or with others in between."""
        shape, r = self.shapes[self.last], self.rng
        match r.choice(["transpose", "pad", "slice", "tile", "take"]):
            case "transpose":
                perm = [0, *r.sample([1, 2, 3], 3)]
                self.put(self.add("Transpose", [self.last], perm=perm))
            case "pad":
                pads = [0, 0, *(r.randint(0, 1) for _ in range(2)),
                        0, 0, *(r.randint(0, 1) for _ in range(2))]
                mode = r.choice(["constant", "edge", "reflect"])
                if min(shape[1:]) < 2:
                    mode = "constant"
                value = [self.const(np.float32(0.5))] if mode == "constant" else []
                self.put(self.add("Pad", [self.last, self.const(np.array(pads)), *value],
                                  mode=mode))
            case "slice":
                axis = r.randint(1, 3)
                start, stop, step = r.choice([(-1, -99, -1), (0, 99, 2), (shape[axis - 1] // 2,
                                                                           99, 1)])
                self.put(self.add("Slice", [self.last, *(self.const(np.array([v])) for v in (
                    start, stop, axis, step))]))
            case "tile":
                times = [1, *(r.randint(1, 2) for _ in range(3))]
                self.put(self.add("Tile", [self.last, self.const(np.array(times))]))
            case "take":
                axis = r.randint(1, 3)
                n = shape[axis - 1]
                index = [r.randrange(n) for _ in range(r.randint(1, n + 1))]
                self.put(self.add("Gather", [self.last, self.const(np.array(index))], axis=axis))

    def resize(self):
        scales = np.array([1, 1, *(self.rng.choice([1, 2, 3]) for _ in range(2))], np.float32)
        self.put(self.add("Resize", [self.last, "", self.const(scales)], mode="nearest",
                          coordinate_transformation_mode="asymmetric", nearest_mode="floor"))

    def activate(self):
        if len(self.shapes[self.last]) == 3 and self.rng.random() < 0.2:
            slope = self.const(self.numbers.uniform(0, 1, (self.shapes[self.last][0], 1, 1)).astype(
                np.float32))
            return self.put(self.add("PRelu", [self.last, slope]))
        return self.put(self.add(self.rng.choice(SMOOTH), [self.last]))

    def reduce(self):
        kind = self.rng.choice(["ReduceMean", "ReduceMax", "ReduceMin", "ReduceSum"])
        axes = self.rng.choice([[2], [3], [1], [2, 3]])
        self.put(self.add(kind, [self.last, self.const(np.array(axes))], keepdims=1))

    def classify(self):
        """A matrix over all elements, perhaps with a softmax."""
        flat = self.add("Flatten", [self.last])
        weight = self.weights(self.rng.randint(2, 5), int(np.prod(self.shapes[self.last])))
        name = self.add("Gemm", [flat, weight], transB=1)
        if self.rng.random() < 0.5:
            name = self.add("Softmax", [name], axis=-1)
        self.put(name)
