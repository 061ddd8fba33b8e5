# SPDX-License-Identifier: Apache-2.0
"""QSoftmax of HGQ2: exponentials from a table, their sum, its reciprocal from another, products."""

from functools import partial

import numpy as np

from nnhw.frontends.hgq2_layer import Floats, Hgq2Layer, listed
from nnhw.frontends.hgq2_merge import add, multiply, repeated
from nnhw.frontends.hgq2_quantizers import narrowing, precision
from nnhw.frontends.hgq2_registry import handles, model_axis
from nnhw.frontends.hgq2_sums import reduced, summed
from nnhw.frontends.hgq2_tables import Function, Table, tabulate
from nnhw.frontends.hgq2_tensor import Tensor
from nnhw.frontends.names import clean

__all__: list[str] = []

#: Keras's own epsilon, which HGQ2 adds to a sum before it divides by it.
_EPSILON = np.float32(1e-7)


@handles("QSoftmax")
def _softmax(x: Tensor, layer: Hgq2Layer) -> None:
    """Where it is stable, exponentials are those of the distance from the largest element."""
    name, shape, config = clean(layer.name), x.shape, layer.config
    axes = tuple(sorted(model_axis(axis, len(shape)) for axis in listed(config["axes"])))
    whole = partial(repeated, range(len(shape)), [1 if a in axes else n
                                                  for a, n in enumerate(shape)], shape)
    factor = np.float32(config.get("input_scaler", 1.0))
    if config["stable"]:
        largest = x.fork()
        reduced(largest, f"{name}_largest", axes, "max", keepdims=True)
        largest.move(f"{name}_largest_repeated", whole)
        add(largest, f"{name}_distance", x, subtract=True)
        x.become(largest)
        factor = -factor
    _table(x, layer, "exp", lambda v: _exp(v * factor), "exp")
    total = x.fork()
    summed(total, f"{name}_sum", axes, keepdims=True)
    _table(total, layer, "inv", lambda v: np.float32(1) / (v + _EPSILON), "1/x")
    total.move(f"{name}_inv_repeated", whole)
    multiply(x, name, total)


def _exp(x: Floats) -> Floats:
    return np.exp(np.minimum(x.astype(np.float64), 88)).astype(np.float32)


def _table(x: Tensor, layer: Hgq2Layer, which: str, function: Function, title: str) -> None:
    """One of the two tables, a layer of its own with quantizers on both sides."""
    name = f"{clean(layer.name)}_{which}"
    inner = layer.part(f"{which}_table", "QUnaryFunctionLUT", {
        "name": name, "enable_iq": layer.config[f"{which}_iq_conf"] is not None, "enable_oq": True,
        **{f"{side}_conf": layer.config[f"{which}_{side}_conf"] for side in ("iq", "oq")}})
    if inner.settings("iq") is not None:
        x.quantize(name, narrowing(inner, "iq", x.shape))
    tabulate(x, f"{name}_table", inner,
             Table(function, title, precision(inner, "oq").within(x.shape)))
