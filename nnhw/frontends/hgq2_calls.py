# SPDX-License-Identifier: Apache-2.0
"""Which layer of a Keras 3 model is applied to which tensors."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nnhw.errors import UnsupportedError
from nnhw.frontends.hgq2_layer import Hgq2Layer, listed

__all__ = ["Call", "model_calls"]

#: Names under which attention may get its operands, in order.
_OPERANDS = ("query", "value", "key")
Calls = tuple[list["Call"], dict[str, str]]


@dataclass(frozen=True, eq=False)
class Call:
    """A layer applied to tensors, which are named after the layers that make them.

    Parameters
    ----------
    layer : Hgq2Layer
        What is applied.
    operands : tuple of str
        Tensors it reads.
    result : str
        Tensor it makes.
    """

    layer: Hgq2Layer
    operands: tuple[str, ...]
    result: str


def model_calls(kind: str, config: dict[str, Any], layers: Sequence[Hgq2Layer]) -> Calls:
    """Every application of every layer of a model, operands first; inputs in the model's order.

    Layers that are models are opened up.

    Returns
    -------
    calls : list of Call
        Applications.
    outputs : dict of str to str
        Tensor that leaves under each name, in order.
    """
    read = _sequential if kind == "Sequential" else _functional
    waiting, outputs = read(config, layers)
    ordered: list[Call] = []
    names: dict[str, str] = {}  # what other models call the tensors of those that are opened up
    while waiting:
        ready = [call for call in waiting if names.keys() >= set(call.operands)]
        assert ready, "a model of layers that wait for one another"
        for call in ready:
            call = replace(call, operands=tuple(names[name] for name in call.operands))
            opened, results = _opened(call) if call.layer.inner else ([call], [call.result])
            ordered += opened
            names |= {_result(call.result, n): name for n, name in enumerate(results)}
        waiting = [call for call in waiting if call.result not in names]
    return ordered, {name: names[name] for name in outputs}


def _opened(call: Call) -> tuple[list[Call], list[str]]:
    """Applications inside a model that is a layer, and the tensors that leave it."""
    layer = call.layer
    calls, outputs = model_calls(layer.kind, layer.config, layer.inner)
    inputs = [one.result for one in calls if one.layer.kind == "InputLayer"]
    names = {one.result: f"{call.result}/{one.result}" for one in calls}
    names |= dict(zip(inputs, call.operands, strict=True))
    return [Call(one.layer.named(f"{call.result}/{one.layer.name}"),
                 tuple(names[name] for name in one.operands), names[one.result])
            for one in calls if one.result not in inputs], [names[t] for t in outputs.values()]


def _sequential(config: dict[str, Any], layers: Sequence[Hgq2Layer]
                ) -> tuple[list[Call], list[str]]:
    """Each layer reads the one before it."""
    if layers[0].kind != "InputLayer":
        shape = config.get("build_input_shape")
        if shape is None:
            raise UnsupportedError(f"{layers[0].name}: the model's input has no shape; a model "
                                   "that was built or begins with keras.Input would work")
        layers = [Hgq2Layer("InputLayer", {"name": "x", "batch_shape": shape}, {}), *layers]
    calls = [Call(layers[0], (), layers[0].name)]
    for layer in layers[1:]:
        calls.append(Call(layer, (calls[-1].result,), layer.name))
    return calls, [calls[-1].result]


def _functional(config: dict[str, Any], layers: Sequence[Hgq2Layer]
                ) -> tuple[list[Call], list[str]]:
    """Every layer has a node for each of its applications."""
    models = {layer.name: layer.kind for layer in layers if layer.inner}
    calls = []
    for entry, layer in zip(config["layers"], layers, strict=True):
        nodes = entry.get("inbound_nodes") or [{}]
        for number, node in enumerate(nodes):
            operands = tuple(_operands(layer, node, models))
            calls.append(Call(layer, operands, _name(layer.name, number)))
    inputs = [name for name, *_ in _triples(config["input_layers"])]
    calls.sort(key=lambda call: inputs.index(call.result) if call.result in inputs else 1 << 30)
    # Outputs alone count the node that a Functional model has from the beginning.
    return calls, [_result(_name(name, number - (models.get(name) == "Functional")), index)
                   for name, number, index in _triples(config["output_layers"])]


def _name(layer: str, number: int) -> str:
    """Name of the tensor that a layer makes when it is applied for the n-th time."""
    return f"{layer}_call_{number}" if number else layer


def _result(name: str, index: int) -> str:
    """Name of one of several tensors that a model makes."""
    return f"{name}_result_{index}" if index else name


def _operands(layer: Hgq2Layer, node: dict[str, Any], models: Container[str]) -> Iterator[str]:
    """Tensors among the arguments of an application; others must not be given."""
    named = node.get("kwargs", {})
    values = [*node.get("args", []), *(named.get(key) for key in _OPERANDS)]
    extra = [key for key, value in named.items()
             if key not in (*_OPERANDS, "training") and any(
                 one not in (None, False) for one in listed(value))]
    if named.get("key") is not None and named.get("value") is None and len(values) < 5:
        extra.append("a key but no value")
    for value in values:
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict) and one.get("class_name") == "__keras_tensor__":
                name, number, index = one["config"]["keras_history"]
                extra += [f"result {index} of {name}"] if index and name not in models else []
                yield _result(_name(name, number), index)
            elif one is not None:
                extra.append(f"argument {one}")
    if extra:
        raise UnsupportedError(f"{layer.name}: a call with {extra[0]} is not supported for an HGQ2 "
                               "layer; tensors alone would work")


def _triples(value: Any) -> Iterator[tuple[str, int, int]]:
    """Layer, application and result of each output, however they are nested."""
    if isinstance(value, list) and len(value) == 3 and isinstance(value[0], str):
        yield value[0], int(value[1]), int(value[2])
    else:
        for one in value.values() if isinstance(value, dict) else value:
            yield from _triples(one)
