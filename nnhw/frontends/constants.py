# SPDX-License-Identifier: Apache-2.0
"""Nodes whose operands are all known at build time."""

from typing import Any

import numpy as np

from nnhw.errors import ModelError, UnsupportedError
from nnhw.frontends.int8 import dequantize_constant
from nnhw.frontends.onnx_file import SourceNode
from nnhw.frontends.quant_spec import QUANTIZERS, quantize_constant
from nnhw.frontends.value import Const

__all__ = ["evaluate", "fold_constant"]

#: Operators that move elements but do not change them: a quantized constant stays one.
_MOVES = frozenset({"Transpose", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Identity"})


def fold_constant(node: SourceNode, operands: list[Any]) -> list[Const]:
    """Values of the node's outputs."""
    if node.kind in QUANTIZERS:
        return [quantize_constant(node, operands)]
    if node.kind == "DequantizeLinear":
        return [dequantize_constant(node, operands)]
    arrays = [None if value is None else np.asarray(value.value) for value in operands]
    first = operands[0] if operands else None
    if node.kind in _MOVES and isinstance(first, Const):
        return [first.mapped(lambda a: evaluate(node, [a, *arrays[1:]])[0], node.outputs[0])]
    return [Const(value, name=name) for value, name in zip(evaluate(node, arrays), node.outputs,
                                                           strict=False)]


def evaluate(node: SourceNode, arrays: list[Any]) -> list[Any]:
    """Run one node of ONNX's own domain by its reference implementation."""
    from onnx import TensorProto, helper
    from onnx.reference import ReferenceEvaluator

    if node.domain not in ("", "ai.onnx"):
        raise UnsupportedError(f"node '{node.origin.name}': operator {node.domain}:{node.kind} on "
                               "constants is not supported; supported are Quant and BipolarQuant")
    feeds = {name: array for name, array in zip(node.inputs, arrays, strict=True) if name}
    inputs = [helper.make_tensor_value_info(
        name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
        for name, array in feeds.items()]
    outputs = [helper.make_tensor_value_info(name, TensorProto.UNDEFINED, None)
               for name in node.outputs if name]
    graph = helper.make_graph([node.proto], "constant", inputs, outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", node.opset)])
    try:
        return list(ReferenceEvaluator(model).run(None, feeds))
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelError(f"node '{node.origin.name}': operator {node.kind} on constants cannot be "
                         f"evaluated, {reason}") from None
