# SPDX-License-Identifier: Apache-2.0
"""Inputs of the source model: those that are images enter with their channels last."""

from dataclasses import replace
from typing import Any

from nnhw.errors import UnsupportedError
from nnhw.frontends.int8 import CODES
from nnhw.frontends.layout import Layout
from nnhw.frontends.names import clean
from nnhw.frontends.onnx_file import Source, SourceNode
from nnhw.frontends.value import Live, Port
from nnhw.ir.graph import HostStep
from nnhw.numeric.types import FixedType

__all__ = ["check_codes", "enter_input"]

#: Operators that see channels first.
_IMAGE = frozenset({
    "Conv", "ConvTranspose", "ConvInteger", "QLinearConv", "MaxPool", "AveragePool",
    "GlobalAveragePool", "GlobalMaxPool", "QLinearAveragePool", "QLinearGlobalAveragePool"})
#: Operators behind which axes are no longer those of the input.
_OTHER = frozenset({
    "Reshape", "Flatten", "Squeeze", "Unsqueeze", "MatMul", "Gemm", "Shape", "Gather", "ArgMax",
    "QLinearMatMul", "MatMulInteger", "QGemm", "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin"})
#: What may be done to the codes of an integer input.
_ON_CODES = _IMAGE - {"Conv", "ConvTranspose", "AveragePool", "GlobalAveragePool"} | frozenset({
    "Cast", "Concat", "DequantizeLinear", "Dropout", "Expand", "Flatten", "Gather", "Identity",
    "MatMulInteger", "Pad", "QGemm", "QLinearAdd", "QLinearConcat", "QLinearLeakyRelu",
    "QLinearMatMul", "QLinearMul", "QLinearSigmoid", "QLinearSoftmax", "Relu", "Reshape", "Shape",
    "Slice", "Split", "Squeeze", "Tile", "Transpose", "Unsqueeze"})


def check_codes(node: SourceNode, operands: list[Any]) -> None:
    """Refuse arithmetic on an integer input, which frameworks do modulo its width."""
    for value in operands:
        if isinstance(value, Live) and isinstance(value.source, Port) and value.source.code \
                and node.kind not in _ON_CODES:
            raise UnsupportedError(
                f"node '{node.origin.name}': {node.kind}: arithmetic on an integer input is not "
                "supported; a DequantizeLinear, or a Cast to FLOAT, in front would work")


def enter_input(source: Source, name: str, shape: tuple[int, ...], sample: Any) -> Live:
    """The value of an input, in the order in which the network's first image operator wants it.

    The host transposes (``InputPort.steps``), so that no stream has to.
    """
    code = _code(source, name)
    port = Port(clean(name), shape, shape, (), code)
    axes = _wanted(source, name, len(shape))
    if axes is None or axes == tuple(range(len(shape))):
        return Live(shape, port, (), sample)
    ours, layout = tuple(shape[a] for a in axes), Layout.permuted(shape, axes)
    move = HostStep("reshape", ours) if layout.is_rows else HostStep(
        "transpose", (0, *(a + 1 for a in axes)))
    return Live(shape, replace(port, ours=ours, moves=(move,)), (), sample, layout)


def _code(source: Source, name: str) -> FixedType | None:
    """Type of an integer input; None for a float one."""
    kind = source.types.get(name, "float32")
    if kind not in CODES and kind not in ("float16", "bfloat16", "float32", "float64"):
        raise UnsupportedError(f"input '{name}': elements of type {kind} are not supported; float "
                               "or 8-bit integers would work")
    return CODES.get(kind)


def _wanted(source: Source, name: str, rank: int) -> tuple[int, ...] | None:
    """Axes of the input in the order in which the nearest image operator reads it; or None."""
    waiting = [(name, tuple(range(rank)))]
    seen = set()
    while waiting:
        tensor, axes = waiting.pop(0)
        for node in source.nodes:
            if tensor not in node.inputs[:1] and (node.kind in _IMAGE or tensor not in node.inputs):
                continue
            if node.kind in _IMAGE:
                return (*axes[1:], axes[0])
            after = _behind(node, axes)
            if after is not None and (node.outputs[0], after) not in seen:
                seen.add((node.outputs[0], after))
                waiting.append((node.outputs[0], after))
    return None


def _behind(node: SourceNode, axes: tuple[int, ...]) -> tuple[int, ...] | None:
    """Which axis of the input each axis of a node's result is."""
    if node.kind in _OTHER:
        return None
    if node.kind != "Transpose":
        return axes
    perm = node.attributes.get("perm", range(len(axes) + 1)[::-1])
    if perm[0] != 0:
        return None
    return tuple(axes[a - 1] for a in perm[1:])
