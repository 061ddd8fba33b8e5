# SPDX-License-Identifier: Apache-2.0
"""Layers of HGQ2 and Keras, one function each: what follows their input quantizer."""

from collections.abc import Callable
from typing import Any

import numpy as np

from nnhw.errors import UnsupportedError
from nnhw.frontends.hgq2_file import Floats, Hgq2Layer
from nnhw.frontends.hgq2_quantizers import quantized_weights
from nnhw.frontends.hgq2_tensor import Tensor
from nnhw.frontends.names import clean
from nnhw.layers.dense.op import Dense
from nnhw.layers.grouped.op import Grouped
from nnhw.layers.reduce.op import Reduce
from nnhw.layers.relu.op import Relu
from nnhw.layers.total.op import Total
from nnhw.layers.window.op import Window
from nnhw.numeric.golden import as_mantissas
from nnhw.numeric.types import Mantissas

__all__ = ["HANDLERS", "activate", "affine"]

#: Keras's own epsilon, which HGQ2 adds to a variance that it folds into a product.
_EPSILON = np.float32(1e-7)

Handler = Callable[[Tensor, Hgq2Layer], None]
#: Handlers by class.
HANDLERS: dict[str, Handler] = {}


def _handles(*kinds: str) -> Callable[[Handler], Handler]:
    def enter(function: Handler) -> Handler:
        for kind in kinds:
            HANDLERS[kind] = function
        return function
    return enter


def _mantissas(values: Floats, frac: Any) -> Mantissas:
    """Exact ``values * 2**frac``."""
    scaled = values.astype(np.float64) * np.exp2(np.asarray(frac, dtype=np.float64))
    assert (scaled == np.rint(scaled)).all()
    return as_mantissas(np.rint(scaled).astype(np.int64))


def _lowest_bit(values: Floats) -> Mantissas:
    """Fraction bits that each value needs; very few for 0."""
    found = np.full(values.shape, -64, dtype=np.int64)
    for place in np.ndindex(values.shape):
        if values[place]:
            number, below = float(values[place]).as_integer_ratio()
            found[place] = below.bit_length() - 1 - ((number & -number).bit_length() - 1)
    return found


def _refused(layer: Hgq2Layer, what: str, instead: str) -> UnsupportedError:
    return UnsupportedError(f"{layer.name}: {what} is not supported in {layer.kind}; {instead}")


def _last_channels(layer: Hgq2Layer) -> None:
    order = layer.config.get("data_format") or "channels_last"
    if order != "channels_last":
        raise _refused(layer, order, "channels_last would work")


@_handles("QDense", "QEinsumDense", "QEinsumDenseBatchnorm")
def _dense(x: Tensor, layer: Hgq2Layer) -> None:
    if layer.kind != "QDense" and not _is_last_axis(layer.config["equation"]):
        raise _refused(layer, f"equation {layer.config['equation']}",
                       "products along the last axis are")
    _product(x, clean(layer.name), *affine(layer))


def _product(x: Tensor, name: str, kernel: Floats, bias: Floats) -> None:
    """A Dense on the last axis, whose weights make up for different binary points."""
    points = x.channel_points(f"{name}_align")
    fracs = points[:, None] + _lowest_bit(kernel)
    frac = int(max(fracs.max(initial=0), _lowest_bit(bias).max(initial=0)))
    weight = _mantissas(kernel, frac - points[:, None]).T
    x.append(Dense(name, x.type, np.ascontiguousarray(weight), _mantissas(bias, frac), frac), frac)


def _is_last_axis(equation: str) -> bool:
    """Whether an einsum is a product along the operand's last axis.

    >>> _is_last_axis("bc,cC->bC"), _is_last_axis("...c,cC->...C"), _is_last_axis("bc,Cc->bC")
    (True, True, False)
    """
    operands, result = equation.split("->")
    x, kernel = operands.split(",")
    return len(kernel) == 2 and x[-1] == kernel[0] and result == x[:-1] + kernel[1]


def affine(layer: Hgq2Layer) -> tuple[Floats, Floats]:
    """Quantized kernel (..., fan_out) and bias, BatchNorm folded in as HGQ2 folds it."""
    kernel = layer.own(0)
    has_bias = layer.config.get("use_bias", True) and layer.config.get("bias_axes", "C")
    bias = layer.own(1) if has_bias else np.zeros(kernel.shape[-1], dtype=np.float32)
    if layer.kind == "QEinsumDenseBatchnorm":
        gamma, mean, variance = layer.own(2), layer.own(5), layer.own(6)
        scaler = gamma / np.sqrt(variance + _EPSILON)
        kernel, bias = kernel * scaler, bias + -mean * scaler
    kernel = quantized_weights(layer, "kq", kernel)
    return kernel, quantized_weights(layer, "bq", bias) if has_bias else bias


@_handles("QConv1D", "QConv2D")
def _conv(x: Tensor, layer: Hgq2Layer) -> None:
    _last_channels(layer)
    if layer.config.get("groups", 1) != 1:
        raise _refused(layer, f"groups = {layer.config['groups']}", "groups = 1 would work")
    name, (kernel, bias) = clean(layer.name), affine(layer)
    line = kernel.ndim == 3
    kernel = kernel[None] if line else kernel
    _window(x, layer, kernel.shape[:2], 0)
    rows, columns, channels, taps = x.shape
    x.reshape(f"{name}_taps", (rows, columns, channels * taps))
    flat = kernel.transpose(2, 0, 1, 3).reshape(channels * taps, -1)
    _product(x, name, flat, bias)
    if line:
        x.reshape(f"{name}_line", x.shape[1:])


