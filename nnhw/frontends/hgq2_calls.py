# SPDX-License-Identifier: Apache-2.0
"""Which layer of a Keras 3 model is applied to which tensors."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nnhw.errors import UnsupportedError
from nnhw.frontends.hgq2_layer import Hgq2Layer

__all__ = ["Call", "functional_calls", "sequential_calls"]

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


def sequential_calls(config: dict[str, Any], layers: list[Hgq2Layer]) -> Calls:
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
    return calls, {calls[-1].result: calls[-1].result}


def functional_calls(config: dict[str, Any], layers: list[Hgq2Layer]) -> Calls:
    """Every application of every layer, operands first."""
    waiting = []
    for entry, layer in zip(config["layers"], layers, strict=True):
        nodes = entry.get("inbound_nodes") or [{}]
        for number, node in enumerate(nodes):
            operands = tuple(_operands(layer, node))
            waiting.append(Call(layer, operands, _name(layer.name, number)))
    inputs = [name for name, *_ in _triples(config["input_layers"])]
    waiting.sort(key=lambda call: inputs.index(call.result) if call.result in inputs else 1 << 30)
    ordered: list[Call] = []
    made: set[str] = set()
    while waiting:
        ready = [call for call in waiting if made.issuperset(call.operands)]
        assert ready, "a model of layers that wait for one another"
        ordered += ready
        made |= {call.result for call in ready}
        waiting = [call for call in waiting if call.result not in made]
    outputs = [_name(name, number) for name, number, _ in _triples(config["output_layers"])]
    return ordered, {name: name for name in outputs}


def _name(layer: str, number: int) -> str:
    """Name of the tensor that a layer makes when it is applied for the n-th time."""
    return f"{layer}_call_{number}" if number else layer


def _operands(layer: Hgq2Layer, node: dict[str, Any]) -> Iterator[str]:
    """Tensors among the arguments of an application; others must not be given."""
    named = node.get("kwargs", {})
    values = [*node.get("args", []), *(named.get(key) for key in _OPERANDS)]
    extra = [key for key, value in named.items()
             if key not in (*_OPERANDS, "training") and value not in (None, False)]
    if named.get("key") is not None and named.get("value") is None and len(values) < 5:
        extra.append("a key but no value")
    for value in values:
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict) and one.get("class_name") == "__keras_tensor__":
                name, number, index = one["config"]["keras_history"]
                extra += ["its second result"] if index else []
                yield _name(name, number)
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
