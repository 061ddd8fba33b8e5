# SPDX-License-Identifier: Apache-2.0
"""Every code of a quantized model against its source's, traced to the layer where it begins.

Needs onnxruntime, and qonnx for models with Quant nodes. Prints a line for each quantizer: its
codes, how many of golden's are not the source's, and how many still are not when golden reads the
source's own codes. Those begin in that layer, and are counted by cause: ``sum``, where golden gives
the code of the exact sum rounded to float32, and the source's own additions came out elsewhere;
``circuit``, where golden itself is beside that code; ``operand``, where the quantizer reads no sum
but the result of a table.
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from nnhw.config.config import Config
from nnhw.frontends import describe, load, quantizer
from nnhw.ir.op import required

#: Samples that are in memory at once.
CHUNK = 5


def arguments():
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="int8 or QONNX file with one input")
    parser.add_argument("data", type=Path, help=".npz with 'inputs', as the model takes them")
    return parser.parse_args()


def loaded(path):
    """The graph, and the float32 function from sums to codes of each quantizer, by name."""
    functions, found = {}, []
    general, staircase = quantizer._general, quantizer._staircase

    def spied(*operands):
        found.append(staircase(*operands))
        return found[-1]

    def named(lowering, live, spec, origin, frac):
        made = general(lowering, live, spec, origin, frac)
        functions[origin.name] = found[-1]
        return made

    quantizer._general, quantizer._staircase = named, spied
    try:
        return load(path, Config()), functions
    finally:
        quantizer._general, quantizer._staircase = general, staircase


def int8_reference(model):
    """A function from inputs to all outputs of QuantizeLinear nodes, by their names."""
    import onnxruntime as runtime

    names = [node.output[0] for node in model.graph.node if node.op_type == "QuantizeLinear"]
    known = {value.name for value in model.graph.output}
    constants = {value.name: value for value in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "QuantizeLinear" and node.output[0] not in known:
            kind = constants[node.input[2]].data_type if len(node.input) > 2 else TensorProto.UINT8
            model.graph.output.append(helper.make_tensor_value_info(node.output[0], kind, None))
    options = runtime.SessionOptions()
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = runtime.InferenceSession(model.SerializeToString(), options)
    entry = session.get_inputs()[0]
    kind = np.int8 if "int8" in entry.type else np.float32

    def run(x):
        each = [session.run(names, {entry.name: x[k:k + 1].astype(kind)}) for k in range(len(x))]
        return {name: np.concatenate(parts) for name, *parts in zip(names, *each, strict=True)}
    return run


def quant_reference(path, model):
    """The same of Quant nodes, by qonnx's own execution."""
    from qonnx.core.modelwrapper import ModelWrapper
    from qonnx.core.onnx_exec import execute_onnx
    from qonnx.transformation.infer_shapes import InferShapes

    wrapped = ModelWrapper(str(path)).transform(InferShapes())
    entry = model.graph.input[0].name
    names = [node.output[0] for node in model.graph.node if node.op_type == "Quant"]

    def run(x):
        each = [execute_onnx(wrapped, {entry: x[k:k + 1].astype(np.float32)}, True)
                for k in range(len(x))]
        return {name: np.concatenate([one[name] for one in each]) for name in names
                if each[0][name] is not None and len(each[0][name]) == 1}
    return run


def grids(model):
    """Scale and zero point of each quantizer's result; codes of int8 models have scale 1."""
    constants = {value.name: numpy_helper.to_array(value) for value in model.graph.initializer}
    result = {}
    for node in model.graph.node:
        zero = int(np.ravel(constants.get(node.input[2], 0))[0]) if len(node.input) > 2 else 0
        if node.op_type == "QuantizeLinear":
            result[node.output[0]] = (1.0, zero)
        elif node.op_type == "Quant" and node.input[1] in constants:
            result[node.output[0]] = (float(np.ravel(constants[node.input[1]])[0]), zero)
    return result


def ours(codes, shape):
    """Channels last, as our tensors are."""
    if codes.ndim == 4 and len(shape) == 3:
        codes = codes.transpose(0, 2, 3, 1)
    return codes.reshape(len(codes), *shape)


def compared(graph, functions, codes, x, counts):
    """Add the counts of some samples."""
    port = graph.inputs[0]
    whole, forced = {port.name: port.encode(x)}, {port.name: port.encode(x)}
    for node in graph:
        run = required(node.op, "golden").run
        whole[node.name] = run(node.op, *(whole[name] for name in node.inputs))
        made = run(node.op, *(forced[name] for name in node.inputs))
        if node.name in codes:
            theirs = ours(codes[node.name], node.op.y.shape)
            row = counts.setdefault(node.name, dict.fromkeys(
                ("codes", "differ", "begin", "sum", "circuit", "operand"), 0))
            row["codes"] += theirs.size
            row["differ"] += int((whole[node.name] != theirs).sum())
            for place in map(tuple, np.argwhere(made != theirs)):
                row["begin"] += 1
                row[cause(graph, functions.get(node.name), node, forced, made, place)] += 1
            made = theirs
        forced[node.name] = made


def cause(graph, function, node, tensors, made, place):
    """Why one code is not the source's."""
    source = graph.producer(node.inputs[0])
    if function is None or (source and source.op.kind in ("softmax", "lookup")):
        return "operand"
    channels = len(function.low)
    channel = place[-1] % channels
    operand = tensors[node.inputs[0]].reshape(made.shape)[place]
    code = function.function(np.array([[operand]]), slice(channel, channel + 1))
    return "sum" if int(np.ravel(code)[0]) == int(made[place]) else "circuit"


def main():
    """Compare all samples and print the counts."""
    options = arguments()
    model = onnx.load(options.model)
    graph, functions = loaded(options.model)
    kinds = {node.op_type for node in model.graph.node}
    reference = (int8_reference(onnx.load(options.model)) if "QuantizeLinear" in kinds
                 else quant_reference(options.model, model))
    grid = grids(model)
    nodes = {node.name for node in graph}
    tensors = {alias: name for name, kind, aliases in describe(options.model)
               if kind in ("QuantizeLinear", "Quant") and name in nodes for alias in aliases}
    with np.load(options.data) as data:
        inputs = data["inputs"]
    counts = {}
    for start in range(0, len(inputs), CHUNK):
        x = inputs[start:start + CHUNK]
        codes = {}
        for name, values in reference(x).items():
            if name in tensors:
                scale, zero = grid[name]
                codes[tensors[name]] = np.rint(values / scale).astype(np.int64) - zero
        compared(graph, functions, codes, x, counts)
    for name, row in counts.items():
        print(f"{name:34}", *(f"{what} {number:,}" for what, number in row.items()))


if __name__ == "__main__":
    main()
