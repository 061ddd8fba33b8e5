# SPDX-License-Identifier: Apache-2.0
"""Recurrent layers of HGQ2, one step behind the other."""

from functools import partial

import numpy as np

from nnhw.frontends.hgq2_dense import activate, product
from nnhw.frontends.hgq2_layer import Floats, Hgq2Layer
from nnhw.frontends.hgq2_merge import add, concatenated, multiply
from nnhw.frontends.hgq2_quantizers import narrowing, quantized_weights
from nnhw.frontends.hgq2_registry import handles, refused
from nnhw.frontends.hgq2_tensor import Tensor
from nnhw.frontends.names import clean

__all__: list[str] = []

_NO_BIAS = np.zeros(1, dtype=np.float32)


@handles("QSimpleRNN", "QGRU")
def _recurrent(x: Tensor, layer: Hgq2Layer) -> None:
    """The products of all inputs, then what each step adds to its own."""
    config, name = layer.config, clean(layer.name)
    for setting in ("return_state", "stateful"):
        if config.get(setting):
            raise refused(layer, setting, f"{setting} = False would work")
    step = _gru if layer.kind == "QGRU" else _simple
    units = int(config["units"])
    product(x, f"{name}_inputs", quantized_weights(layer, "kq", layer.own(0)), _bias(layer, 0))
    times = range(x.shape[0])
    state = _columns(x, f"{name}_first", 0, 0, units)
    state.scale(f"{name}_begin", 0.0, 0.0)
    states = []
    for time in reversed(times) if config.get("go_backwards") else times:
        state = step(layer, f"{name}_{time}", partial(_columns, x, f"{name}_{time}_input", time),
                     state.fork())
        states.append(state.fork())
    if not config.get("return_sequences"):
        return x.become(state)
    for each in states:
        each.reshape(f"{name}_row", (1, units))
    concatenated(states[0], name, 0, *states[1:])
    x.become(states[0])


def _columns(x: Tensor, name: str, time: int, first: int, last: int) -> Tensor:
    """Some of what a step's input comes to."""
    part = x.fork()
    part.move(name, lambda a: a[time, first:last])
    return part


def _split(x: Tensor, name: str, first: int, last: int) -> Tensor:
    part = x.fork()
    part.move(name, lambda a: a[first:last])
    return part


def _bias(layer: Hgq2Layer, row: int) -> Floats:
    """That of inputs (0) or of states (1), which only a GRU may have."""
    if not layer.config.get("use_bias", True):
        return _NO_BIAS
    bias = quantized_weights(layer, "bq", layer.own(2))
    rows = bias if bias.ndim > 1 else bias[None]
    return rows[row] if row < len(rows) else _NO_BIAS


def _quantize(x: Tensor, layer: Hgq2Layer, which: str, name: str) -> None:
    if layer.config.get(f"{which}_conf") is not None:
        x.quantize(f"{name}_{which}", narrowing(layer, which, x.shape))


def _simple(layer: Hgq2Layer, name: str, inputs: "partial[Tensor]", state: Tensor) -> Tensor:
    _quantize(state, layer, "sq", name)
    product(state, f"{name}_states", quantized_weights(layer, "rkq", layer.own(1)), _NO_BIAS)
    x = inputs(0, int(layer.config["units"]))
    add(x, f"{name}_sum", state)
    _quantize(x, layer, "paq", name)
    activate(x, layer, f"{name}_relu")
    return x


def _gru(layer: Hgq2Layer, name: str, inputs: "partial[Tensor]", state: Tensor) -> Tensor:
    """Update and reset gates lie side by side; ``reset_after`` tells where a reset takes place."""
    units, after = int(layer.config["units"]), layer.config["reset_after"]
    kernel = quantized_weights(layer, "rkq", layer.own(1))
    _quantize(state, layer, "sq", name)
    inner = state.fork()
    product(inner, f"{name}_states", *(
        (kernel, _bias(layer, 1)) if after else (kernel[:, :2 * units], _NO_BIAS)))
    gates = inputs(0, 2 * units)
    add(gates, f"{name}_gates", _split(inner, f"{name}_inner_gates", 0, 2 * units))
    activate(gates, layer, f"{name}_gates_relu", "recurrent_activation")
    _quantize(gates, layer, "praq", name)
    update = _split(gates, f"{name}_update", 0, units)
    reset = _split(gates, f"{name}_reset", units, 2 * units)
    if after:
        past = _split(inner, f"{name}_inner", 2 * units, 3 * units)
        _quantize(past, layer, "rhq", name)
        multiply(past, f"{name}_past", reset)
    else:
        past = state.fork()
        multiply(past, f"{name}_kept", reset)
        _quantize(past, layer, "rhq", name)
        product(past, f"{name}_past", kernel[:, 2 * units:], _NO_BIAS)
    new = inputs(2 * units, 3 * units)
    add(new, f"{name}_new", past)
    activate(new, layer, f"{name}_relu")
    _quantize(new, layer, "paq", name)
    return _mixed(name, state, new, update)


def _mixed(name: str, state: Tensor, new: Tensor, update: Tensor) -> Tensor:
    """What the update gate keeps of the old state, and the rest of the new one."""
    multiply(state, f"{name}_old_share", update.fork())
    update.scale(f"{name}_rest", -1.0, 1.0)
    multiply(new, f"{name}_new_share", update)
    add(state, f"{name}_state", new)
    return state
