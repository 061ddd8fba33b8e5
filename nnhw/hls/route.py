# SPDX-License-Identifier: Apache-2.0
"""The way through the top function: which calls it makes, and which variables lie between them."""

import math
from dataclasses import dataclass, field, replace
from typing import Any

from nnhw.errors import UnsupportedError
from nnhw.hls.cpp import Names
from nnhw.hls.kernel import Kernel, Place
from nnhw.hls.places import Spot, needs_streams, spots
from nnhw.hw.layout import PortLayout
from nnhw.ir.graph import Graph, Node
from nnhw.ir.op import Op, facet
from nnhw.ir.types import TensorType
from nnhw.layers.reshape.op import Reshape

__all__ = ["Call", "Layer", "Route", "Variable", "make_route"]

#: Words of a FIFO between two layers that work at one pace.
_DEPTH = 2


@dataclass(frozen=True, eq=False)
class Variable:
    """A tensor between two calls.

    Parameters
    ----------
    name : str
        Identifier; the tensor's type is ``kind``.
    kind : str
        Identifier of the element's type.
    type : TensorType
        Of the tensor.
    lanes : int
        Elements in a beat; what a cycle writes.
    depth : int
        Beats that its FIFO must hold.
    port : bool
        Whether it is an argument of the top function.
    """

    name: str
    kind: str
    type: TensorType
    lanes: int
    depth: int = _DEPTH
    port: bool = False


@dataclass(frozen=True, eq=False)
class Call:
    """One line of the top function."""

    function: str
    arguments: tuple[str, ...]
    comment: str = ""


@dataclass(frozen=True, eq=False)
class Layer:
    """A node with its struct: identifier, what the facet said, types of operands."""

    name: str
    node: Node
    kernel: Kernel
    operands: tuple[str, ...]
    result: str
    lanes: int


@dataclass
class Route:
    """What the writer needs.

    Parameters
    ----------
    top : str
        Name of the function.
    stream : bool
        Whether tensors travel as beats in streams between the calls, or as arrays.
    axis : bool
        Whether the ports are streams too.
    pipeline : bool
        Whether the whole function takes a new frame every cycle, without any dataflow.
    inputs, outputs : list of (PortLayout, Variable)
        Ports.
    kinds : dict of str to TensorType
        Element types by identifier, in order of use.
    """

    top: str
    stream: bool
    axis: bool
    pipeline: bool
    inputs: list[tuple[PortLayout, Variable]] = field(default_factory=list)
    outputs: list[tuple[PortLayout, Variable]] = field(default_factory=list)
    variables: list[Variable] = field(default_factory=list)
    layers: list[Layer] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    kinds: dict[str, TensorType] = field(default_factory=dict)


def make_route(graph: Graph, design: Any) -> Route:
    """Lay ``graph`` out with the folding of ``design``.

    Raises
    ------
    UnsupportedError
        If a layer has no facet ``hls``.
    """
    return _Router(graph, design).route


