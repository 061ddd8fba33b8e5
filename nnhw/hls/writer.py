# SPDX-License-Identifier: Apache-2.0
"""The C++ of a network: header, top function, layers, weights."""

from collections.abc import Iterable, Iterator, Sequence

from nnhw.hls.cpp import array_text, meaning, type_name
from nnhw.hls.kernel import Constant
from nnhw.hls.route import Call, Layer, Route, Variable
from nnhw.hw.layout import PortLayout
from nnhw.ir.types import TensorType

__all__ = ["header_text", "layers_text", "source_text", "weight_files"]

_LICENCE = "// SPDX-License-Identifier: Apache-2.0\n"
#: Widest ap_int that the headers allow unless they are told otherwise.
_WIDEST = 1024


def header_text(route: Route) -> str:
    """``<top>.h``: types of the ports, and the function."""
    guard = f"{route.top.upper()}_H"
    widths = [tensor.element.width + 2 for tensor in route.kinds.values()]
    if route.axis:
        widths += [layout.payload_width for layout, _ in route.inputs + route.outputs]
    widest = max(widths)
    lines = [f"#ifndef {guard}", f"#define {guard}", ""]
    if widest > _WIDEST:
        lines += ["#ifndef AP_INT_MAX_W", f"#define AP_INT_MAX_W {widest}", "#endif", ""]
    lines += ["#include <ap_int.h>", "#include <hls_stream.h>", ""]
    for layout, port in route.inputs + route.outputs:
        lines += _port_types(route, layout, port)
    lines += ["", f"// One frame of network {route.top}.", f"{_signature(route)};", "", "#endif"]
    return _LICENCE + _joined([f"// Ports of network {route.top}.", *lines])


def _port_types(route: Route, layout: PortLayout, port: Variable) -> Iterator[str]:
    element = layout.element
    yield f"typedef {type_name(element)} {port.name}_t;  // {meaning(element)}"
    if route.axis:
        yield (f"typedef ap_uint<{layout.payload_width}> {port.name}_word;  // {layout.lanes} "
               f"elements, one every {layout.stride} bits; {layout.beats} words a frame")


def _signature(route: Route) -> str:
    arguments = []
    for outward, ports in ((False, route.inputs), (True, route.outputs)):
        for layout, port in ports:
            if route.axis:
                arguments.append(f"hls::stream<{port.name}_word> &{port.name}")
            else:
                const = "" if outward else "const "
                arguments.append(f"{const}{port.name}_t {port.name}[{layout.type.size}]")
    return f"void {route.top}(" + ", ".join(arguments) + ")"


def source_text(route: Route) -> str:
    """``<top>.cpp``: the top function, one call a layer."""
    headers = sorted({"wires.h", "flow.h"} | {layer.kernel.header for layer in route.layers})
    lines = [f"// Network {route.top}: one call a layer, in the order of the graph.",
             f'#include "{route.top}.h"', "",
             *(f'#include "include/{name}"' for name in headers),
             f'#include "{route.top}_layers.h"', "", f"{_signature(route)} {{"]
    for _, port in route.inputs + route.outputs:
        lines += _interface(route, port)
    lines.append("#pragma HLS PIPELINE II=1" if route.pipeline else "#pragma HLS DATAFLOW")
    lines += _storage([pair for layer in route.layers for pair in layer.kernel.storage])
    made: set[str] = set()
    for call in route.calls:
        lines.append("")
        for variable in route.variables:
            if variable.name in call.arguments and variable.name not in made:
                made.add(variable.name)
                lines += _declaration(route, variable)
        lines += _call(call)
    return _LICENCE + _joined([*lines, *_packing(route), "}"])


def _packing(route: Route) -> list[str]:
    """Vivado HLS makes one FIFO of a stream of beats only when it is told to."""
    if not route.stream:
        return []
    return ["", "#ifdef NNHW_VIVADO_HLS",
            *(f"#pragma HLS DATA_PACK variable={variable.name}" for variable in route.variables),
            "#endif"]


def _interface(route: Route, port: Variable) -> list[str]:
    if route.axis:
        return [f"#pragma HLS INTERFACE axis port={port.name}"]
    return [f"#pragma HLS ARRAY_RESHAPE variable={port.name} complete dim=1",
            f"#pragma HLS INTERFACE ap_vld port={port.name}"]


def _storage(places: Sequence[tuple[str, str]]) -> list[str]:
    """Where the weights lie, in the words of either tool."""
    if not places:
        return []
    cores = {"bram": "ROM_1P_BRAM", "lutram": "ROM_1P_LUTRAM"}
    return ["#ifdef NNHW_VIVADO_HLS",
            *(f"#pragma HLS RESOURCE variable={name} core={cores[where]}"
              for name, where in places), "#else",
            *(f"#pragma HLS BIND_STORAGE variable={name} type=rom_1p impl={where}"
              for name, where in places), "#endif"]


