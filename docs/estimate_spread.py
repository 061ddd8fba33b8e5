# SPDX-License-Identifier: Apache-2.0
"""Networks that ``fit_estimates.py`` synthesizes: kinds of layers, sizes, bits, foldings, ``io``.

Each is a name, what ``nnhw.compile`` takes, and choices of ``nnhw.Config``. They are small enough
for Yosys to be done in seconds.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from nnhw.dsl import (
    Argmax,
    Dense,
    Input,
    LeakyReLU,
    Network,
    Quantize,
    ReLU,
    Sequential,
    Sigmoid,
    Softmax,
    Tanh,
    add,
)

__all__ = ["examples", "networks", "real"]

Case = tuple[str, Any, dict[str, Any]]


def networks(folder: Path) -> Iterator[Case]:
    """The made-up ones; ONNX files are written into ``folder``."""
    yield from folded()
    yield from unrolled()
    yield from others()
    yield from convolutions(folder)


def _pair(rng: np.random.Generator, name: str, sizes: Sequence[int], bits: int,
          weight: int) -> Sequential:
    """Two dense layers with random weights of so many bits."""
    reach = 1 << weight - 1
    return Sequential(
        Input(sizes[0], f"fixed<{bits},{bits}>"),
        Dense(rng.integers(-reach, reach, (sizes[1], sizes[0])), name="a"),
        ReLU(), Quantize(f"ufixed<{bits},{bits + weight}>"),
        Dense(rng.integers(-reach, reach, (sizes[2], sizes[1])), name="b"), name=name)


def folded() -> Iterator[Case]:
    """Pairs of dense layers that share multipliers."""
    rng = np.random.default_rng(0)
    for number in range(10):
        sizes = [int(n) for n in rng.choice([8, 12, 16, 24, 32], 3)]
        bits, weight = int(rng.integers(4, 11)), int(rng.integers(3, 9))
        products = max(sizes[0] * sizes[1], sizes[1] * sizes[2])
        reuse = 2 ** int(np.log2(products / rng.integers(2, 24)))
        model = _pair(rng, f"folded{number}", sizes, bits, weight)
        yield model.name, model, {"reuse": reuse, "io": "stream" if number % 2 else "parallel"}


def unrolled() -> Iterator[Case]:
    """Pairs of dense layers of adders."""
    rng = np.random.default_rng(1)
    for number, (sizes, bits, weight) in enumerate((
            ((8, 8, 4), 6, 4), ((16, 8, 5), 4, 3), ((10, 12, 10), 8, 6), ((20, 10, 4), 7, 2))):
        model = _pair(rng, f"unrolled{number}", sizes, bits, weight)
        yield model.name, model, {"reuse": 1, "io": "parallel"}


def others() -> Iterator[Case]:
    """Functions of elements and of vectors, and sums of two tensors."""
    for io in ("parallel", "stream"):
        yield f"softmax_{io}", Sequential(Input(6, "fixed<8,4>"), Softmax(frac=10, size=256)), {
            "io": io}
        yield f"argmax_{io}", Sequential(Input(10, "fixed<9,4>"), Argmax()), {"io": io}
        yield f"tanh_{io}", Sequential(Input(4, "fixed<8,3>"), Tanh("fixed<8,1>"),
                                       name="curve"), {"io": io}
        x, y = Input(12, "fixed<7,3>", name="x"), Input(12, "fixed<9,3>", name="y")
        yield f"sum_{io}", Network([x, y], [add(x, y)], name="total"), {"io": io}
        yield f"leaky_{io}", Sequential(
            Input(8, "fixed<9,4>"), LeakyReLU(0.3), Quantize("fixed<8,4,RND,SAT>")), {"io": io}
    yield "sigmoid", Sequential(Input(3, "fixed<11,4>"), Sigmoid("ufixed<10,0>"), name="curve"), {
        "io": "stream"}
    yield "rounded", Sequential(Input(16, "fixed<14,6>"), Quantize("fixed<8,3,RND_CONV,SAT>"),
                                ReLU()), {}


def convolutions(folder: Path) -> Iterator[Case]:
    """Convolutions, pooling, dense heads; one and two dimensions, with and without groups."""
    shapes = (  # input, channels, kernel, strides, groups of the second one, reuse, bits
        ((2, 8, 8), (4, 6), (3, 3), 1, 1, 18, 8),
        ((3, 10, 10), (4, 4), (3, 3), 2, 4, 36, 6),
        ((4, 20), (8, 8), (3,), 1, 1, 24, 8),
        ((1, 16, 16), (6, 3), (5, 5), 1, 3, 5, 5),
    )
    for number, (shape, channels, kernel, stride, groups, reuse, bits) in enumerate(shapes):
        path = folder / f"conv{number}.onnx"
        onnx.save(_convolution(number, shape, channels, kernel, stride, groups), path)
        yield f"conv{number}", path, {"reuse": reuse, "io": "stream",
                                      "precision": f"fixed<{bits},3,RND,SAT>"}


def _convolution(number, shape, channels, kernel, stride, groups):
    rng = np.random.default_rng(100 + number)
    pads = [1 if k == 3 else 0 for k in kernel] * 2
    tensors, nodes, source, fan = [], [], "x", shape[0]
    for layer, width in enumerate(channels):
        split = groups if layer else 1
        weight = rng.normal(size=(width, fan // split, *kernel)) * .7
        tensors += [numpy_helper.from_array(weight.astype(np.float32), f"w{layer}"),
                    numpy_helper.from_array(rng.normal(size=width).astype(np.float32), f"b{layer}")]
        nodes += [helper.make_node("Conv", [source, f"w{layer}", f"b{layer}"], [f"c{layer}"],
                                   f"c{layer}", group=split, pads=pads,
                                   strides=[stride if layer == 0 else 1] * len(kernel)),
                  helper.make_node("Relu", [f"c{layer}"], [f"r{layer}"], f"r{layer}")]
        source, fan = f"r{layer}", width
        if layer == 0:
            kind = "MaxPool" if number % 2 == 0 else "AveragePool"
            two = [2] * len(kernel)
            nodes.append(helper.make_node(kind, [source], ["p"], "p", kernel_shape=two,
                                          strides=two))
            source = "p"
    nodes.append(helper.make_node("GlobalAveragePool", [source], ["y"], "y"))
    graph = helper.make_graph(
        nodes, f"conv{number}",
        [helper.make_tensor_value_info("x", 1, [1, *shape])],
        [helper.make_tensor_value_info("y", 1, [1, channels[1], *[1] * len(kernel)])], tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def examples() -> Iterator[Case]:
    """The digits of the first example."""
    path = Path(__file__).parents[1] / "examples" / "digits" / "digits.onnx"
    yield "digits_64", path, {"reuse": 64}
    yield "digits_512s", path, {"reuse": 512, "io": "stream"}


def real(models: Path) -> Iterator[Case]:
    """Networks that others trained, where their files lie in a folder of one folder each."""
    for name, choices in (
            ("jet_mlp", {"reuse": 64, "precision": "fixed<8,3,RND,SAT>"}),
            ("jet_mlp", {"reuse": 256, "precision": "fixed<10,4>", "io": "stream"}),
            ("jet_conv1d_small", {"reuse": 32, "io": "stream", "precision": "fixed<8,3>"}),
            ("wine_mlp", {"reuse": 8, "precision": "fixed<8,3>"}),
            ("hello_sine_int8_qdq", {"reuse": 4}),
            ("kws_dscnn_int8_qdq", {"reuse": 4096, "io": "stream"}),
            ("mnist_cnn_u8s8_qdq", {"reuse": 1024, "io": "stream"}),
            ("residual_block", {"reuse": 256, "io": "stream", "precision": "fixed<8,3>"}),
            ("bnn_fc_tiny", {"reuse": 1}),
            ("ecg_conv1d", {"reuse": 1024, "io": "stream", "precision": "fixed<8,3>"})):
        path = models / name / "model.onnx"
        if path.exists():
            yield f"{name}_{choices['reuse']}", path, choices