def _window(x: Tensor, layer: Hgq2Layer, kernel: tuple[int, ...], value: int) -> None:
    """Every place of a kernel, one vector for each channel: shape (rows, columns, channels, taps).

    ``value`` is the mantissa of the padding.
    """
    name, config, line = clean(layer.name), layer.config, len(x.shape) == 2
    stride, dilation = (_pair(config.get(key) or 1, line) for key in ("strides", "dilation_rate"))
    if config["padding"] not in ("valid", "same"):
        raise _refused(layer, f"padding {config['padding']}", "valid and same would work")
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


@_handles("QMaxPooling1D", "QMaxPooling2D", "QAveragePooling1D", "QAveragePooling2D")
def _pool(x: Tensor, layer: Hgq2Layer) -> None:
    _last_channels(layer)
    name, line, largest = clean(layer.name), len(x.shape) == 2, "Max" in layer.kind
    if not largest and layer.config["padding"] != "valid":
        raise _refused(layer, f"padding {layer.config['padding']}", "valid would work")
    kernel = _pair(layer.config["pool_size"], line)
    # Nothing is smaller than the smallest mantissa, so the padding never is the largest.
    _window(x, layer, kernel, x.type.bounds[0] if largest else 0)
    taps, points = x.shape[-1], x.frac[:, 0]
    x.append(Reduce(name, x.type, "max" if largest else "sum"),
             points if largest else points + _halvings(layer, taps))
    if line:
        x.reshape(f"{name}_line", x.shape[1:])


@_handles("QGlobalMaxPooling1D", "QGlobalMaxPooling2D", "QGlobalAveragePooling1D",
          "QGlobalAveragePooling2D")
def _global_pool(x: Tensor, layer: Hgq2Layer) -> None:
    _last_channels(layer)
    if layer.config.get("keepdims"):
        raise _refused(layer, "keepdims", "keepdims = False would work")
    name, largest = clean(layer.name), "Max" in layer.kind
    points = x.channel_points(f"{name}_align")
    op = Total(name, x.type, "max" if largest else "sum")
    x.append(op, points if largest else points + _halvings(layer, op.vectors))


def _halvings(layer: Hgq2Layer, count: int) -> int:
    """The division of an average as a shift of the binary point."""
    if count & (count - 1):
        raise _refused(layer, f"an average of {count} elements", "a power of two would work, or "
                       "a sum")
    return count.bit_length() - 1


@_handles("QBatchNormalization")
def _batch_norm(x: Tensor, layer: Hgq2Layer) -> None:
    name, config = clean(layer.name), layer.config
    if config["axis"] not in (-1, len(x.shape)):
        raise _refused(layer, f"axis {config['axis']}", "the last axis would work")
    own = iter(range(4))
    ones = np.ones(x.shape[-1], dtype=np.float32)
    gamma = layer.own(next(own)) if config["scale"] else ones
    beta = layer.own(next(own)) if config["center"] else ones  # HGQ2 0.2 adds 1 without beta
    mean, variance = layer.own(next(own)), layer.own(next(own))
    scale = gamma / np.sqrt(variance + np.float32(config["epsilon"]))
    factor = quantized_weights(layer, "kq", scale)
    offset = quantized_weights(layer, "bq", beta - mean * scale)
    points = x.channel_points(f"{name}_align")
    frac = int(max((points + _lowest_bit(factor)).max(), _lowest_bit(offset).max(), 0))
    shape = x.shape
    x.reshape(f"{name}_channels", (*shape, 1))
    x.append(Grouped(name, x.type, _mantissas(factor, frac - points)[:, None, None],
                     _mantissas(offset, frac)[:, None], frac), frac)
    x.reshape(f"{name}_vector", shape)


@_handles("Flatten", "Reshape")
def _reshape(x: Tensor, layer: Hgq2Layer) -> None:
    if layer.kind == "Flatten":
        _last_channels(layer)
    size = int(np.prod(x.shape))
    target = [int(n) for n in layer.config.get("target_shape", [-1])]
    known = int(np.prod([n for n in target if n != -1]))
    x.reshape(clean(layer.name), tuple(size // known if n == -1 else n for n in target))


@_handles("Activation", "ReLU", "Dropout")
def _activation(x: Tensor, layer: Hgq2Layer) -> None:
    config = layer.config
    if layer.kind == "ReLU":
        if config.get("max_value") is not None or config.get("negative_slope") or \
                config.get("threshold"):
            raise _refused(layer, "a maximum, slope or threshold", "a plain ReLU would work")
        x.append(Relu(clean(layer.name), x.type))
    elif layer.kind == "Activation":
        activate(x, layer, clean(layer.name))


def activate(x: Tensor, layer: Hgq2Layer, name: str) -> None:
    """The activation that a layer's configuration names."""
    match layer.config.get("activation") or "linear":
        case "relu":
            x.append(Relu(name, x.type))
        case "linear":
            pass
        case other:
            raise UnsupportedError(f"{layer.name}: activation {other} is not supported in an HGQ2 "
                                   "model; relu and linear are")


def _pair(value: Any, line: bool) -> tuple[int, int]:
    """Rows and columns; signals along a line have one row.

    >>> _pair(3, False), _pair([2], True), _pair([1, 2], False)
    ((3, 3), (1, 2), (1, 2))
    """
    numbers = list(value) if isinstance(value, list | tuple) else [value] * (1 if line else 2)
    first, second = [1, *numbers] if line else numbers
    return int(first), int(second)
