# SPDX-License-Identifier: Apache-2.0
"""Networks of symbolic tensors, and how they become a graph."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from nnhw.dsl.tensor import Tensor
from nnhw.errors import ModelError
from nnhw.ir.graph import Graph, InputPort, Node, OutputPort
from nnhw.ir.op import Op

__all__ = ["Network", "Sequential"]


class Network:
    """Everything between some inputs and some outputs.

    Parameters
    ----------
    inputs : Tensor or sequence of Tensor
        Made by ``nnhw.Input``, in the order of the ports.
    outputs : Tensor or sequence of Tensor
        In the order of the ports; an output bears the name of its operation.
    name : str
        Of the network and its top module.

    Raises
    ------
    ModelError
        If two operations bear one name, or an output needs an input that is not listed.
    """

    def __init__(self, inputs: Tensor | Sequence[Tensor], outputs: Tensor | Sequence[Tensor],
                 name: str = "network") -> None:
        self.inputs = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
        self.outputs = (outputs,) if isinstance(outputs, Tensor) else tuple(outputs)
        self.name = name
        self._graph = _lower(self)

    def graph(self) -> Graph:
        """The typed integer graph."""
        return self._graph

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}: {len(self._graph.nodes)} nodes>"


class Sequential(Network):
    """A chain of layers behind one input.

    Parameters
    ----------
    input : Tensor
        Made by ``nnhw.Input``.
    *steps : callable
        Layers such as ``nnhw.Dense(...)``, or any function from a tensor to a tensor.
    name : str
        Of the network and its top module.

    >>> from nnhw.dsl import Dense, Input, ReLU
    >>> Sequential(Input(2, "fixed<8,3>"), Dense([[1, -1]]), ReLU(), name="tiny")
    <Sequential tiny: 2 nodes>
    """

    def __init__(self, input: Tensor, *steps: Callable[[Tensor], Tensor],
                 name: str = "network") -> None:
        if not isinstance(input, Tensor):
            raise ModelError("the first argument of Sequential must be nnhw.Input(...), "
                             f"not {type(input).__name__}")
        output = input
        for step in steps:
            output = step(output)
        super().__init__(input, output, name)


def _lower(network: Network) -> Graph:
    ordered = _in_order(network.outputs)
    ports: list[InputPort] = []
    for tensor in network.inputs:
        if not isinstance(tensor.source, InputPort):
            raise ModelError(f"{network.name}: inputs must be made by nnhw.Input")
        ports.append(tensor.source)
    for tensor in ordered:
        if isinstance(tensor.source, InputPort) and tensor.source not in ports:
            raise ModelError(f"{network.name}: input {tensor.source.name} is used but not listed")
    names = _names(network.name, list(network.inputs), ordered)
    nodes = tuple(Node(replace(tensor.source, name=names[id(tensor)]),
                       tuple(names[id(operand)] for operand in tensor.operands))
                  for tensor in ordered if isinstance(tensor.source, Op))
    outputs = tuple(OutputPort(names[id(t)], names[id(t)], t.shape, t.type)
                    for t in network.outputs)
    return Graph(network.name, tuple(ports), nodes, outputs)


def _in_order(outputs: Sequence[Tensor]) -> list[Tensor]:
    """Every tensor that the outputs need, operands first; deep chains need no recursion."""
    done: dict[int, Tensor] = {}
    stack = list(reversed(outputs))
    while stack:
        tensor = stack[-1]
        waiting = [operand for operand in tensor.operands if id(operand) not in done]
        if waiting:
            stack += reversed(waiting)
        else:
            done.setdefault(id(stack.pop()), tensor)
    return list(done.values())


def _names(network: str, inputs: list[Tensor], ordered: list[Tensor]) -> dict[int, str]:
    """A name for every tensor: its own, or its kind and a number."""
    tensors = list({id(t): t for t in (*inputs, *ordered)}.values())
    given = [t.source.name for t in tensors if t.source.name]
    twice = next((name for name in given if given.count(name) > 1), None)
    if twice is not None:
        raise ModelError(f"{network}: two tensors are named {twice!r}; give each its own name")
    names, taken = {}, set(given)
    for tensor in tensors:
        source = tensor.source
        name = source.name or _fresh(source.kind if isinstance(source, Op) else "x", taken)
        taken.add(name)
        names[id(tensor)] = name
    return names


def _fresh(kind: str, taken: set[str]) -> str:
    return next(name for i in range(len(taken) + 1) if (name := f"{kind}_{i}") not in taken)
