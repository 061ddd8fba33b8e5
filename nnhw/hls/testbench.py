# SPDX-License-Identifier: Apache-2.0
"""Test bench, bulk program and verification vectors of a project."""

import json

from nnhw.hls.route import Route
from nnhw.hw.layout import PortLayout
from nnhw.ir.graph import Graph
from nnhw.numeric.types import Mantissas
from nnhw.sim.verilator.transport import element_bytes

__all__ = ["bulk_text", "frame_text", "ports_json", "testbench_text", "vectors_text"]

_LICENCE = "// SPDX-License-Identifier: Apache-2.0\n"
#: From this width on mantissas are written in hexadecimal, for C++ reads no longer decimals.
_HEX = 64


def vectors_text(layout: PortLayout, mantissas: Mantissas) -> str:
    """One line a sample: mantissas in row-major order."""
    rows = mantissas.reshape(len(mantissas), -1)
    width = layout.width
    if width < _HEX:
        return "".join(" ".join(map(str, row)) + "\n" for row in rows.tolist())
    digits, modulus = -(-width // 4), 1 << width
    return "".join(" ".join(f"0x{int(v) % modulus:0{digits}x}" for v in row) + "\n"
                   for row in rows.tolist())


def frame_text(route: Route) -> str:
    """``bench/frame.h``: one frame through the top function, from arrays to arrays."""
    arguments = ", ".join([f"const {p.name}_t {p.name}[]" for _, p in route.inputs]
                          + [f"{p.name}_t {p.name}[]" for _, p in route.outputs])
    lines = ["// One frame through the network, from arrays to arrays.",
             "#ifndef NNHW_BENCH_FRAME_H", "#define NNHW_BENCH_FRAME_H", "",
             f'#include "../{route.top}.h"', '#include "ports.h"', "",
             f"inline void frame({arguments}) {{"]
    ports = route.inputs + route.outputs
    names = [port.name for _, port in ports]
    if route.axis:
        lines += [f'  static hls::stream<{name}_word> {name}_port("{name}");' for name in names]
        lines += [f"  nnhw::feed<{_port(layout)}>({p.name}, {p.name}_port);"
                  for layout, p in route.inputs]
        names = [f"{name}_port" for name in names]
    lines.append(f"  {route.top}({', '.join(names)});")
    if route.axis:
        lines += [f"  nnhw::collect<{_port(layout)}>({p.name}_port, {p.name});"
                  for layout, p in route.outputs]
    return _LICENCE + "\n".join([*lines, "}", "", "#endif"]) + "\n"


def _port(layout: PortLayout) -> str:
    return f"{layout.type.size}, {layout.lanes}, {layout.stride}"


_TESTBENCH = """\
// Test bench: every sample of the verification vectors through the network, every word compared.
// Returns 0 if all are equal, 1 if one differs, 2 if the vectors cannot be read. The argument is
// the folder of the vectors, {default} if there is none.
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "bench/frame.h"

// Fills `row` from the next line; false at the end of the file, or where a number is missing.
template <class T> static bool next_row(std::ifstream &file, T row[], int size) {{
  std::string line, word;
  if (!std::getline(file, line)) return false;
  std::istringstream words(line);
  for (int k = 0; k < size; ++k) {{
    if (!(words >> word)) return false;
    row[k] = nnhw::parse<T>(word);
  }}
  return true;
}}

// Counts the words that differ, and names the first ones.
template <class T>
static int check(const char *name, int sample, const T expected[], const T got[], int size) {{
  int wrong = 0;
  for (int k = 0; k < size; ++k) {{
    if (got[k] == expected[k]) continue;
    if (wrong++ < 5)
      std::cout << "sample " << sample << ", " << name << "[" << k << "]: expected "
                << nnhw::print(expected[k]) << ", got " << nnhw::print(got[k]) << "\\n";
  }}
  return wrong;
}}

int main(int argc, char **argv) {{
  const std::string folder = argc > 1 ? argv[1] : "{default}";
{files}
{buffers}
  int samples = 0, words = 0, wrong = 0;
  while ({more}) {{
    if (!({wanted})) {{
      std::cout << "the vectors of the outputs end after " << samples << " samples\\n";
      return 2;
    }}
    frame({arguments});
{checks}
    ++samples;
  }}
  if (samples == 0) {{
    std::cout << "no vectors in folder " << folder << "\\n";
    return 2;
  }}
  std::cout << wrong << " of " << words << " words differ in " << samples << " samples\\n";
  return wrong ? 1 : 0;
}}
"""


def testbench_text(route: Route) -> str:
    """``<top>_tb.cpp``."""
    ports = route.inputs + route.outputs
    files = [f'  std::ifstream {p.name}_file((folder + "/{p.name}.txt").c_str());'
             for _, p in ports]
    buffers = [f"  static {p.name}_t {p.name}[{layout.type.size}];" for layout, p in ports]
    buffers += [f"  static {p.name}_t {p.name}_expected[{layout.type.size}];"
                for layout, p in route.outputs]
    checks = []
    for layout, p in route.outputs:
        size = layout.type.size
        checks += [f'    wrong += check("{p.name}", samples, {p.name}_expected, {p.name}, {size});',
                   f"    words += {size};"]
    return _LICENCE + _TESTBENCH.format(
        default="vectors", files="\n".join(files), buffers="\n".join(buffers),
        more=" && ".join(_reading(layout, p.name, p.name) for layout, p in route.inputs),
        wanted=" && ".join(_reading(layout, p.name, f"{p.name}_expected")
                           for layout, p in route.outputs),
        arguments=", ".join(p.name for _, p in ports), checks="\n".join(checks))


def _reading(layout: PortLayout, file: str, array: str) -> str:
    return f"next_row({file}_file, {array}, {layout.type.size})"


_BULK = """\
// Whole batches: argument 1 is the number of frames; in_0.bin, in_1.bin, ... of the working
// folder hold the inputs, out_0.bin, ... receive the outputs; mantissas as little-endian integers.
#include <cstdio>
#include <vector>

#include "frame.h"

static bool load_file(const char *name, std::vector<char> &data) {{
  std::FILE *file = std::fopen(name, "rb");
  const bool good = file && std::fread(data.data(), 1, data.size(), file) == data.size();
  if (file) std::fclose(file);
  return good;
}}

static bool save_file(const char *name, const std::vector<char> &data) {{
  std::FILE *file = std::fopen(name, "wb");
  const bool good = file && std::fwrite(data.data(), 1, data.size(), file) == data.size();
  return file && std::fclose(file) == 0 && good;
}}

int main(int argc, char **argv) {{
  const long frames = argc > 1 ? std::strtol(argv[1], 0, 10) : 0;
{memory}
  if (!({loading})) {{
    std::fprintf(stderr, "an input file cannot be read\\n");
    return 2;
  }}
{buffers}
  for (long k = 0; k < frames; ++k) {{
{load}
    frame({arguments});
{store}
  }}
  return {saving} ? 0 : 2;
}}
"""


def bulk_text(route: Route) -> str:
    """``bench/bulk.cpp``: what the engine ``hls`` compiles."""
    ways = [("in", k, layout, p) for k, (layout, p) in enumerate(route.inputs)]
    ways += [("out", k, layout, p) for k, (layout, p) in enumerate(route.outputs)]
    memory = [f"  std::vector<char> {way}_{k}(frames * {layout.type.size * element_bytes(layout)});"
              for way, k, layout, _ in ways]
    moves: dict[str, list[str]] = {"in": [], "out": []}
    for way, k, layout, port in ways:
        size, each = layout.type.size, element_bytes(layout)
        at = f"&{way}_{k}[(k * {size} + j) * {each}]"
        line = (f"{port.name}[j] = nnhw::load<{each}, {port.name}_t>({at});" if way == "in"
                else f"nnhw::store<{each}>({port.name}[j], {at});")
        moves[way].append(f"    for (long j = 0; j < {size}; ++j) {line}")
    return _LICENCE + _BULK.format(
        memory="\n".join(memory),
        loading=" && ".join(f'load_file("in_{k}.bin", in_{k})' for k in range(len(route.inputs))),
        saving=" && ".join(f'save_file("out_{k}.bin", out_{k})'
                           for k in range(len(route.outputs))),
        buffers="\n".join(f"  static {p.name}_t {p.name}[{layout.type.size}];"
                          for _, _, layout, p in ways),
        load="\n".join(moves["in"]), store="\n".join(moves["out"]),
        arguments=", ".join(p.name for _, _, _, p in ways))


def ports_json(graph: Graph, route: Route) -> str:
    """``bench/ports.json``: what the engine must know of the ports, in their order."""
    names = {"inputs": [port.name for port in graph.inputs],
             "outputs": [port.name for port in graph.outputs]}
    pins = {"inputs": route.inputs, "outputs": route.outputs}
    found = {"top": route.top} | {way: [
        {"name": name, "variable": variable.name, "shape": list(layout.type.shape),
         "width": layout.element.width, "frac": layout.element.frac,
         "signed": layout.element.signed, "lanes": layout.lanes, "axi": layout.axi}
        for name, (layout, variable) in zip(names[way], pins[way], strict=True)] for way in names}
    return json.dumps(found, indent=1) + "\n"
