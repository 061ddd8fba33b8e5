# SPDX-License-Identifier: Apache-2.0
"""Verification: the same inputs through several engines, every output word compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nnhw.api.data import DataSet, by_name
from nnhw.api.engines import EngineRun, Job, engines
from nnhw.api.layerwise import LayerCheck
from nnhw.errors import DataError
from nnhw.ir.graph import Graph, OutputPort
from nnhw.numeric.types import Mantissas
from nnhw.sim.verify import compare

__all__ = ["Verification", "verify"]


@dataclass(frozen=True, eq=False)
class Verification:
    """What a verification found.

    Parameters
    ----------
    samples : int
        Inputs that went through every engine.
    mismatches : dict of str to int
        Words that differ from golden, by engine.
    examples : tuple of str
        The first of them: engine, sample, output, index, expected, got.
    timing : tuple of str
        One sentence for each promise on latency or interval that was not kept.
    latency, interval : int or None
        Measured in cycles.
    accuracy, agreement : float or None
        Share of samples whose class is the label, and the source model's, where those were given.
    difference : float or None
        Largest distance of an output from the source model's.
    stalled : bool
        Whether a run with random stalls was compared too.
    layers : LayerCheck or None
        What a comparison of every layer found.
    codes, codes_differing : int or None
        Of a model whose outputs are quantized: its output codes, and how many of golden's are
        others.
    """

    samples: int
    mismatches: dict[str, int]
    examples: tuple[str, ...] = ()
    timing: tuple[str, ...] = ()
    latency: int | None = None
    interval: int | float | None = None
    accuracy: float | None = None
    agreement: float | None = None
    difference: float | None = None
    stalled: bool = False
    words: int = field(default=0)
    layers: LayerCheck | None = None
    codes: int | None = None
    codes_differing: int | None = None

    @property
    def passed(self) -> bool:
        """Whether every word and every promise on timing was right."""
        layers_right = self.layers is None or self.layers.first is None
        return not any(self.mismatches.values()) and not self.timing and layers_right

    def figures(self) -> dict[str, Any]:
        """The ``verify`` part of ``report.json``."""
        return {
            "samples": self.samples,
            "rtl_mismatches": self.mismatches.get("rtl"),
            "hls_mismatches": self.mismatches.get("hls"),
            "latency_cycles_measured": self.latency,
            "interval_cycles_measured": self.interval,
            "accuracy": self.accuracy,
            "agreement": self.agreement,
            "largest_difference": self.difference,
            "codes": self.codes,
            "codes_differing": self.codes_differing,
            "stalled": self.stalled,
        }


def verify(job: Job, inputs: Mapping[str, Mantissas], names: Sequence[str], *,
           stall: int | None = None, data: DataSet | None = None) -> Verification:
    """Run ``inputs`` through golden and each named engine.

    Parameters
    ----------
    job : Job
        The build.
    inputs : mapping of str to Mantissas
        By input's name.
    names : sequence of str
        Engines; golden is the reference whether it is named or not.
    stall : int or None
        Seed of a second run of each engine, with random stalls, compared likewise.
    data : DataSet or None
        Labels and outputs to score golden against.
    """
    others = {name: e for name, e in engines(names).items() if name != "golden"}
    expected = engines(["golden"])["golden"].run(job, inputs, None).outputs
    counts, examples, timing = dict.fromkeys(others, 0), list[str](), list[str]()
    measured: EngineRun | None = None
    for name, each in others.items():
        runs = [each.run(job, inputs, None)]
        if stall is not None:
            runs.append(each.run(job, inputs, stall))
        for one in runs:
            outcome = compare(expected, one.outputs)
            counts[name] += outcome.mismatches
            examples += [f"{name}: {mismatch}" for mismatch in outcome.first]
        if runs[0].latency is not None:
            measured = runs[0]
            timing += _check_timing(name, job, runs[0])
    codes, differing = _differing(job.graph.outputs, expected, data)
    return Verification(
        len(next(iter(inputs.values()))), counts, tuple(examples), tuple(timing),
        measured.latency if measured else None, measured.interval if measured else None,
        *_score(job.graph, expected, data), stall is not None and bool(others),
        sum(array.size for array in expected.values()), codes=codes, codes_differing=differing)


def _check_timing(name: str, job: Job, run: EngineRun) -> list[str]:
    promises = {"latency": (job.interface.latency, run.latency),
                "interval": (job.interface.interval, run.interval)}
    return [f"{name}: {what} is {measured} cycles, the report promises {promised}"
            for what, (promised, measured) in promises.items()
            if measured is not None and measured != promised]


def _score(graph: Graph, expected: dict[str, Mantissas],
           data: DataSet | None) -> tuple[float | None, float | None, float | None]:
    """Accuracy against labels; agreement with the source model's outputs, and their distance."""
    if data is None:
        return None, None, None
    port = graph.outputs[0]
    values = port.decode(expected[port.name]).reshape(len(expected[port.name]), -1)
    accuracy = agreement = difference = None
    if data.labels is not None:
        labels = _labels(np.asarray(data.labels)[:len(values)], values, data.name)
        accuracy = float(np.mean(_classes(port, values) == labels))
    if data.outputs is not None:
        source = by_name(graph.outputs, data.outputs, data.name)[port.name]
        source = _outputs(port, np.asarray(source)[:len(values)], len(values), data.name)
        agreement = _agreement(port, values, source)
        difference = float(np.abs(values - source).max())
    return accuracy, agreement, difference