class _Router:
    def __init__(self, graph: Graph, design: Any) -> None:
        self.graph, self.names = graph, Names()
        self.spots = spots(design)
        ports = (*design.inputs, *design.outputs)
        axis = any(port.axi or port.beats > 1 for port in ports)
        stream = axis or needs_streams(design)
        whole = all(spot.lanes[0] >= node.op.inputs[0].size and spot.steps == 1
                    for node in graph if node.name in self.spots
                    for spot in [self.spots[node.name]])
        top = self.names.take(graph.name)
        self.route = Route(top, stream, axis, whole and not stream)
        self.waiting: dict[str, list[Variable]] = {}
        self.alias = {port.name: port.name for port in graph.inputs}
        for node in graph:
            self.alias[node.name] = (self.alias[node.inputs[0]] if isinstance(node.op, Reshape)
                                     else node.name)
        # Ports get their names first: users meet these.
        names = [port.name for port in graph.inputs] + [port.name for port in graph.outputs]
        self.ports = {name: self.names.take(layout.name)
                      for name, layout in zip(names, ports, strict=True)}
        for port, layout in zip(graph.inputs, design.inputs, strict=True):
            self._input(port.name, port.type, layout)
        for node in graph:
            if not isinstance(node.op, Reshape):
                self._layer(node)
        for shown, layout in zip(graph.outputs, design.outputs, strict=True):
            self._output(shown.name, shown.tensor, layout)

    def _readers(self, tensor: str) -> int:
        """Calls and ports that read a tensor, under whichever name."""
        same = {name for name, first in self.alias.items() if first == tensor}
        reads = sum(name in same for node in self.graph if not isinstance(node.op, Reshape)
                    for name in node.inputs)
        return reads + sum(port.tensor in same for port in self.graph.outputs)

    def _variable(self, name: str, kind: str, tensor: TensorType, lanes: int,
                  depth: int = _DEPTH) -> Variable:
        return self._declare(Variable(self.names.take(name), kind, tensor, lanes, depth))

    def _declare(self, made: Variable) -> Variable:
        self.route.variables.append(made)
        return made

    def _kind(self, name: str, tensor: TensorType) -> str:
        self.route.kinds[f"{name}_t"] = tensor
        return f"{name}_t"

    def _call(self, function: str, *arguments: str, comment: str = "") -> None:
        self.route.calls.append(Call(function, arguments, comment))

    def _input(self, tensor: str, kind: TensorType, layout: PortLayout) -> None:
        name = self.ports[tensor]
        port = Variable(name, self._kind(name, kind), kind, layout.lanes, port=True)
        self.route.inputs.append((layout, port))
        if self.route.stream:
            lanes = layout.lanes if self.route.axis else self._wanted(tensor, layout.lanes)
            beats = self._variable(f"{name}_beats", port.kind, kind, lanes)
            verb = f"unpack<{kind.size}, {lanes}, {layout.stride}>"
            self._call(verb if self.route.axis else f"from_array<{kind.size}, {lanes}>",
                       name, beats.name)
            port = beats
        self._offer(tensor, port)

    def _wanted(self, tensor: str, otherwise: int) -> int:
        """Elements in a beat that the first reader of a tensor takes."""
        for node in self.graph:
            for k, name in enumerate(node.inputs):
                if self.alias[name] == tensor and not isinstance(node.op, Reshape):
                    return self.spots[node.name].lanes[k]
        return otherwise

    def _offer(self, tensor: str, made: Variable) -> None:
        """Make a variable available to all readers; dataflow allows each only one."""
        ways = self._readers(tensor)
        if self.route.pipeline:
            self.waiting[tensor] = [made] * ways
            return
        ends, beats = [made], -(-made.type.size // made.lanes)
        while len(ends) < ways:
            source = ends.pop()
            pair = [self._variable(f"{made.name}_{len(ends) + k + 1}", made.kind, made.type,
                                   made.lanes, beats + _DEPTH) for k in range(2)]
            self._call(f"fork<{made.type.size}, {made.lanes}>", source.name,
                       pair[0].name, pair[1].name)
            ends += pair
        self.waiting[tensor] = ends

    def _take(self, tensor: str, lanes: int) -> Variable:
        """The next end of a tensor, brought to ``lanes`` elements a beat where that matters.

        With 0 lanes any number will do.
        """
        made = self.waiting[self.alias[tensor]].pop(0)
        if not self.route.stream or lanes in (made.lanes, 0):
            return made
        middle = math.gcd(made.lanes, lanes)
        for verb, target in (("narrow", middle), ("widen", lanes)):
            if made.lanes != target:
                fresh = self._variable(f"{made.name}_by_{target}", made.kind, made.type, target,
                                       made.depth)
                self._call(f"{verb}<{made.type.size}, {made.lanes}, {target}>", made.name,
                           fresh.name)
                made = fresh
        return made

    def _layer(self, node: Node) -> None:
        op, spot = node.op, self.spots[node.name]
        operands = [self._take(name, lanes)
                    for name, lanes in zip(node.inputs, spot.lanes, strict=True)]
        if len(operands) > 1:
            operands = [self._deepened(v) for v in operands]
        name = self.names.take(node.name)
        kernel = _kernel(op, Place(name, spot.lanes[0], spot.blocks))
        result = self._result(node, name, spot.lanes_out)
        self.route.layers.append(Layer(f"{name}_layer", node, kernel,
                                       tuple(v.kind for v in operands), result.kind,
                                       spot.lanes[0]))
        self._call(kernel.call.replace("LAYER", f"{name}_layer"),
                   *(v.name for v in operands), result.name, *kernel.arguments,
                   comment=_comment(op, spot))
        if not result.port:
            self._offer(node.name, result)

    def _deepened(self, operand: Variable) -> Variable:
        """An operand of a join waits for the other one: its FIFO holds a whole tensor."""
        if operand not in self.route.variables:
            return operand
        depth = -(-operand.type.size // operand.lanes) + _DEPTH
        deep = replace(operand, depth=max(depth, operand.depth))
        self.route.variables[self.route.variables.index(operand)] = deep
        return deep

    def _result(self, node: Node, name: str, lanes: int) -> Variable:
        """The variable a layer writes: a port itself, where nobody else reads the tensor."""
        outputs = [port for port in self.graph.outputs
                   if self.alias[port.tensor] == node.name
                   and port.type.element == node.op.y.element]
        if outputs and not self.route.stream and self._readers(node.name) == 1:
            port = self.ports[outputs[0].name]
            return Variable(port, f"{port}_t", node.op.y, lanes, port=True)
        return self._declare(Variable(name, self._kind(name, node.op.y), node.op.y, lanes))

    def _output(self, name: str, tensor: str, layout: PortLayout) -> None:
        port_name, kind = self.ports[name], self.graph.types[tensor]
        port = Variable(port_name, self._kind(port_name, layout.type), kind, layout.lanes,
                        port=True)
        self.route.outputs.append((layout, port))
        if not self.waiting.get(self.alias[tensor]):
            return  # the layer wrote into the port
        made = self._take(tensor, layout.lanes if self.route.axis else 0)
        if self.route.stream and not self.route.axis:
            self._call(f"to_array<{kind.size}, {made.lanes}>", made.name, port_name)
        elif self.route.stream:
            self._call(f"pack<{kind.size}, {layout.lanes}, {layout.stride}>", made.name, port_name)
        else:
            self._call(f"copy<{kind.size}, {made.lanes}>", made.name, port_name)


def _comment(op: Op, spot: Spot) -> str:
    a, b = spot.blocks
    shape = "x".join(map(str, op.y.shape)) or "scalar"
    folds = ""
    if spot.steps > 1:
        turns = spot.steps // (a * b)
        parts = ((a, "column blocks"), (b, "row blocks"), (turns, "turns"))
        folds = f", reuse {spot.steps}: " + ", ".join(f"{n} {what}" for n, what in parts if n > 1)
    return f"{op.name}: {op.kind} to {op.y.element}[{shape}]{folds}"


def _kernel(op: Op, place: Place) -> Kernel:
    module = facet(op, "hls")
    if module is None:
        raise UnsupportedError(f"{op.name}: layer {op.kind} has no HLS C++ yet; "
                               "the RTL and golden engines work")
    found = module.kernel(op, place)
    assert isinstance(found, Kernel), op.kind
    return found
