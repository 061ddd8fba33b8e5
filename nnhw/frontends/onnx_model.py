# SPDX-License-Identifier: Apache-2.0
"""The ONNX front end: float and QONNX nodes, freely mixed."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nnhw.config.config import Config
from nnhw.errors import DataError, UnsupportedError, suggest
from nnhw.frontends.constants import fold_constant
from nnhw.frontends.keys import check_keys
from nnhw.frontends.lowering import Lowering, host_steps
from nnhw.frontends.names import clean
from nnhw.frontends.onnx_file import Source, SourceNode, read
from nnhw.frontends.onnx_ops import HANDLERS, Call
from nnhw.frontends.ports import check_codes, enter_input
from nnhw.frontends.settle import ground, integer
from nnhw.frontends.value import Const, IntProduct, Live, Port, Product, Tensor, Value
from nnhw.frontends.views import host_layout, our_view
from nnhw.ir.graph import Graph, OutputPort

__all__ = ["load_onnx"]

#: Operators that say themselves how a value is quantized.
_QUANTIZERS = frozenset({"QuantizeLinear", "Quant", "IntQuant", "BipolarQuant"})
_DOMAINS = ("", "ai.onnx", "qonnx.custom_op.general", "finn.custom_op.general", "onnx.brevitas",
            "qonnx.custom_op.intquant", "com.microsoft")


def load_onnx(path: Path, config: Config, calibration: Any = None) -> tuple[Graph, Config]:
    """Lower an ONNX file to a graph; the configuration comes back with what ``auto`` chose."""
    source = read(path)
    check_keys(config, source)
    _check_operators(source)
    lowering = Lowering(config)
    lowering.taken.update(clean(name).lower() for name, _ in source.inputs)
    shared = _shared(source)
    _enter_inputs(lowering, source, calibration, shared)
    lowering.values |= {name: Const(value, name=name) for name, value in source.constants.items()}
    for node in source.nodes:
        for name in node.inputs:
            lowering.readers.setdefault(name, []).append(node)
    for node in source.nodes:
        _lower(lowering, node, shared)
    outputs = tuple(_output(lowering, name) for name in source.outputs)
    graph = Graph(clean(source.name), _ports(lowering, source), tuple(lowering.nodes), outputs,
                  _notes(lowering, calibration))
    return graph, lowering.types.resolved()


def _check_operators(source: Source) -> None:
    """Refuse the first operator that has no handler and is not on constants only."""
    constants = {"", *source.constants}
    for node in source.nodes:
        known = node.domain in _DOMAINS
        if constants.issuperset(node.inputs) or node.kind == "Shape":
            constants.update(node.outputs)
        elif known:
            known = node.kind in HANDLERS
        if not known:
            raise _unsupported(node)


def _unsupported(node: SourceNode) -> UnsupportedError:
    if node.domain not in _DOMAINS:
        known = ", ".join(filter(None, _DOMAINS))
        return UnsupportedError(f"node '{node.origin.name}': operator {node.domain}:{node.kind} is "
                                f"of an unknown domain; known are {known} and ONNX's own")
    return UnsupportedError(f"node '{node.origin.name}': operator {node.kind} is not supported; "
                            f"supported are {', '.join(sorted(HANDLERS))}")


def _shared(source: Source) -> dict[str, bool]:
    """Tensors with several readers, and whether one on a port is to be quantized where it is.

    Else each reader would quantize the input behind its own float operations. Where the model has
    quantizers, these decide instead.
    """
    readers = Counter(name for node in source.nodes for name in node.inputs
                      if node.kind != "Shape")
    readers.update(source.outputs)
    floats = _QUANTIZERS.isdisjoint(node.kind for node in source.nodes)
    return {name: floats for name, count in readers.items() if count > 1}


def _settled(lowering: Lowering, name: str, value: Live, shared: dict[str, bool]) -> Live:
    """A value that several read, computed once."""
    source = value.source
    once = isinstance(source, Product | IntProduct) or (
        isinstance(source, Port) and source.code is None and shared.get(name, False))
    return ground(lowering, value) if once and name in shared else value


def _enter_inputs(lowering: Lowering, source: Source, calibration: Any,
                  shared: dict[str, bool]) -> None:
    samples = _calibration(source, calibration)
    for name, shape in source.inputs:
        value = enter_input(source, name, shape, samples)
        lowering.values[name] = _settled(lowering, name, value, shared)


def _calibration(source: Source, calibration: Any) -> Any:
    if calibration is None:
        return None
    values = np.asarray(calibration, dtype=np.float32)
    shape = source.inputs[0][1]
    if len(source.inputs) > 1 or not len(values) or values[0].size != int(np.prod(shape)):
        raise DataError(f"calibration data of shape {values.shape} do not fit the model's inputs "
                        + ", ".join(f"{name} (batch, {', '.join(map(str, dims))})"
                                    for name, dims in source.inputs))
    return values.reshape((len(values), *shape))


def _lower(lowering: Lowering, node: SourceNode, shared: dict[str, bool]) -> None:
    operands = [lowering.values.get(name) for name in node.inputs]
    if all(value is None or isinstance(value, Const) for value in operands):
        for name, value in zip(node.outputs, fold_constant(node, operands), strict=False):
            lowering.values[name] = value
        return
    if node.kind not in HANDLERS:
        raise _unsupported(node)
    check_codes(node, operands)
    results = HANDLERS[node.kind](Call(lowering, node))
    for name, result in zip(node.outputs, results if isinstance(results, list) else [results],
                            strict=False):
        if isinstance(result, Live):
            result = _settled(lowering, name, result, shared)
        lowering.values[name] = result


def _output(lowering: Lowering, name: str) -> OutputPort:
    value: Value | None = lowering.values.get(name)
    if not isinstance(value, Live):
        raise UnsupportedError(f"output '{name}' does not depend on the model's input; a model "
                               f"without it would work ({suggest(name, lowering.values)})")
    live = _before_host(lowering, value)
    tensor = live.source
    assert isinstance(tensor, Tensor)
    kind = lowering.type(tensor)
    steps = (*host_steps(our_view(lowering, live)), *host_layout(live.layout, live.shape))
    return OutputPort(clean(name), tensor.name, live.shape, kind, tensor.scale, steps)


def _before_host(lowering: Lowering, live: Live) -> Live:
    """An integer tensor whose pending steps are affine: those the host does."""
    live = ground(lowering, live)
    at = len(live.steps)
    while at and live.steps[at - 1].is_affine:
        at -= 1
    host = live.steps[at:]
    origins = [step.origin for step in host]
    if host and lowering.types.choice(*origins).result is not None:
        at, host = len(live.steps), ()
    if host and not at:
        return live
    done = integer(lowering, replace(live, steps=live.steps[:at]), exact=True)
    return replace(done, steps=host)


def _ports(lowering: Lowering, source: Source) -> Any:
    missing = [name for name, _ in source.inputs if clean(name) not in lowering.ports]
    if missing:
        raise UnsupportedError(f"input '{missing[0]}' is read by no node; a model without it "
                               "would work")
    return tuple(lowering.ports[clean(name)][1] for name, _ in source.inputs)


def _notes(lowering: Lowering, calibration: Any) -> tuple[str, ...]:
    notes = list(lowering.notes)
    if calibration is not None:
        counts = ", ".join(f"{name} {bad} of {total}"
                           for name, (bad, total) in lowering.saturated.items())
        notes.append(f"calibration with {len(calibration)} samples, values that do not fit their "
                     f"type: {counts or 'no layer has a configured type'}")
    return tuple(notes)
