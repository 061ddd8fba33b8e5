# SPDX-License-Identifier: Apache-2.0
"""A complete HLS project: C++, test bench, vectors and scripts."""

from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from nnhw.config.config import Config
from nnhw.errors import ToolError
from nnhw.hls.route import Route, make_route
from nnhw.hls.scripts import readme_text, script_files
from nnhw.hls.testbench import (
    bulk_text,
    frame_text,
    ports_json,
    testbench_text,
    vectors_text,
)
from nnhw.hls.writer import header_text, layers_text, source_text, weight_files
from nnhw.ir.graph import Graph
from nnhw.ir.op import facet
from nnhw.numeric.types import Mantissas

__all__ = ["missing_layers", "write"]


def missing_layers(graph: Graph) -> list[str]:
    """Kinds of layers of ``graph`` that have no facet ``hls``."""
    return sorted({node.op.kind for node in graph if facet(node.op, "hls") is None})


def write(graph: Graph, design: Any, config: Config, folder: Path,
          vectors_in: Mapping[str, Mantissas], vectors_out: Mapping[str, Mantissas]
          ) -> list[Path]:
    """Write the project of ``graph`` into ``folder``; returns the files, the top function's first.

    Parameters
    ----------
    graph : Graph
        The network.
    design : nnhw.hw.design.Design
        Its circuit, which the folding is taken from.
    config : Config
        Choices; target and clock go into the scripts.
    folder : Path
        Where to; it is created.
    vectors_in, vectors_out : mapping of str to Mantissas
        Inputs of the test bench and what must come out, by name of the network's ports.

    Raises
    ------
    UnsupportedError
        If a layer has no HLS C++.
    ToolError
        If the folder cannot be written.
    """
    route = make_route(graph, design)
    paths = []
    try:
        for name, text in _files(graph, route, design, config, vectors_in, vectors_out):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            paths.append(path)
    except OSError as error:
        raise ToolError(f"{folder} cannot be written: {error.strerror or error}") from error
    return paths


def _files(graph: Graph, route: Route, design: Any, config: Config,
           vectors_in: Mapping[str, Mantissas], vectors_out: Mapping[str, Mantissas]
           ) -> Iterator[tuple[str, str]]:
    top = route.top
    yield f"{top}.cpp", source_text(route)
    yield f"{top}.h", header_text(route)
    yield f"{top}_layers.h", layers_text(route)
    for name, text in weight_files(route):
        yield f"weights/{name}", text
    for name in _headers(route):
        yield f"include/{name}", _own("include", name)
    yield f"{top}_tb.cpp", testbench_text(route)
    yield "bench/frame.h", frame_text(route)
    yield "bench/bulk.cpp", bulk_text(route)
    yield "bench/ports.json", ports_json(graph, route)
    yield "bench/ports.h", _own("bench", "ports.h")
    yield "gxx/hls_stream.h", _own("gxx", "hls_stream.h")
    for name, text in _vectors(graph, route, vectors_in, vectors_out):
        yield f"vectors/{name}.txt", text
    yield from script_files(top, "aclk" if design.interface.axi else "clk", config).items()
    yield "README.md", readme_text(top, config)


def _headers(route: Route) -> list[str]:
    """Files of ``include`` that the project needs, with those that they include."""
    needed = {"types.h", "flow.h", "wires.h"} | {layer.kernel.header for layer in route.layers}
    if "elementwise.h" in needed:
        needed.add("numeric.h")
    return sorted(needed)


def _own(folder: str, name: str) -> str:
    """A C++ file of this package."""
    return (resources.files("nnhw.hls") / folder / name).read_text(encoding="utf-8")


def _vectors(graph: Graph, route: Route, vectors_in: Mapping[str, Mantissas],
             vectors_out: Mapping[str, Mantissas]) -> Iterator[tuple[str, str]]:
    names = [port.name for port in graph.inputs]
    for name, (layout, variable) in zip(names, route.inputs, strict=True):
        yield variable.name, vectors_text(layout, vectors_in[name])
    names = [port.name for port in graph.outputs]
    for name, (layout, variable) in zip(names, route.outputs, strict=True):
        yield variable.name, vectors_text(layout, vectors_out[name])
