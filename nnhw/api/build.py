# SPDX-License-Identifier: Apache-2.0
"""From a model to a circuit: loading, lowering and writing a build folder."""

import runpy
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from nnhw.api import folder as layout
from nnhw.api.data import check_floats, random_mantissas
from nnhw.config import Config, LayerConfig, save
from nnhw.errors import ConfigError, ModelError, NNHWError, suggest
from nnhw.hw.layout import DesignInterface, LayerFigures
from nnhw.ir.graph import Graph
from nnhw.numeric.types import Mantissas
from nnhw.report.contract import Report, new_report, write_report
from nnhw.report.html import write_html

__all__ = ["Progress", "build_design", "check_board", "load_graph", "run_model_file", "write_build"]

#: Told what is being done now.
Progress = Callable[[str], None]

#: Samples of the test bench that a build folder carries.
_BENCH_SAMPLES = 8


def load_graph(path: Path, config: Config, data: Any, seconds: dict[str, float],
               ) -> tuple[Graph, Config]:
    """The optimized integer network of a model file, and the configuration with its types settled.

    ``seconds`` receives what it took.

    Raises
    ------
    NNHWError
        If the file cannot be read, or holds what nnhw does not do.
    """
    from nnhw.frontends import load_resolved

    if not path.is_file():
        raise ModelError(f"model {path} does not exist" if not path.exists() else
                         f"model {path} is not a file; name an .onnx or a .py file")
    begun = time.perf_counter()
    graph, config = load_resolved(path, config, data)
    seconds["load"] = round(time.perf_counter() - begun, 3)
    if data is not None:
        check_floats(graph, data, "calibration data")
    return optimized(graph, seconds), config


def optimized(graph: Graph, seconds: dict[str, float]) -> Graph:
    """The graph behind all passes."""
    from nnhw.passes.pipeline import optimize

    begun = time.perf_counter()
    graph = optimize(graph)
    seconds["lower"] = round(time.perf_counter() - begun, 3)
    return graph


def source_names(path: Path, config: Config) -> tuple[Config, set[str]]:
    """The configuration under the names that graph nodes bear, and every name it may use."""
    from nnhw.frontends import describe, resolve_names

    names = {name for node, _, aliases in describe(path) for name in (node, *aliases)}
    return resolve_names(path, config), names


def check_layers(graph: Graph, config: Config) -> None:
    """Refuse a configuration that names layers which a network described in Python lacks."""
    names = [node.name for node in graph]
    for name in config.layers:
        if name not in names:
            raise ConfigError(f"layer {name!r} is not in the network {graph.name}; "
                              + suggest(name, names))


def run_model_file(path: Path) -> Any:
    """The object ``model`` that a Python file defines.

    Raises
    ------
    ModelError
        If the file fails or defines none.
    """
    if not path.is_file():
        raise ModelError(f"model {path} does not exist")
    try:
        names = runpy.run_path(str(path), run_name="nnhw_model")
    except NNHWError:
        raise
    except (Exception, SystemExit) as error:
        first = " ".join(str(error).split()) or "no message"
        raise ModelError(f"{path} raised {type(error).__name__}: {first}") from error
    if "model" not in names:
        raise ModelError(f"{path} must define 'model', for instance model = nnhw.Sequential(...)")
    return names["model"]


def check_board(name: str | None) -> None:
    """Refuse a board that ``nnhw.boards`` does not have."""
    from nnhw.boards import board

    if name is not None:
        board(name)


def build_design(graph: Graph, config: Config) -> Any:
    """The circuit, not yet written; see ``nnhw.hw.design``."""
    from nnhw.hw.design import build

    return build(graph, config)


def write_build(folder: Path, graph: Graph, config: Config, *, model: str, version: str,
                seconds: dict[str, float], names: Collection[str] | None = None,
                bench: Any = None, force: bool = False,
                progress: Progress = lambda step: None) -> tuple[Report, DesignInterface]:
    """Write a whole build folder and return its report.

    Parameters
    ----------
    folder : Path
        Where to; must be new or empty, or a build with ``force``.
    names : collection of str or None
        Layer names that a configuration of this model may use; None is any node's.
    bench : mapping of str to array, or None
        Checked floats for the test bench; None makes seeded ones up.
    """
    check_board(config.board)
    layout.check_target(folder, force)
    progress("designing the circuit")
    begun = time.perf_counter()
    design = build_design(graph, config)
    with layout.prepared(folder, force):
        progress("writing Verilog")
        (folder / "rtl").mkdir()
        sources = design.write(folder / "rtl")
        times: dict[str, float] = {**seconds, "rtl": round(time.perf_counter() - begun, 3)}
        progress("writing the test bench and the report")
        layout.save_parts(folder, graph, design.interface)
        vectors = _vectors(graph, bench)
        _write_bench(folder, design.interface, graph, sources, vectors)
        hls = _write_hls(folder / "hls", graph, design, config, vectors)
        if hls is not None:
            times["hls"] = hls
        save(resolved(config, design.layers, names), folder / "config.toml")
        report = new_report(graph, config, design.interface, design.layers, version=version,
                            model=model, notes=design.notes, seconds=times)
        write_report(report, folder)
        write_html(report, folder)
    return report, design.interface


def _vectors(graph: Graph, bench: Any) -> tuple[dict[str, Mantissas], dict[str, Mantissas]]:
    """Given or made-up inputs, and golden's answers."""
    from nnhw import golden

    if bench is None:
        inputs = random_mantissas(graph, _BENCH_SAMPLES)
    else:
        inputs = {p.name: p.encode(bench[p.name][:_BENCH_SAMPLES]) for p in graph.inputs}
    return inputs, golden.run(graph, inputs)


def _write_bench(folder: Path, interface: DesignInterface, graph: Graph, sources: list[Path],
                 vectors: tuple[dict[str, Mantissas], dict[str, Mantissas]]) -> None:
    """The cocotb bench."""
    from nnhw.sim.cocotb import write_bench

    inputs, outputs = vectors
    pins_in = zip(interface.inputs, graph.inputs, strict=True)
    pins_out = zip(interface.outputs, graph.outputs, strict=True)
    write_bench(folder, interface, [path.relative_to(folder).as_posix() for path in sources],
                {pins.name: inputs[port.name] for pins, port in pins_in},
                {pins.name: outputs[port.name] for pins, port in pins_out})


def _write_hls(folder: Path, graph: Graph, design: Any, config: Config,
               vectors: tuple[dict[str, Mantissas], dict[str, Mantissas]]) -> float | None:
    """The HLS project, and how long it took; None where a layer has no C++ yet."""
    from nnhw.hls import project

    if project.missing_layers(graph):
        return None
    begun = time.perf_counter()
    project.write(graph, design, config, folder, *vectors)
    return round(time.perf_counter() - begun, 3)


def resolved(config: Config, layers: Iterable[LayerFigures],
             names: Collection[str] | None = None) -> Config:
    """``config`` with the reuse factor of every layer written out, as the design chose it."""
    entries = dict(config.layers)
    for figures in layers:
        if figures.reuse is not None and (names is None or figures.name in names):
            entry = entries.get(figures.name, LayerConfig())
            entries[figures.name] = replace(entry, reuse=figures.reuse)
    return replace(config, layers=entries)
