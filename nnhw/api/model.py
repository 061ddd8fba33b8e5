# SPDX-License-Identifier: Apache-2.0
"""The Python API: load, compile, and what can be done with the result."""

import json
import shutil
import tempfile
import weakref
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from nnhw import golden
from nnhw.api import build, data, folder, weights
from nnhw.api.engines import Job, engine
from nnhw.api.goals import Goal, choose_folding
from nnhw.api.layerwise import check_layers
from nnhw.api.unroll import unrolled
from nnhw.api.verify import Verification, verify
from nnhw.config import Config, as_config
from nnhw.dsl.network import Network
from nnhw.errors import ModelError
from nnhw.ir.graph import Graph
from nnhw.numeric.golden import dequantize
from nnhw.report.contract import Report, read_report, write_report
from nnhw.report.html import write_html
from nnhw.version import __version__

__all__ = ["CompiledModel", "compile", "load"]

ConfigLike = Config | str | Path | Mapping[str, Any] | None

#: Samples that ``verify`` makes up when it is given none.
RANDOM_SAMPLES = 256


def load(path: str | Path, config: ConfigLike = None, data: Any = None) -> Graph:
    """The integer network of a model file.

    Parameters
    ----------
    path : str or Path
        ``.onnx``, or a Python file that defines ``model``.
    config : Config, path, mapping or None
        Choices; a mapping may be hls4ml's.
    data : array or None
        Calibration inputs, batch first, for precision ``auto``.

    Raises
    ------
    NNHWError
        If the file cannot be read, or holds what nnhw does not do.
    """
    return compile(path, config, data).graph


def compile(model: Any, config: ConfigLike = None, data: Any = None) -> "CompiledModel":
    """Lower a model to integers, ready to be run, written out and verified.

    Parameters
    ----------
    model : str, Path, Graph, Network or Sequential
        What to compile.
    config : Config, path, mapping or None
        Choices; a mapping may be hls4ml's.
    data : array or None
        Calibration inputs, batch first, for precision ``auto``.

    Raises
    ------
    NNHWError
        If the model cannot be read, or holds what nnhw does not do.
    """
    chosen = as_config(config)
    seconds: dict[str, float] = {}
    if isinstance(model, str | Path) and Path(model).suffix.lower() != ".py":
        return _compile_file(Path(model), chosen, data, seconds)
    source = ""
    if isinstance(model, str | Path):
        source, model = Path(model).name, build.run_model_file(Path(model))
    if isinstance(model, CompiledModel):
        model = model.graph
    graph = model.graph() if isinstance(model, Network) else model
    if not isinstance(graph, Graph):
        raise ModelError("a model must be a file, a Graph, a Network or a Sequential, "
                         f"not {type(graph).__name__}")
    build.check_layers(graph, chosen)
    return CompiledModel(build.optimized(graph, seconds), chosen, source=source, seconds=seconds)


def _compile_file(path: Path, config: Config, data: Any, seconds: dict[str, float]
                  ) -> "CompiledModel":
    graph, config = build.load_graph(path, config, data, seconds)
    config, names = build.source_names(path, config)
    return CompiledModel(unrolled(graph, path, config), config, source=path.name, seconds=seconds,
                         names=names, streams=graph)


