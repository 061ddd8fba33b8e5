# SPDX-License-Identifier: Apache-2.0
"""Signals of the components of a design, each as its ``elaborate`` connects them."""

from collections.abc import Callable
from typing import Any

from nnhw.estimate.arithmetic import add, counter
from nnhw.estimate.fabric import Fabric
from nnhw.estimate.logic import ZERO, Logic
from nnhw.estimate.pipeline import pipeline
from nnhw.estimate.plumbing import counted, memory, payload_bits, select
from nnhw.estimate.softmax import softmax
from nnhw.estimate.windows import total, window
from nnhw.hw.fork import Fork, Queue
from nnhw.hw.running_total import RunningTotal
from nnhw.hw.serial_softmax import SerialSoftmax
from nnhw.hw.stage import Stage
from nnhw.hw.width_converter import Narrow, Widen
from nnhw.hw.window import SlidingWindow
from nnhw.program.delays import delay_model

__all__ = ["connect", "known"]


def known(unit: Any) -> bool:
    """Whether there is a model of a component; of memories that can be written there is none."""
    return type(unit) in _MODELS and not getattr(unit, "memories", ())


def connect(logic: Logic, fabric: Fabric, unit: Any, target: str) -> None:
    """Put a component into ``logic``."""
    _MODELS[type(unit)](logic, fabric, unit, target)


def _stage(logic: Logic, fabric: Fabric, unit: Stage, target: str) -> None:
    operands = [logic.leaves(payload_bits(getattr(unit, name))) for name in unit.inputs]
    valids = [logic.leaf() for _ in operands]
    ready, fire = logic.leaf(), logic.state()
    if unit.replays:
        words, valids = _replay(logic, fabric, unit, operands[0], valids[0], fire, target)
        operands = [words]
    present = logic.tree(valids)
    ports = {f"x{k}": word for k, word in enumerate(operands)}
    a, b = unit.plan.blocks or (1, 1)
    column, last = counter(logic, fabric, a, fire)
    _, end = counter(logic, fabric, b, logic.gate(fire, last))
    turns = unit.plan.turns
    ports |= {"first": [logic.tree(column)], "last": [last],
              "step": counter(logic, fabric, turns * a * b, fire)[0],
              "group": counter(logic, fabric, turns * b if unit.plan.blocks else unit.plan.every,
                               logic.gate(fire, last) if a > 1 else fire)[0]}
    done = pipeline(logic, fabric, unit.pipeline.program, unit.pipeline.schedule, ports, present,
                    ready, delay_model(target).block_bits)
    logic.alias(fire, logic.gate(present, done.ready))
    holds = unit.plan.blocks and b > 1 and not unit.replays
    logic.want([*done.output, done.valid, logic.gate(fire, end) if holds else fire])


def _replay(logic: Logic, fabric: Fabric, unit: Stage, word: list[int], valid: int, ready: int,
            target: str) -> tuple[list[int], list[int]]:
    a, b = unit.plan.blocks or (1, 1)
    full = [logic.state(), logic.state()]
    write = logic.gate(valid, full[1])
    logic.want([full[1]])
    at, end = counter(logic, fabric, a, write)
    bank = _toggle(logic, logic.gate(end, write))
    offered = logic.state()
    advance = logic.gate(offered, ready)
    step = logic.gate(advance, full[0], full[1])
    read_at, read_end = counter(logic, fabric, a, step)
    _, over = counter(logic, fabric, b, logic.gate(step, read_end))
    freed = logic.gate(step, read_end, over)
    read_bank = _toggle(logic, freed)
    logic.feed(offered, logic.gate(full[0], full[1]), advance)
    for bit in full:
        logic.feed(bit, logic.gate(*full, logic.gate(end, write), freed))
    block = delay_model(target).block_bits is not None and a > 16
    return memory(logic, fabric, 2 << (a - 1).bit_length(), word, [*at, bank, write],
                   [*read_at, read_bank], late=advance, block=block), [offered]


