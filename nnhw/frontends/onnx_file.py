# SPDX-License-Identifier: Apache-2.0
"""Reads an ONNX file into plain data: nodes, constants, inputs and outputs."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnhw.errors import ModelError, UnsupportedError
from nnhw.frontends.names import name_nodes
from nnhw.frontends.value import Floats, Origin

__all__ = ["Source", "SourceNode", "read"]


@dataclass(frozen=True, eq=False)
class SourceNode:
    """A node of the file.

    Parameters
    ----------
    kind, domain : str
        Operator.
    inputs, outputs : tuple of str
        Tensors; an empty name is an optional operand left out.
    attributes : dict
        Plain Python values and arrays.
    origin : Origin
        How the node is called.
    opset : int
        Version of the standard operators.
    proto : NodeProto
        The node itself, for the reference evaluator.
    """

    kind: str
    domain: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]
    origin: Origin
    opset: int
    proto: Any


@dataclass(frozen=True, eq=False)
class Source:
    """A model file: ``inputs`` are (name, shape without the batch axis).

    ``types`` holds NumPy's name of each input's element type.
    """

    name: str
    nodes: tuple[SourceNode, ...]
    constants: dict[str, Floats]
    inputs: tuple[tuple[str, tuple[int, ...]], ...]
    outputs: tuple[str, ...]
    types: dict[str, str]


def read(path: Path) -> Source:
    """Read a file; nothing but the fields that nnhw uses is checked.

    Raises
    ------
    ModelError
        If the file is missing, empty, cut short or not ONNX, or contradicts itself.
    """
    model = _parse(path)
    graph = model.graph
    if not graph.node or not graph.output:
        raise ModelError(f"{path}: the file holds no ONNX graph with nodes and outputs; it may be "
                         "cut short or of another format")
    constants = _constants(path, graph)
    opset = max((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), default=1)
    names = name_nodes(graph.node, set(constants))
    nodes = tuple(SourceNode(
        proto.op_type, proto.domain, tuple(proto.input), tuple(proto.output), _attributes(proto),
        origin, opset, proto) for proto, origin in zip(graph.node, names, strict=True))
    inputs = tuple((value.name, _shape(path, value)) for value in graph.input
                   if value.name not in constants)
    if not inputs:
        raise ModelError(f"{path}: the model has no input beside its constants")
    return Source(path.stem, _sorted(path, nodes, constants, inputs), constants, inputs,
                  tuple(value.name for value in graph.output), _types(graph))


def _parse(path: Path) -> Any:
    import onnx

    if path.is_dir() or not path.exists():
        raise ModelError(f"{path}: no such file")
    if path.stat().st_size == 0:
        raise ModelError(f"{path}: the file is empty")
    try:
        return onnx.load(str(path))
    except Exception as error:  # whatever the parser trips over, the file is at fault
        if type(error).__name__ == "DecodeError":
            raise ModelError(f"{path}: not an ONNX file, or cut short") from None
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelError(f"{path}: cannot be read, {reason}") from None


def _constants(path: Path, graph: Any) -> dict[str, Floats]:
    from onnx import numpy_helper

    if graph.sparse_initializer:
        raise UnsupportedError(f"{path}: sparse initializers are not supported; dense ones are")
    try:
        return {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    except (ValueError, TypeError) as error:
        raise ModelError(f"{path}: a constant cannot be read, {error}") from None


def _attributes(proto: Any) -> dict[str, Any]:
    from onnx import AttributeProto, helper, numpy_helper

    values: dict[str, Any] = {}
    for attribute in proto.attribute:
        value = helper.get_attribute_value(attribute)
        if attribute.type == AttributeProto.TENSOR:
            value = numpy_helper.to_array(value)
        values[attribute.name] = value.decode() if isinstance(value, bytes) else value
    return values


def _types(graph: Any) -> dict[str, str]:
    """Element type of each input."""
    from onnx import helper

    return {value.name: str(helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type))
            for value in graph.input if value.type.tensor_type.elem_type}


def _shape(path: Path, value: Any) -> tuple[int, ...]:
    """Shape of an input without its batch axis."""
    dims = value.type.tensor_type.shape.dim
    if not dims:
        raise UnsupportedError(f"{path}: input '{value.name}' has no shape; a fixed shape whose "
                               "first axis is the batch would work")
    if dims[0].HasField("dim_value") and dims[0].dim_value > 1:
        raise UnsupportedError(
            f"{path}: the first axis of input '{value.name}' is {dims[0].dim_value}; nnhw takes "
            "it for the batch, so 1 or a symbolic size would work")
    for axis, dim in enumerate(dims[1:], 1):
        if dim.dim_value < 1:
            raise UnsupportedError(
                f"{path}: axis {axis} of input '{value.name}' has no fixed size; only the first "
                "axis, the batch, may be left open")
    return tuple(dim.dim_value for dim in dims[1:])


def _sorted(path: Path, nodes: tuple[SourceNode, ...], constants: dict[str, Floats],
            inputs: tuple[tuple[str, tuple[int, ...]], ...]) -> tuple[SourceNode, ...]:
    """Nodes in an order in which every tensor is made before it is read."""
    known = {"", *constants, *(name for name, _ in inputs)}
    for name, times in Counter(name for node in nodes for name in node.outputs if name).items():
        if times > 1 or name in known:
            raise ModelError(f"{path}: tensor '{name}' is made twice")
    waiting, ordered = list(nodes), []
    while waiting:
        ready = [node for node in waiting if known.issuperset(node.inputs)]
        if not ready:
            missing = sorted(set(waiting[0].inputs) - known)
            raise ModelError(f"{path}: node '{waiting[0].origin.name}' reads tensor "
                             f"'{missing[0]}', which nothing makes")
        ordered += ready
        known.update(name for node in ready for name in node.outputs)
        waiting = [node for node in waiting if node not in ready]
    return tuple(ordered)