class CompiledModel:
    """A network with its one integer meaning, and every way to run it.

    Parameters
    ----------
    graph : Graph
        The integer network.
    config : Config
        Choices for the circuit.
    source : str
        Name of the model it came from, for reports.
    seconds : dict of str to float
        What loading and lowering took.
    names : collection of str or None
        Layer names that a configuration of this model may use; None is any node's.
    streams : Graph or None
        The network as it is where hardware is shared, if that is another graph; goals fold it.
    """

    def __init__(self, graph: Graph, config: Config | None = None, *, source: str = "",
                 seconds: dict[str, float] | None = None,
                 names: Collection[str] | None = None, streams: Graph | None = None) -> None:
        self.graph, self._streams = graph, streams or graph
        self.config = config or Config()
        self.source = source or graph.name
        self._seconds = dict(seconds or {})
        self._names = names
        self._folder: Path | None = None
        self._load: Any = None
        self._circuit: CompiledModel | None = None  # keeps a temporary folder alive

    @classmethod
    def read(cls, path: str | Path) -> "CompiledModel":
        """The model of a build folder, with the Verilog that lies there."""
        path = Path(path)
        report = read_report(path)
        config = as_config(path / "config.toml")
        model = cls(folder.load_graph(path), config, source=report["model"])
        model._folder = path
        return model

    def folded(self, goal: Goal, progress: build.Progress = lambda step: None) -> "CompiledModel":
        """The same network with every matrix's reuse factor chosen for a goal.

        Raises
        ------
        FoldingError
            If the goal cannot be reached; the message says what can.
        """
        config = choose_folding(self._streams, self.config, goal, progress)
        return CompiledModel(self._streams, config, source=self.source, seconds=self._seconds,
                             names=self._names)

    def predict(self, x: Any, engine: str = "golden", raw: bool = False) -> Any:
        """Outputs for a batch.

        Parameters
        ----------
        x : array or mapping of str to array
            Batch first; floats in the model's own shape, or with ``raw`` mantissas.
        engine : str
            ``golden`` or ``rtl``.
        raw : bool
            Take and give mantissas instead of floats.

        Returns
        -------
        array or dict of str to array
            One array for one output, by name for several.
        """
        inputs = self._encoded(x, raw)
        outputs = self._run(engine, inputs)
        result = {port.name: outputs[port.name] if raw else port.decode(outputs[port.name])
                  for port in self.graph.outputs}
        return next(iter(result.values())) if len(result) == 1 else result

    def _encoded(self, x: Any, raw: bool) -> dict[str, Any]:
        return data.check_mantissas(self.graph, x, "x") if raw else data.encode(self.graph, x, "x")

    def _run(self, name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        chosen = engine(name)
        if name == "golden":
            return golden.run(self.graph, inputs)
        return chosen.run(self.job(), inputs, None).outputs

    def trace(self, x: Any, raw: bool = False) -> dict[str, Any]:
        """Every tensor of the network by name; ``raw`` takes and gives mantissas, as in predict."""
        tensors = golden.trace(self.graph, self._encoded(x, raw))
        if raw:
            return tensors
        types = self.graph.types
        return {name: dequantize(value, types[name].frac) for name, value in tensors.items()}

    def job(self) -> Job:
        """What an engine needs; writes the build to a temporary folder if it has none."""
        if self._folder is None:
            temporary = tempfile.mkdtemp(prefix="nnhw-")
            weakref.finalize(self, shutil.rmtree, temporary, ignore_errors=True)
            self.write(temporary)
        assert self._folder is not None
        return Job(self.graph, folder.load_interface(self._folder), folder.sources(self._folder),
                   self._folder / "work", self._load)

    def retrained(self, model: Any) -> "CompiledModel":
        """This circuit with another model's weights, which it loads before it runs.

        ``model`` is what ``compile`` takes, and differs from this one in writable weights only.

        Raises
        ------
        NNHWError
            If it differs otherwise, or a weight does not fit.
        """
        other = model if isinstance(model, CompiledModel) else compile(model, self.config)
        graph = weights.retrained(self.graph, other.graph)
        result = CompiledModel(graph, self.config, source=other.source, names=self._names)
        result._load = weights.load_words(self.job().interface, graph)
        result._folder, result._circuit = self._folder, self
        return result

    def save_weights(self, path: str | Path) -> int:
        """Write these weights for the driver of a board; returns how many words they are."""
        return weights.save(Path(path), self.job())

    def write(self, path: str | Path, *, force: bool = False, bench: Any = None,
              progress: build.Progress = lambda step: None) -> Report:
        """Write a build folder: Verilog, test bench, report, configuration, model.

        Parameters
        ----------
        path : str or Path
            New or empty folder, or with ``force`` one of an earlier build.
        bench : array, mapping or None
            Inputs for the test bench; None makes seeded ones up.
        progress : callable
            Told what is being done.

        Returns
        -------
        dict
            What ``report.json`` holds.
        """
        checked = None if bench is None else data.check_floats(self.graph, bench, "data")
        report, _ = build.write_build(
            Path(path), self.graph, self.config, model=self.source, version=__version__,
            seconds=self._seconds, names=self._names, bench=checked, force=force, progress=progress)
        self._folder, self._load = Path(path), None
        return report

    def verify(self, x: Any = None, engines: Sequence[str] = ("golden", "rtl"), *,
               samples: int | None = None, stall: int | None = None,
               raw: bool = False, layers: bool = False) -> Verification:
        """Hold every engine's every output word against golden, and the timing to its promise.

        Parameters
        ----------
        x : array, mapping, DataSet or None
            Inputs; None makes seeded ones up, the extremes first.
        engines : sequence of str
            Which ones to run.
        samples : int or None
            How many of the inputs; None is all, or 256 made up.
        stall : int or None
            Seed of a second run with random gaps on both sides.
        raw : bool
            Whether ``x`` are mantissas.
        layers : bool
            Compare every layer's result in RTL too, and find the first that differs.

        Returns
        -------
        Verification
            ``passed`` says whether everything was right.
        """
        given = x if isinstance(x, data.DataSet) else None
        where = given.name if given else "x"
        if x is None:
            inputs = data.random_mantissas(self.graph, samples or RANDOM_SAMPLES)
        elif raw:
            inputs = data.check_mantissas(self.graph, x, where)
        else:
            inputs = data.encode(self.graph, given.inputs if given else x, where)
        inputs = {name: array[:samples] for name, array in inputs.items()}
        result = verify(self.job(), inputs, engines, stall=stall, data=given)
        if layers:
            found = check_layers(self.job(), self.config, inputs, stall)
            result = replace(result, layers=found)
        if self._load is None:
            self._record(result)
        return result

    def _record(self, result: Verification) -> None:
        assert self._folder is not None
        report = read_report(self._folder)
        report["verify"] = result.figures()
        write_report(report, self._folder)
        write_html(report, self._folder)

    def report(self) -> Report:
        """What ``report.json`` holds, as it stands after the last verification."""
        self.job()
        assert self._folder is not None
        return read_report(self._folder)

    def __repr__(self) -> str:
        sizes = json.dumps([list(port.shape) for port in self.graph.inputs])
        return f"<CompiledModel {self.graph.name}: {len(self.graph.nodes)} nodes, inputs {sizes}>"