def _toggle(logic: Logic, enable: int) -> int:
    state = logic.state()
    logic.feed(state, logic.gate(state, enable))
    return state


def _over(logic: Logic, fabric: Fabric, beats: int, parts: int, fire: int, end: int) -> int:
    """Whether a converter is done with a word: at its last part, or at a frame's last beat."""
    if beats % parts == 0:
        return end
    _, done = counter(logic, fabric, beats, fire)
    return logic.gate(end, done)


def _narrow(logic: Logic, fabric: Fabric, unit: Narrow, target: str) -> None:
    word, valid, ready = logic.leaves(payload_bits(unit.i)), logic.leaf(), logic.leaf()
    fire = logic.gate(valid, ready)
    width = payload_bits(unit.o)
    last = logic.state()
    part, end = counted(logic, fabric, unit.parts, fire, last)
    over = _over(logic, fabric, unit.beats_out, unit.parts, fire, end)
    logic.alias(last, over)
    parts = [word[k * width:(k + 1) * width] for k in range(unit.parts)]
    logic.want([*select(logic, part, parts), logic.gate(ready, over)])


def _widen(logic: Logic, fabric: Fabric, unit: Widen, target: str) -> None:
    word, valid, ready = logic.leaves(payload_bits(unit.i)), logic.leaf(), logic.leaf()
    offered, last = logic.state(), logic.state()
    takes = logic.gate(offered, ready, last)
    fire = logic.gate(valid, takes)
    _, end = counted(logic, fabric, unit.parts, fire, last)
    over = _over(logic, fabric, unit.beats_in, unit.parts, fire, end)
    logic.alias(last, over)
    kept = list(word)
    for _ in range(unit.parts - 1):
        kept = [logic.register(bit, fire) for bit in kept[:len(word)]] + kept
    store = logic.gate(fire, last)
    if unit.beats_in % unit.parts:
        early = (unit.parts - unit.beats_in % unit.parts) * len(word)
        kept = [logic.mux(end, a, b) for a, b in
                zip(kept, [*kept[early:], *[ZERO] * early], strict=True)]
    logic.feed(offered, logic.gate(store, offered, ready))
    logic.want([*(logic.register(bit, store) for bit in kept), offered, takes])


def _fork(logic: Logic, fabric: Fabric, unit: Fork, target: str) -> None:
    valid = logic.leaf()
    taken = [logic.state() for _ in range(unit.ways)]
    takes = [logic.gate(bit, logic.leaf()) for bit in taken]
    ready = logic.tree(takes)
    for bit, now in zip(taken, takes, strict=True):
        logic.feed(bit, now, valid, logic.gate(ready, valid))
        logic.want([logic.gate(valid, bit)])
    logic.want([ready])


def _queue(logic: Logic, fabric: Fabric, unit: Queue, target: str) -> None:
    word, valid, ready = logic.leaves(payload_bits(unit.i)), logic.leaf(), logic.leaf()
    level = [logic.state() for _ in range(unit.depth.bit_length())]
    there, room = logic.tree(level), logic.tree(level)
    write, read = logic.gate(valid, room), logic.gate(ready, there)
    moves = [logic.gate(write, read)] * len(level)
    for bit, after in zip(level, add(logic, fabric, level, moves), strict=True):
        logic.feed(bit, after, logic.gate(write, read))
    written = counter(logic, fabric, unit.depth, write)[0]
    taken = counter(logic, fabric, unit.depth, read)[0]
    logic.want([there, room, *memory(
        logic, fabric, unit.depth, word, [*written, write], taken)])


_MODELS: dict[type, Callable[[Logic, Fabric, Any, str], None]] = {
    Stage: _stage, Narrow: _narrow, Widen: _widen, Fork: _fork, Queue: _queue,
    SlidingWindow: window, RunningTotal: total, SerialSoftmax: softmax}
