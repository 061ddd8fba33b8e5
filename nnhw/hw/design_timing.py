# SPDX-License-Identifier: Apache-2.0
"""Latency, interval and queue depths of a design, from its token schedule."""

from collections.abc import Callable
from itertools import pairwise

from nnhw.hw.fork import Fork, Queue
from nnhw.hw.netlist import UNBOUNDED, Netlist, Wire
from nnhw.hw.reorder import Reorder
from nnhw.hw.running_total import RunningTotal
from nnhw.hw.serial_softmax import SerialSoftmax
from nnhw.hw.stage import Stage
from nnhw.hw.tokens import (
    ForkTokens,
    Link,
    NarrowFoldedTokens,
    NarrowTokens,
    PipelineTokens,
    QueueTokens,
    ReorderTokens,
    ReplayFoldedTokens,
    ReplayTokens,
    SerialTokens,
    Sink,
    Source,
    Tokens,
    TotalTokens,
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

#: Beats above which a queue lies in memory blocks.
_LUT_BEATS = 64

#: Cycles from which a frame counts as long: fewer of them have to do.
_LONG = 20_000


def measure(netlist: Netlist, inputs: Ports, outputs: Ports, busiest: int) -> tuple[int, int]:
    """Latency and interval in cycles, frames following each other without a gap.

    The interval is that of the slowest output once four frames in a row took equally long (two,
    where frames are long, or one that took no longer than the busiest component by itself needs).
    """
    long = busiest >= _LONG
    enough = 2 if long else 4
    for frames in _FRAMES if long else _FRAMES[1:]:
        models, links = _models(netlist, inputs, outputs)
        run(models, frames)
        sinks = [(links[Wire(None, name)], beats) for name, beats in outputs]
        # The last frames do not count: nothing behind them pushes them out.
        ends = [max(link.A[beats * (f + 1) - 1] for link, beats in sinks)
                for f in range(frames - 2)]
        gaps = [b - a for a, b in pairwise(ends)]
        if long and gaps[-1] == busiest:
            break
        if len(gaps) >= enough and len(set(gaps[-enough:])) == 1:
            break
    first = min(links[Wire(None, name)].V[0] for name, _ in inputs)
    # Results of what has piled up in queues may follow each other faster for a while.
    return min(link.V[0] for link, _ in sinks) - first, max(gaps[-1], busiest)


def size_queues(netlist: Netlist, inputs: Ports, outputs: Ports, interval: int) -> None:
    """Give each queue of a join the depth it needs when frames arrive every ``interval`` cycles."""
    queues = [unit for _, unit in netlist.units if isinstance(unit, Queue)]
    if all(queue.depth < UNBOUNDED for queue in queues):
        return
    models, links = _models(netlist, inputs, outputs, interval)
    run(models, 1)
    # So many frames are under way at once, and fill the queues.
    under_way = max(links[Wire(None, name)].V[0] for name, _ in outputs) // interval

    frames = 3 + under_way
    depths, whole = _needed(netlist, inputs, outputs, interval, frames)
    # A queue may get fullest every few frames only. If it gets ever fuller, it cannot be paced so.
    if interval < _LONG:
        more, _ = _needed(netlist, inputs, outputs, interval, 2 * frames)
        if more != depths and _needed(netlist, inputs, outputs, interval, 4 * frames)[0] == more:
            depths = more
    if whole:
        # A branch that needs more than a frame ahead of its first result must not count on a pause
        # between frames to get the rest out of its windows.
        unpaused, _ = _needed(netlist, inputs, outputs, interval, 2 * frames, flush=False)
        depths = list(map(max, depths, unpaused))
    # A block's beats come a cycle later, and may be one more by then.
    late = max(depths) > _LUT_BEATS
    for queue, depth in zip(queues, depths, strict=True):
        if queue.depth == UNBOUNDED:
            queue.block, queue.depth = depth > _LUT_BEATS, max(2, depth + late)


def _needed(netlist: Netlist, inputs: Ports, outputs: Ports, interval: int, frames: int, *,
            flush: bool = True) -> tuple[list[int], bool]:
    """Depth of each queue at which no beat would wait, and whether any then holds a frame."""
    models, _ = _models(netlist, inputs, outputs, interval)
    for model in models:
        if isinstance(model, WindowTokens):
            model.may_flush = flush
    run(models, frames)
    queues = [model for model in models if isinstance(model, QueueTokens)]
    depths = [queue.needed() for queue in queues]
    return depths, any(depth * frames >= len(queue.inputs[0].V)
                       for depth, queue in zip(depths, queues, strict=True))


def _models(netlist: Netlist, inputs: Ports, outputs: Ports, interval: int = 0,
            ) -> tuple[list[Tokens], dict[Wire, Link]]:
    links: dict[Wire, Link] = {}
    for start, end in netlist.links:
        links[start] = links[end] = Link()
    models: list[Tokens] = [
        Source(links[Wire(None, name)], beats, lambda n, beats=beats: n // beats * interval)
        for name, beats in inputs]
    within = _narrows_of_stages(netlist)
    for at, (_, unit) in enumerate(netlist.units):
        if at in within.values():
            continue
        narrow, first = netlist.units[within[at]][1] if at in within else None, within.get(at, at)
        models += _tokens(unit, lambda port, at=at, first=first: links[
            Wire(first if port.startswith("i") else at, port)], narrow)
    models += [Sink(links[Wire(None, name)], beats) for name, beats in outputs]
    return models, links


def _narrows_of_stages(netlist: Netlist) -> dict[int, int]:
    """Stages whose steps are told in blocks, and the Narrow in front that belongs to them."""
    units = [unit for _, unit in netlist.units]
    return {end.unit: start.unit for start, end in netlist.links
            if start.unit is not None and end.unit is not None
            and isinstance(units[start.unit], Narrow) and isinstance(units[end.unit], Stage)
            and _in_blocks(units[end.unit])}


def _in_blocks(unit: Stage) -> bool:
    return not unit.replays and (unit.pipeline.schedule.gate or 0) > 1


def _tokens(unit: object, link: Callable[[str], Link], narrow: Narrow | None) -> list[Tokens]:
    match unit:
        case Stage():
            return _stage(unit, link, narrow)
        case Narrow():
            return [NarrowTokens(link("i"), link("o"), *_parts(unit))]
        case SlidingWindow():
            return [WindowTokens(link("i"), link("o"), unit.schedule)]
        case Reorder():
            return [ReorderTokens(link("i"), link("o"), unit.schedule)]
        case SerialSoftmax():
            return [SerialTokens(link("i"), link("o"), unit.classes, unit.summing + unit.dividing,
                                 unit.dividing + 1)]
        case RunningTotal():
            return [TotalTokens(link("i"), link("o"), unit.interval, unit.parts)]
        case Fork():
            return [ForkTokens(link("i"), [link(f"o{k}") for k in range(unit.ways)])]
        case Queue():
            return [QueueTokens(link("i"), link("o"), unit.depth, unit.latency)]
        case _:
            return [WidenTokens(link("i"), link("o"), unit.parts, unit.beats_in)]


def _parts(unit: Narrow) -> tuple[int, int, int]:
    return unit.parts, unit.beats_in, unit.beats_out


def _stage(unit: Stage, link: Callable[[str], Link], narrow: Narrow | None) -> list[Tokens]:
    blocks, plan = unit.plan.blocks or (1, 1), unit.pipeline.schedule
    if narrow is not None:
        return [NarrowFoldedTokens(link("i"), link("o"), plan.depth, plan.gate, blocks[0],
                                   _parts(narrow))]
    if not unit.replays:
        return [PipelineTokens([link(port) for port in unit.inputs], link("o"), plan.depth,
                               plan.gate, blocks, holds=blocks[1] > 1)]
    if plan.gate > 1:
        return [ReplayFoldedTokens(link("i"), link("o"), plan.depth, plan.gate, *blocks)]
    between = Link()
    return [ReplayTokens(link("i"), between, *blocks),
            PipelineTokens([between], link("o"), plan.depth, plan.gate, blocks, holds=False)]
