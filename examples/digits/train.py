# SPDX-License-Identifier: Apache-2.0
"""Train a quantized digit classifier on scikit-learn's digits, and write it as QONNX.

A 64-32-32-10 perceptron with 6-bit weights and 5-bit activations, trained in plain NumPy with the
straight-through estimator: forward on the grid, backward as if there were none. Run it with

    python examples/digits/train.py

It needs scikit-learn and writes ``digits.onnx`` and ``test.npz`` beside itself, in ten seconds.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

HERE = Path(__file__).parent
SIZES = (64, 32, 32, 10)
WEIGHT_BITS, WEIGHT_SCALE = 6, 2.0**-5
ACTIVATION_BITS, ACTIVATION_SCALE = 5, 2.0**-3
BIAS_BITS, BIAS_SCALE = 10, 2.0**-7
PIXEL = 2.0**-4  # what a pixel step (0 to 16) counts for, folded into the input's scale
EPOCHS, BATCH, RATE = 400, 64, 3e-3


def quantize(values, bits, scale, signed):
    """What ONNX ``Quant`` computes: nearest, ties to even, saturating; narrow if signed."""
    high = 2 ** (bits - 1) - 1 if signed else 2**bits - 1
    return np.clip(np.rint(values / scale), -high if signed else 0, high) * scale


@dataclass
class Adam:
    """The optimizer of Kingma and Ba, for a list of arrays updated in place."""

    arrays: list
    step: int = 0
    mean: list = field(default_factory=list)
    square: list = field(default_factory=list)

    def __post_init__(self):
        self.mean = [np.zeros_like(a) for a in self.arrays]
        self.square = [np.zeros_like(a) for a in self.arrays]

    def update(self, gradients, rate):
        """Take one step."""
        self.step += 1
        for a, g, m, s in zip(self.arrays, gradients, self.mean, self.square, strict=True):
            m += 0.1 * (g - m)
            s += 0.001 * (g * g - s)
            a -= rate * (m / (1 - 0.9**self.step)) / (np.sqrt(s / (1 - 0.999**self.step)) + 1e-8)


def on_grid(weights, biases):
    """Weights and biases as the exported network has them."""
    return ([quantize(w, WEIGHT_BITS, WEIGHT_SCALE, True) for w in weights],
            [quantize(b, BIAS_BITS, BIAS_SCALE, True) for b in biases])


def forward(weights, biases, x):
    """Inputs and sums of every layer, on the grid."""
    inputs, sums = [x], []
    for layer, (w, b) in enumerate(zip(*on_grid(weights, biases), strict=True)):
        sums.append(inputs[-1] @ w + b)
        if layer < len(weights) - 1:
            inputs.append(quantize(sums[-1], ACTIVATION_BITS, ACTIVATION_SCALE, False))
    return inputs, sums


def gradients(weights, biases, x, labels):
    """Of the mean cross entropy, straight through every quantizer within its range."""
    inputs, sums = forward(weights, biases, x)
    top = np.exp(sums[-1] - sums[-1].max(axis=1, keepdims=True))
    error = top / top.sum(axis=1, keepdims=True)
    error[np.arange(len(labels)), labels] -= 1
    error /= len(labels)
    limit = (2**ACTIVATION_BITS - 1) * ACTIVATION_SCALE
    by_weight, by_bias = [], []
    for layer in reversed(range(len(weights))):
        by_weight.insert(0, inputs[layer].T @ error)
        by_bias.insert(0, error.sum(axis=0))
        if layer:
            inside = (sums[layer - 1] > 0) & (sums[layer - 1] < limit)
            error = (error @ quantize(weights[layer], WEIGHT_BITS, WEIGHT_SCALE, True).T) * inside
    return by_weight + by_bias


def shifted(x, rng):
    """Each image moved by up to one pixel, so that the network sees more of them."""
    images = np.pad(x.reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1)))
    down, right = rng.integers(0, 3, (2, len(x)))
    return np.stack([image[d:d + 8, r:r + 8] for image, d, r in
                     zip(images, down, right, strict=True)]).reshape(len(x), -1)


def train(x, labels, seed=0):
    """Weights (fan_in, fan_out) and biases after all epochs."""
    rng = np.random.default_rng(seed)
    weights = [rng.normal(0, (2 / a) ** 0.5 / 1.5, (a, b))
               for a, b in pairwise(SIZES)]
    biases = [np.zeros(b) for b in SIZES[1:]]
    adam = Adam(weights + biases)
    for epoch in range(EPOCHS):
        order = rng.permutation(len(x))
        rate = RATE * 0.5 * (1 + np.cos(np.pi * epoch / EPOCHS))
        for start in range(0, len(x), BATCH):
            part = order[start:start + BATCH]
            batch = shifted(x[part], rng) if rng.random() < 0.7 else x[part]
            adam.update(gradients(weights, biases, batch, labels[part]), rate)
            for w in weights:
                np.clip(w, -1, 1, out=w)
    return on_grid(weights, biases)


class Writer:
    """Collects the nodes and constants of a QONNX file."""

    def __init__(self):
        self.nodes, self.constants = [], []

    def constant(self, name, value):
        """A float32 initializer."""
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype=np.float32), name))
        return name

    def quant(self, x, name, bits, scale, signed):
        """A ``Quant`` node."""
        inputs = [x, self.constant(f"{name}_scale", scale), self.constant(f"{name}_zero", 0),
                  self.constant(f"{name}_bits", bits)]
        self.nodes.append(helper.make_node(
            "Quant", inputs, [name], name=name, domain="qonnx.custom_op.general",
            signed=int(signed), narrow=int(signed), rounding_mode="ROUND"))
        return name

    def node(self, kind, inputs, name):
        """Any standard node."""
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name))
        return name


def export(weights, biases, path):
    """Write the network; pixels come in as whole numbers from 0 to 16."""
    out = Writer()
    x = out.quant("pixels", "pixels_quant", 5, 1.0, False)
    scales = [PIXEL] + [1.0] * (len(weights) - 1)
    for layer, (w, b, scale) in enumerate(zip(weights, biases, scales, strict=True), start=1):
        last = layer == len(weights)
        name = "scores" if last else f"hidden_{layer}"
        wq = out.quant(out.constant(f"{name}_weight", w * scale), f"{name}_weight_quant",
                       WEIGHT_BITS, WEIGHT_SCALE * scale, True)
        bq = out.quant(out.constant(f"{name}_bias", b), f"{name}_bias_quant",
                       BIAS_BITS, BIAS_SCALE, True)
        product = out.node("MatMul", [x, wq], f"{name}_product" if last else name)
        x = out.node("Add", [product, bq], "scores" if last else f"{name}_sum")
        if not last:
            x = out.quant(out.node("Relu", [x], f"{name}_relu"), f"{name}_out",
                          ACTIVATION_BITS, ACTIVATION_SCALE, False)
    graph = helper.make_graph(
        out.nodes, "digits",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["batch", SIZES[0]])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", SIZES[-1]])],
        out.constants)
    model = helper.make_model(graph, producer_name="nnhw examples/digits", ir_version=8,
                              opset_imports=[helper.make_opsetid("", 13),
                                             helper.make_opsetid("qonnx.custom_op.general", 1)])
    onnx.save(model, str(path))


def split():
    """Pixels (0 to 16) and labels of the training and the held-out part."""
    digits = load_digits()
    return train_test_split(digits.data, digits.target, test_size=0.3, random_state=0,
                            stratify=digits.target)


def main(folder=HERE):
    """Train, score on held-out images, and write both files into ``folder``."""
    x, held_out, labels, held_labels = split()
    weights, biases = train(x * PIXEL, labels)
    scores = forward(weights, biases, held_out * PIXEL)[1][-1]
    accuracy = np.mean(scores.argmax(axis=1) == held_labels)
    export(weights, biases, folder / "digits.onnx")
    np.savez_compressed(folder / "test.npz", inputs=held_out.astype(np.float32),
                        outputs=scores.astype(np.float32), labels=held_labels.astype(np.uint8))
    print(f"held-out accuracy {100 * accuracy:.2f} % of {len(held_labels)} images")
    return accuracy


if __name__ == "__main__":
    main()
