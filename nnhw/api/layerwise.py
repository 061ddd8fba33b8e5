# SPDX-License-Identifier: Apache-2.0
"""Every layer's result in RTL against golden's, in the order in which the layers compute."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nnhw import golden
from nnhw.api.engines import Job
from nnhw.config import Config
from nnhw.errors import ModelError
from nnhw.ir.graph import Graph
from nnhw.numeric.types import Mantissas
from nnhw.sim.verify import Mismatch, compare

if TYPE_CHECKING:
    from nnhw.hw.probes import Probes

__all__ = ["LayerCheck", "check_layers"]

#: Elements of all layers together that are in memory at once.
_AT_ONCE = 20_000_000


@dataclass(frozen=True)
class LayerCheck:
    """What a comparison of every layer found.

    Parameters
    ----------
    layers : int
        Layers compared; a reshape is another name for what it reads and is none.
    words : int
        Elements compared.
    first : Mismatch or None
        The first one that differs of the first layer that does; its ``output`` is the layer.
    kind : str
        Folder of that layer in ``nnhw.layers``.
    mismatches : int
        Elements of that layer that differ.
    merged : tuple of str
        Layers that have no result, or not a whole one, of their own in the circuit: their sums are
        computed together with the next layer's, or nothing reads them.
    """

    layers: int
    words: int
    first: Mismatch | None = None
    kind: str = ""
    mismatches: int = 0
    merged: tuple[str, ...] = ()

    def __str__(self) -> str:
        merged = (f" (merged into the layers behind them: {', '.join(self.merged)})"
                  if self.merged else "")
        if self.first is None:
            return f"layers: all {self.layers} equal in {self.words} words{merged}"
        return (f"layers: {self.first.output} ({self.kind}) is the first of {self.layers} to "
                f"differ, in {self.mismatches} words: {self.first}{merged}")


def check_layers(job: Job, config: Config, inputs: Mapping[str, Mantissas],
                 stall: int | None = None) -> LayerCheck:
    """Run the build's own Verilog and watch the result of every layer.

    Parameters
    ----------
    job : Job
        The build; its Verilog is read where it lies and not changed.
    config : Config
        The build's resolved choices.
    inputs : mapping of str to Mantissas
        By input's name.
    stall : int or None
        Seed of random stalls on all ports.

    Raises
    ------
    ModelError
        If the Verilog is not of this configuration.
    """
    from nnhw.hw.design import build
    from nnhw.hw.probes import Probes

    design = build(job.graph, config)
    ours, theirs = ((i.top, i.latency, i.interval) for i in (design.interface, job.interface))
    if ours != theirs:
        raise ModelError(f"{job.work.parent}: rtl/ was built with other choices than config.toml "
                         "has, or by another version of nnhw; build again")
    probes = Probes(design)
    found: list[LayerCheck] = []
    for batch, start in _batches(job.graph, inputs):
        found.append(_compare(job, probes, batch, start, stall))
    order = [node.name for node in job.graph]
    wrong = [check for check in found if check.first is not None]
    words = sum(check.words for check in found)
    merged = tuple(name for name in order if name in probes.merged())
    if not wrong:
        return replace(found[0], words=words, merged=merged)
    earliest = min(wrong, key=lambda check: order.index(check.first.output) if check.first else 0)
    same = [c for c in wrong if c.first and earliest.first
            and c.first.output == earliest.first.output]
    return replace(earliest, words=words, mismatches=sum(c.mismatches for c in same),
                   merged=merged)


def _batches(graph: Graph, inputs: Mapping[str, Mantissas],
             ) -> Iterator[tuple[dict[str, Mantissas], int]]:
    samples = len(next(iter(inputs.values())))
    size = max(1, _AT_ONCE // max(1, sum(node.op.y.size for node in graph)))
    for start in range(0, samples, size):
        yield {name: array[start:start + size] for name, array in inputs.items()}, start


def _compare(job: Job, probes: "Probes", batch: dict[str, Mantissas], start: int,
             stall: int | None) -> LayerCheck:
    from nnhw.sim.verilator import Bulk

    work = job.work / "layers"
    work.mkdir(parents=True, exist_ok=True)
    around = work / f"{probes.interface.top}.v"
    around.write_text(probes.verilog(), encoding="utf-8")
    bulk = Bulk(probes.interface, [*job.sources, around], work)
    pins = zip(job.interface.inputs, job.graph.inputs, strict=True)
    seen = bulk.run({pin.name: batch[port.name] for pin, port in pins}, stall=stall,
                    load=job.load).probes
    expected = golden.trace(job.graph, batch)
    results = probes.results(seen, expected)
    words = probes.words * len(next(iter(batch.values())))
    for node in job.graph:
        if node.name not in results:
            continue
        outcome = compare({node.name: expected[node.name]}, {node.name: results[node.name]})
        if not outcome.equal:
            first = replace(outcome.first[0], sample=outcome.first[0].sample + start)
            return LayerCheck(len(results), words, first, node.op.kind, outcome.mismatches)
    return LayerCheck(len(results), words)
