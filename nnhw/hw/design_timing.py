# SPDX-License-Identifier: Apache-2.0
"""Latency, interval and queue depths of a design, from its token schedule."""

from collections.abc import Callable
from itertools import pairwise

from nnhw.hw.fork import Fork, Queue
from nnhw.hw.netlist import UNBOUNDED, Netlist, Wire
from nnhw.hw.reorder import Reorder
from nnhw.hw.stage import Stage
from nnhw.hw.tokens import (
    ForkTokens,
    Link,
    NarrowTokens,
    PipelineTokens,
    QueueTokens,
    ReorderTokens,
    ReplayTokens,
    Sink,
    Source,
    Tokens,
    WidenTokens,
    WindowTokens,
    run,
)
from nnhw.hw.width_converter import Narrow
from nnhw.hw.window import SlidingWindow

__all__ = ["Ports", "measure", "size_queues"]

#: Verilog name and beats of a frame of each of the network's ports.
Ports = list[tuple[str, int]]

#: Frames to run; more where a few do not settle to one interval.
_FRAMES = (5, 8, 24, 72)

#: Cycles from which a frame counts as long.
_LONG = 20_000


def measure(netlist: Netlist, inputs: Ports, outputs: Ports, busiest: int) -> tuple[int, int]:
    """Latency and interval in cycles, frames following each other without a gap.

    The interval is that of the slowest output once three frames in a row took equally long (two,
    where frames are long), or one took no longer than the busiest component by itself needs.
    """
    enough = 3 if busiest < _LONG else 2
    for frames in _FRAMES:
        models, links = _models(netlist, inputs, outputs)
        run(models, frames)
        sinks = [(links[Wire(None, name)], beats) for name, beats in outputs]
        # The last frames do not count: nothing behind them pushes them out.
        ends = [max(link.A[beats * (f + 1) - 1] for link, beats in sinks)
                for f in range(frames - 2)]
        gaps = [b - a for a, b in pairwise(ends)]
        if gaps[-1] == busiest or (len(gaps) >= enough and len(set(gaps[-enough:])) == 1):
            break
    first = min(links[Wire(None, name)].V[0] for name, _ in inputs)
    return min(link.V[0] for link, _ in sinks) - first, gaps[-1]


def size_queues(netlist: Netlist, inputs: Ports, outputs: Ports, interval: int) -> None:
    """Give each queue of a join the depth it needs when frames arrive every ``interval`` cycles."""
    queues = [unit for _, unit in netlist.units if isinstance(unit, Queue)]
    if all(queue.depth < UNBOUNDED for queue in queues):
        return
    frames = 3
    while True:
        models, links = _models(netlist, inputs, outputs, interval)
        run(models, frames)
        # So many frames are under way at once, and fill the queues.
        full = 3 + max(links[Wire(None, name)].V[0] for name, _ in outputs) // interval
        if frames >= full:
            break
        frames = full
    counted = [model for model in models if isinstance(model, QueueTokens)]
    for queue, model in zip(queues, counted, strict=True):
        if queue.depth == UNBOUNDED:
            queue.depth = max(2, model.needed())


def _models(netlist: Netlist, inputs: Ports, outputs: Ports, interval: int = 0,
            ) -> tuple[list[Tokens], dict[Wire, Link]]:
    links: dict[Wire, Link] = {}
    for start, end in netlist.links:
        links[start] = links[end] = Link()
    models: list[Tokens] = [
        Source(links[Wire(None, name)], beats, lambda n, beats=beats: n // beats * interval)
        for name, beats in inputs]
    for at, (_, unit) in enumerate(netlist.units):
        models += _tokens(unit, lambda port, at=at: links[Wire(at, port)])
    models += [Sink(links[Wire(None, name)], beats) for name, beats in outputs]
    return models, links


def _tokens(unit: object, link: Callable[[str], Link]) -> list[Tokens]:
    match unit:
        case Stage():
            return _stage(unit, link)
        case Narrow():
            return [NarrowTokens(link("i"), link("o"), unit.parts, unit.beats_in, unit.beats_out)]
        case SlidingWindow():
            return [WindowTokens(link("i"), link("o"), unit.schedule)]
        case Reorder():
            return [ReorderTokens(link("i"), link("o"), unit.schedule)]
        case Fork():
            return [ForkTokens(link("i"), [link(f"o{k}") for k in range(unit.ways)])]
        case Queue():
            return [QueueTokens(link("i"), link("o"), unit.depth)]
        case _:
            return [WidenTokens(link("i"), link("o"), unit.parts, unit.beats_in)]


def _stage(unit: Stage, link: Callable[[str], Link]) -> list[Tokens]:
    inputs, models = [link(port) for port in unit.inputs], []
    blocks = unit.plan.blocks or (1, 1)
    if unit.replays:
        between = Link()
        models.append(ReplayTokens(inputs[0], between, *blocks))
        inputs = [between]
    plan = unit.pipeline.schedule
    return [*models, PipelineTokens(inputs, link("o"), plan.depth, plan.gate, blocks,
                                    holds=blocks[1] > 1 and not unit.replays)]
