# SPDX-License-Identifier: Apache-2.0
"""Layers of HGQ2 and Keras, one function each: what follows their input quantizer."""

from typing import Any

import numpy as np

from nnhw.frontends.hgq2_dense import activate, affine, grouped_product, product
from nnhw.frontends.hgq2_layer import Hgq2Layer
from nnhw.frontends.hgq2_quantizers import quantized_weights
from nnhw.frontends.hgq2_registry import handles, last_channels, refused
from nnhw.frontends.hgq2_tensor import Tensor
from nnhw.frontends.names import clean
from nnhw.layers.reduce.op import Reduce
from nnhw.layers.relu.op import Relu
from nnhw.layers.total.op import Total
from nnhw.layers.window.op import Window

__all__: list[str] = []


@handles("QConv1D", "QConv2D")
def _conv(x: Tensor, layer: Hgq2Layer) -> None:
    last_channels(layer)
    if layer.config.get("groups", 1) != 1:
        raise refused(layer, f"groups = {layer.config['groups']}", "groups = 1 would work")
    name, (kernel, bias) = clean(layer.name), affine(layer)
    line = kernel.ndim == 3
    kernel = kernel[None] if line else kernel
    _window(x, layer, kernel.shape[:2], 0)
    rows, columns, channels, taps = x.shape
    x.reshape(f"{name}_taps", (rows, columns, channels * taps))
    flat = kernel.transpose(2, 0, 1, 3).reshape(channels * taps, -1)
    product(x, name, flat, bias)
    if line:
        x.reshape(f"{name}_line", x.shape[1:])
    activate(x, layer, f"{name}_relu")


def _window(x: Tensor, layer: Hgq2Layer, kernel: tuple[int, ...], value: int) -> None:
    """Every place of a kernel, one vector for each channel: shape (rows, columns, channels, taps).

    ``value`` is the mantissa of the padding.
    """
    name, config, line = clean(layer.name), layer.config, len(x.shape) == 2
    stride, dilation = (_pair(config.get(key) or 1, line) for key in ("strides", "dilation_rate"))
    if config["padding"] not in ("valid", "same"):
        raise refused(layer, f"padding {config['padding']}", "valid and same would work")
    if line:
        x.reshape(f"{name}_image", (1, *x.shape))
    before, after = (0, 0), (0, 0)
    if config["padding"] == "same":
        total = [max(0, (-(-x.shape[k] // stride[k]) - 1) * stride[k]
                     + (kernel[k] - 1) * dilation[k] + 1 - x.shape[k]) for k in range(2)]
        before, after = (total[0] // 2, total[1] // 2), (-(-total[0] // 2), -(-total[1] // 2))
    points = x.channel_points(f"{name}_align")
    x.append(Window(f"{name}_window", x.type, (kernel[0], kernel[1]), stride, dilation, before,
                    after, value), points[:, None])


@handles("QMaxPooling1D", "QMaxPooling2D", "QAveragePooling1D", "QAveragePooling2D",
         "MaxPooling1D", "MaxPooling2D", "AveragePooling1D", "AveragePooling2D")
def _pool(x: Tensor, layer: Hgq2Layer) -> None:
    last_channels(layer)
    name, line, largest = clean(layer.name), len(x.shape) == 2, "Max" in layer.kind
    if not largest and layer.config["padding"] != "valid":
        raise refused(layer, f"padding {layer.config['padding']}", "valid would work")
    kernel = _pair(layer.config["pool_size"], line)
    x.channel_points(f"{name}_align")  # so that the window finds no need to
    # Nothing is smaller than the smallest mantissa, so the padding never is the largest.
    _window(x, layer, kernel, x.type.bounds[0] if largest else 0)
    taps, points = x.shape[-1], x.frac[:, 0]
    x.append(Reduce(name, x.type, "max" if largest else "sum"),
             points if largest else points + _halvings(layer, taps))
    if line:
        x.reshape(f"{name}_line", x.shape[1:])


@handles("QGlobalMaxPooling1D", "QGlobalMaxPooling2D", "QGlobalAveragePooling1D",
         "QGlobalAveragePooling2D", "GlobalMaxPooling1D", "GlobalMaxPooling2D",
         "GlobalAveragePooling1D", "GlobalAveragePooling2D")
def _global_pool(x: Tensor, layer: Hgq2Layer) -> None:
    last_channels(layer)
    name, largest = clean(layer.name), "Max" in layer.kind
    points = x.channel_points(f"{name}_align")
    op = Total(name, x.type, "max" if largest else "sum")
    axes = (1,) * (len(x.shape) - 1)
    x.append(op, points if largest else points + _halvings(layer, op.vectors))
    if layer.config.get("keepdims"):
        x.reshape(f"{name}_axes", (*axes, *x.shape))


def _halvings(layer: Hgq2Layer, count: int) -> int:
    """The division of an average as a shift of the binary point."""
    if count & (count - 1):
        raise refused(layer, f"an average of {count} elements", "a power of two would work, or "
                       "a sum")
    return count.bit_length() - 1


@handles("QBatchNormalization")
def _batch_norm(x: Tensor, layer: Hgq2Layer) -> None:
    name, config = clean(layer.name), layer.config
    if config["axis"] not in (-1, len(x.shape)):
        raise refused(layer, f"axis {config['axis']}", "the last axis would work")
    own = iter(range(4))
    ones = np.ones(x.shape[-1], dtype=np.float32)
    gamma = layer.own(next(own)) if config["scale"] else ones
    beta = layer.own(next(own)) if config["center"] else ones  # HGQ2 0.2 adds 1 without beta
    mean, variance = layer.own(next(own)), layer.own(next(own))
    scale = gamma / np.sqrt(variance + np.float32(config["epsilon"]))
    factor = quantized_weights(layer, "kq", scale)
    offset = quantized_weights(layer, "bq", beta - mean * scale)
    shape = x.shape
    x.reshape(f"{name}_channels", (*shape, 1))
    grouped_product(x, name, factor[:, None, None], offset[:, None])
    x.reshape(f"{name}_vector", shape)


@handles("Activation", "ReLU")
def _activation(x: Tensor, layer: Hgq2Layer) -> None:
    config = layer.config
    if layer.kind == "ReLU":
        if config.get("max_value") is not None or config.get("negative_slope") or \
                config.get("threshold"):
            raise refused(layer, "a maximum, slope or threshold", "a plain ReLU would work")
        x.append(Relu(clean(layer.name), x.type))
    elif layer.kind == "Activation":
        activate(x, layer, clean(layer.name))


@handles("Quantizer")
def _quantizer(x: Tensor, layer: Hgq2Layer) -> None:
    """All is done before a layer's own part."""


def _pair(value: Any, line: bool) -> tuple[int, int]:
    """Rows and columns; signals along a line have one row.

    >>> _pair(3, False), _pair([2], True), _pair([1, 2], False)
    ((3, 3), (1, 2), (1, 2))
    """
    numbers = list(value) if isinstance(value, list | tuple) else [value] * (1 if line else 2)
    first, second = [1, *numbers] if line else numbers
    return int(first), int(second)