def _differing(ports: Sequence[OutputPort], expected: dict[str, Mantissas],
               data: DataSet | None) -> tuple[int | None, int | None]:
    """Codes of all outputs and how many are not the source model's; None where it has none."""
    if data is None or data.outputs is None:
        return None, None
    sources = by_name(ports, data.outputs, data.name)
    codes = differing = 0
    for port in ports:
        values = port.decode(expected[port.name]).reshape(len(expected[port.name]), -1)
        given = _outputs(port, np.asarray(sources[port.name])[:len(values)], len(values),
                         data.name)
        source = given.astype(np.float64)
        steps = np.unique(np.asarray(port.scale) * 2.0**-np.asarray(port.type.frac, np.float64))
        moved = any(step.kind in ("mul", "div", "rdiv") for step in port.steps)
        if moved or len(steps) > 1 or not _are_multiples(given, float(steps[0])):
            return None, None
        codes += source.size
        differing += int(np.count_nonzero(np.rint((values - source) / steps)))
    return codes, differing


def _are_multiples(source: Any, step: float) -> bool:
    """Whether values are codes times ``step``, rather than floats that know no finer step."""
    if source.dtype.kind == "f" and np.spacing(np.abs(source).max()) > 0.01 * step:
        return False
    places = source.astype(np.float64) / step
    return bool(np.abs(places - np.rint(places)).max() <= 0.01)


def _labels(labels: Any, values: Any, where: str) -> Any:
    one_hot = labels.ndim == 2 and labels.shape[1] == values.shape[1] > 1
    labels = labels.argmax(axis=1) if one_hot else labels.reshape(len(labels), -1)
    labels = labels if one_hot or labels.shape[1] != 1 else labels[:, 0]
    if labels.shape != (len(values),):
        raise DataError(f"{where}: labels must have shape ({len(values)},), not {labels.shape}")
    return labels


def _classes(port: OutputPort, values: Any) -> Any:
    """Class that an output means: its largest element, its value, or its side of one half."""
    if values.shape[1] > 1:
        return values.argmax(axis=1)
    whole = port.type.element.frac <= 0 and not port.steps
    return values[:, 0] if whole else values[:, 0] > 0.5


def _outputs(port: OutputPort, source: Any, samples: int, where: str) -> Any:
    if source.size != samples * int(np.prod(port.shape)) or len(source) != samples:
        raise DataError(f"{where}: outputs must have shape {(samples, *port.shape)}, "
                        f"not {source.shape}")
    return source.reshape(samples, -1)


def _agreement(port: OutputPort, values: Any, source: Any) -> float:
    if values.shape[1] == 1:
        return float(np.mean(np.isclose(values, source, rtol=0, atol=1e-6)))
    return float(np.mean(_classes(port, values) == _classes(port, source)))