def _declaration(route: Route, variable: Variable) -> list[str]:
    if route.stream:
        return [f"  hls::stream<nnhw::beat<{variable.kind}, {variable.lanes}> > {variable.name}"
                f'("{variable.name}");',
                f"#pragma HLS STREAM variable={variable.name} depth={variable.depth}"]
    size = variable.type.size
    split = _split(route, variable)
    return [f"  {variable.kind} {variable.name}[{size}];",
            f"#pragma HLS ARRAY_PARTITION variable={variable.name} {split} dim=1"]


def _split(route: Route, variable: Variable) -> str:
    """Banks of an array: as many as its writer or its readers use in a cycle."""
    size = variable.type.size
    readers = [lanes for layer in route.layers for lanes in [layer.lanes]
               if any(variable.name in call.arguments[:len(layer.operands)]
                      for call in route.calls if layer.name in call.function)]
    widths = [min(lanes, size) for lanes in (*readers, variable.lanes)]
    most = max(widths)
    if most == size or any(most % lanes for lanes in widths):
        return "complete"
    return f"cyclic factor={most}"


def _call(call: Call) -> list[str]:
    text = f"  nnhw::{call.function}({', '.join(call.arguments)});"
    return [f"  // {call.comment}", text] if call.comment else [text]


def layers_text(route: Route) -> str:
    """``<top>_layers.h``: types between the layers and a struct for each layer."""
    guard = f"{route.top.upper()}_LAYERS_H"
    ports = {f"{port.name}_t" for _, port in route.inputs + route.outputs}
    headers = sorted({"types.h"} | {layer.kernel.header for layer in route.layers})
    lines = [f"// Types and constants of the layers of network {route.top}.",
             f"#ifndef {guard}", f"#define {guard}", "", f'#include "{route.top}.h"',
             *(f'#include "include/{name}"' for name in headers),
             *(f'#include "weights/{layer.name.removesuffix("_layer")}.h"'
               for layer in route.layers if layer.kernel.constants), "",
             *(_typedef(name, tensor) for name, tensor in route.kinds.items()
               if name not in ports)]
    for layer in route.layers:
        lines += ["", *_struct(layer)]
    return _LICENCE + _joined([*lines, "", "#endif"])


def _typedef(name: str, tensor: TensorType) -> str:
    return f"typedef {type_name(tensor.element)} {name};  // {meaning(tensor.element)}"


def _struct(layer: Layer) -> Iterator[str]:
    op = layer.node.op
    shapes = " + ".join("x".join(map(str, x.shape)) for x in op.inputs)
    yield f"// {op.name}: {op.kind}, {shapes} -> {'x'.join(map(str, op.y.shape))}."
    yield f"struct {layer.name} {{"
    names = ("x",) if len(layer.operands) == 1 else ("a", "b", "c", "d")[:len(layer.operands)]
    for name, kind in zip((*names, "y"), (*layer.operands, layer.result), strict=True):
        yield f"  typedef ::{kind} {name}_t;"
    channels = layer.kernel.period or (op.y.shape[-1] if op.y.shape else 1)
    yield (f"  static const int size = {op.y.size}, channels = {channels}, "
           f"lanes = {layer.lanes};")
    for line in layer.kernel.members:
        yield line if line.startswith("#") else f"  {line}"
    yield "};"


def weight_files(route: Route) -> Iterator[tuple[str, str]]:
    """Name and text of a file for each layer that has arrays of constants."""
    for layer in route.layers:
        if layer.kernel.constants:
            name = layer.name.removesuffix("_layer")
            yield f"{name}.h", _weights(name, layer.node.op.kind, layer.kernel.constants)


def _weights(name: str, kind: str, constants: Sequence[Constant]) -> str:
    guard = f"WEIGHTS_{name.upper()}_H"
    lines = [f"// Constants of layer {name} ({kind}).", f"#ifndef {guard}", f"#define {guard}", "",
             '#include "../include/types.h"']
    for array in constants:
        shape = "".join(f"[{extent}]" for extent in array.values.shape)
        lines += ["", f"// {array.comment};", f"// {meaning(array.element)}",
                  f"typedef {type_name(array.element)} {array.name}_t;",
                  f"static const nnhw::stored<{array.name}_t>::type {array.name}{shape} =",
                  f"    {array_text(array.values, array.element)};"]
    return _LICENCE + _joined([*lines, "", "#endif"])


def _joined(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"
