# SPDX-License-Identifier: Apache-2.0
"""Readable unique names for the nodes of a source model.

A node is called after the path in its own name or its output's name, without the last part where
that only repeats the operator (``model_1/fc1_relu/MatMul:0`` is ``fc1_relu``); a matrix product
whose name says nothing after its weights (``layers.0.weight`` is ``layers_0``); any other node
after its operator and output (``BipolarQuant_37``).
"""

import re
from collections.abc import Iterable
from typing import Any

from nnhw.frontends.value import Origin

__all__ = ["clean", "name_nodes"]

#: Last parts of a path that only say which operation it is.
_GENERIC = re.compile(
    r"(?:parameter\d*|matmul|gemm|biasadd|bias_add|add|sub|mul|div|relu\d?|leaky_?relu|sigmoid|tanh|softmax|"
    r"batchnorm(?:alization)?|batch_normalization|fusedbatchnorm\w*|identity|quant|bipolarquant|"
    r"intquant|trunc|conv|convolution|linear|reshape|flatten|transpose|constant|squeeze|unsqueeze|clip|argmax|"
    r"readvariableop|read|weight|kernel|bias|w|b|out|output|"
    r"matmul_gemm|softplus|hardsigmoid|dropout|export_handler|tensor)(?:_+\d+)*",
    re.IGNORECASE)
#: TensorFlow's operators and what its converters append to their names, and names of whole models;
#: Keras layers are called alike, in small letters.
_TENSORFLOW = re.compile(
    r"(?:(?:(?:Max|Avg)Pool|(?:Depthwise)?Conv[123]D|depthwise|ExpandDims|Mean|Pad|Relu6?)"
    r"(?:_weights|_bias|_fused_bn|_dequant|_prequant|_quantized|_*\d+)*"
    r"|resource|model|sequential|functional)(?:_*\d+)*")
#: What quantizing tools append to a tensor's name, and what exporters append to a node's.
_INT8 = re.compile(r"(?:_prequant|_quantized?|_dequant|_zero_point|_scale|"
                   r"_(?:Quantize|Dequantize)Linear(?:_(?:Input|Output))?(?:__\d+)?(?::\d+)?)+$")
_ENDING = re.compile(r"(?::\d+|_output_\d+|_out\d+|_param\d+)$", re.IGNORECASE)
#: Words of Verilog and C++ that a model may well use for a tensor.
_RESERVED = frozenset(
    "input output inout module reg wire logic assign always begin end case default if else for "
    "while function task parameter signed unsigned table time real integer event force release "
    "int float double char short long bool class const static struct union enum new delete this "
    "return switch break continue do void auto register operator template typename using "
    "namespace public private protected virtual and or not xor nand nor buf property sequence "
    "bit byte string type initial final generate edge join fork wait disable repeat forever "
    "primitive specify strong weak pull small medium large scalar cell config design library "
    "instance use include true false main".split())
_PRODUCTS = ("MatMul", "Gemm", "Conv", "ConvTranspose", "QLinearConv",
             "QLinearMatMul", "QGemm", "ConvInteger", "MatMulInteger")
_MOVES = ("Reshape", "Transpose", "Squeeze", "Unsqueeze", "Flatten", "Identity", "Shape",
          "DequantizeLinear", "Cast")


def clean(text: str) -> str:
    """A name made of letters, digits and underscores that starts with a letter.

    >>> clean("/model.0/fc-1"), clean("42"), clean("input")
    ('model_0_fc_1', 'n42', 'input_0')
    """
    name = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_")
    if name in _RESERVED:
        return f"{name}_0"
    return name if name[:1].isalpha() else f"n{name}"


def spoken(text: str) -> str:
    """The last telling part of a path, or nothing where every part is generic.

    >>> spoken("model_1/fc1_relu/MatMul/ReadVariableOp:0"), spoken("layers.0.weight"), spoken("42")
    ('fc1_relu', 'layers_0', '')
    """
    text = _ENDING.sub("", _INT8.sub("", text.split(";")[-1])).removeprefix("node_")
    parts = [part for part in text.split("/") if part]
    while parts:
        words = parts.pop().split(".")
        while words and (_GENERIC.fullmatch(words[-1]) or _TENSORFLOW.fullmatch(words[-1])):
            words.pop()
        name = clean(".".join(words)) if words else ""
        if words and not ".".join(words).isdigit() and not _is_anonymous(name):
            return name
    return ""


def _is_anonymous(name: str) -> bool:
    """Names that exporters number."""
    return bool(re.fullmatch(r"n?\d+|(?:onnx_+)?[A-Za-z]*_?\d+", name)
                and _GENERIC.fullmatch(re.sub(r"^onnx_+", "", name)))


def name_nodes(protos: Iterable[Any], constants: set[str]) -> list[Origin]:
    """An origin for each node of an ONNX graph, all names different, case ignored."""
    protos = list(protos)
    taken: set[str] = set()
    names: dict[int, str] = {}
    for at in sorted(range(len(protos)), key=lambda at: _rank(protos[at].op_type)):
        names[at] = _free(_wanted(protos[at], constants), protos[at].op_type.lower(), taken)
    return [Origin(names[at], proto.op_type,
                   tuple(name for name in (proto.name, *proto.output) if name))
            for at, proto in enumerate(protos)]


def _rank(kind: str) -> int:
    """Products get their names first, nodes that only move elements last."""
    return 0 if kind in _PRODUCTS else 2 if kind in _MOVES else 1


def _free(wanted: str, kind: str, taken: set[str]) -> str:
    """``wanted``, with the operator and a number behind it if it is taken."""
    name, number = wanted, 1
    while name.lower() in taken:
        name = f"{wanted}_{kind}" if number == 1 else f"{wanted}_{kind}_{number}"
        number += 1
    taken.add(name.lower())
    return name


def _wanted(proto: Any, constants: set[str]) -> str:
    weights = [spoken(name) for name in proto.input[1:2] if name in constants]
    candidates = [spoken(name) for name in (*proto.output[:1], proto.name)]
    if proto.op_type in _PRODUCTS:
        candidates += weights
    for name in candidates:
        if name:
            return name
    parts = _ENDING.sub("", _INT8.sub("", proto.output[0].split(";")[-1])).split("/")
    tail = clean(parts[-2] if len(parts) > 2 else parts[-1])
    return tail if not re.fullmatch(r"n\d*", tail) else f"{proto.op_type}_{tail[1:]}"
