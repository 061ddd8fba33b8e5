# SPDX-License-Identifier: Apache-2.0
"""Signals of a component, one bit each, and the LUTs that the logic between them fills.

No logic is minimized here: gates are kept by what they read, and one that only another gate reads
goes into the same LUT while their inputs fit.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["ONE", "ZERO", "Logic", "Part"]

#: Signals that are constant.
ZERO, ONE = 0, 1

#: What drives a signal.
_LEAF, _GATE, _REGISTER, _PART = range(4)


@dataclass
class Part:
    """A piece of hardware with several outputs: a carry chain, a table, a multiplier.

    Parameters
    ----------
    kind : str
        What it is.
    reads, outputs : tuple of int
        Signals.
    what : dict
        What else is to be known of it.
    """

    kind: str
    reads: tuple[int, ...]
    outputs: tuple[int, ...]
    what: dict[str, Any]


class Logic:
    """Signals by number, and what drives them.

    What nothing needs in the end is not counted.

    Parameters
    ----------
    inputs : int
        Of a LUT.

    Members
    -------
    alive : set of int
        Signals that are needed, known once it is settled; ``used`` are the parts' numbers, and
        ``readers`` how many read each signal.
    counters, compared : set of int
        Signals that are a counter's, or tell which of two words is less.
    fixed : set of int
        Signals that are constant in a half of a table.
    late : set of int
        Gates that a comparison selects by.
    """

    def __init__(self, inputs: int) -> None:
        self.inputs = inputs
        self.kind = [_LEAF, _LEAF]
        self.reads: list[tuple[int, ...]] = [(), ()]
        self.delayed: dict[tuple[int, ...], int] = {}
        self.parts: list[Part] = []
        self.wanted: list[int] = []
        self.same: dict[int, int] = {}
        self.inverses: dict[int, int] = {}
        self.controls: dict[tuple[int, ...], int] = {}
        self.fixed: set[int] = set()
        self.counters: set[int] = set()
        self.compared: set[int] = set()
        self.late: set[int] = set()
        self.masks: dict[int, tuple[int, int]] = {}
        self.readers: Counter[int] = Counter()
        self.alive: set[int] = set()
        self.used: set[int] = set()

    def _new(self, kind: int, reads: Iterable[int] = ()) -> int:
        self.kind.append(kind)
        self.reads.append(tuple(s for s in dict.fromkeys(reads) if s > ONE))
        return len(self.kind) - 1

    def leaf(self) -> int:
        """A signal from outside."""
        return self._new(_LEAF)

    def leaves(self, number: int) -> list[int]:
        """Several of them."""
        return [self.leaf() for _ in range(number)]

    def gate(self, *reads: int) -> int:
        """Any function of some signals."""
        return self._new(_GATE, reads)

    def tree(self, reads: Sequence[int]) -> int:
        """Conjunction, parity or the like of any number of signals."""
        level = [s for s in reads if s > ONE]
        if len(level) < 2:
            return level[0] if level else ONE
        while len(level) > 1:
            level = [self.gate(*level[k:k + 2]) if k + 1 < len(level) else level[k]
                     for k in range(0, len(level), 2)]
        return level[0]

    def mux(self, select: int, then: int, other: int) -> int:
        """One of two signals."""
        if then == other:
            return then
        if (then, other) == (ONE, ZERO):
            return select
        found = self.gate(select, then, other)
        if select in self.compared:
            self.late.add(found)
        if min(then, other) <= ONE < max(then, other):
            self.masks[found] = (select, max(then, other))
        return found

    def inverse(self, signal: int) -> int:
        """The opposite of a signal; made once."""
        if signal <= ONE:
            return 1 - signal
        if signal not in self.inverses:
            self.inverses[signal] = self.gate(signal)
        return self.inverses[signal]

    def both(self, *signals: int) -> int:
        """Conjunction of control signals; made once."""
        key = tuple(sorted(signals))
        if key not in self.controls:
            self.controls[key] = self.gate(*key)
        return self.controls[key]

    def register(self, data: int, *controls: int) -> int:
        """A flip-flop; equal ones are one.

        One that takes in a constant at times is set or cleared at these times, without a LUT.
        """
        if data <= ONE:
            return data
        if data in self.masks:
            select, data = self.masks[data]
            controls = (*controls, self.both(select, *controls))
        key = (data, *controls)
        if key not in self.delayed:
            self.delayed[key] = self._new(_REGISTER, key)
        return self.delayed[key]

    def state(self) -> int:
        """A flip-flop that reads what is made of it; see ``feed``."""
        return self._new(_REGISTER)

    def feed(self, state: int, *reads: int) -> None:
        """Let a flip-flop take its input from other signals."""
        self.reads[state] = tuple(s for s in dict.fromkeys(reads) if s > ONE)

    def alias(self, placeholder: int, signal: int) -> None:
        """Say which signal one is that was asked for (with ``state``) ahead of its making."""
        self.same[placeholder] = signal

    def part(self, kind: str, reads: Sequence[int], outputs: int, **what: Any) -> list[int]:
        """A part that reads signals and drives ``outputs`` of them."""
        found = [self._new(_PART) for _ in range(outputs)]
        for signal in found:
            self.reads[signal] = (len(self.parts),)
        self.parts.append(Part(kind, tuple(reads), tuple(found), what))
        return found

    def want(self, signals: Iterable[int]) -> None:
        """Signals that are read outside."""
        self.wanted += [s for s in signals if s > ONE]

    # What is there in the end.

    def real(self, signals: Iterable[int]) -> tuple[int, ...]:
        """Signals without placeholders and constants, each once."""
        found: dict[int, None] = {}
        for signal in signals:
            while signal in self.same:
                signal = self.same[signal]
            if signal > ONE:
                found[signal] = None
        return tuple(found)

    def settle(self) -> None:
        """Find what is needed, and by how many."""
        self.readers, self.alive, self.used = Counter(), set(), set()
        waiting = list(self.real(self.wanted))
        self.readers.update(waiting)
        while waiting:
            signal = waiting.pop()
            if signal in self.alive:
                continue
            self.alive.add(signal)
            reads = self.reads[signal]
            if self.kind[signal] == _PART:
                at, = reads
                if at in self.used:
                    continue
                self.used.add(at)
                reads = self.parts[at].reads = self.real(self.parts[at].reads)
            else:
                reads = self.reads[signal] = self.real(reads)
            self.readers.update(reads)
            waiting += reads

    def live_parts(self) -> list[Part]:
        """Parts of which an output is needed."""
        return [self.parts[k] for k in sorted(self.used)]

    def is_gate(self, signal: int) -> bool:
        """Whether logic makes the signal."""
        return self.kind[signal] == _GATE

    def is_register(self, signal: int) -> bool:
        """Whether a flip-flop drives the signal."""
        return signal >= 0 and self.kind[signal] == _REGISTER

    def is_table(self, signal: int) -> bool:
        """Whether it is read from a table in logic."""
        return self.kind[signal] == _PART and self.parts[self.reads[signal][0]].kind == "table"

    def registers(self) -> list[int]:
        """Flip-flops that are needed."""
        return [s for s in self.alive if self.kind[s] == _REGISTER]

    def readings(self) -> dict[int, list[int]]:
        """Registers that read each signal as their input, and -1 for all else that reads it."""
        found: dict[int, list[int]] = {}
        for signal in self.alive:
            if self.kind[signal] == _PART:
                continue
            for at, s in enumerate(self.reads[signal]):
                plain = self.kind[signal] == _REGISTER and not at
                found.setdefault(s, []).append(signal if plain else -1)
        for part in self.live_parts():
            for s in part.reads:
                found.setdefault(s, []).append(-1)
        for s in self.real(self.wanted):
            found.setdefault(s, []).append(-1)
        return found

    def luts(self) -> int:
        """LUTs of all gates."""
        found = 0
        cone: dict[int, set[int]] = {}
        for signal in self._gates_in_order():
            reads = set(self.reads[signal])
            for s in sorted(reads & cone.keys(), key=lambda s: len(cone[s])):
                merged = reads - {s} | cone[s]
                if self.readers[s] == 1 and len(merged) <= max(self.inputs, len(reads)):
                    reads = merged
                    found -= self._cost(len(cone[s]))
            cone[signal] = reads
            found += self._cost(len(reads))
        return found

    def _cost(self, reads: int) -> int:
        """LUTs of a gate."""
        return max(1, -(-(reads - 1) // (self.inputs - 1)))

    def _gates_in_order(self) -> list[int]:
        """Gates that are needed, each behind those that it reads."""
        order: dict[int, None] = {}
        seen: set[int] = set()
        for root in self.alive:
            stack = [(root, False)]
            while stack:
                signal, done = stack.pop()
                if self.kind[signal] != _GATE or signal in order:
                    continue
                if done:
                    order[signal] = None
                elif signal not in seen:
                    seen.add(signal)
                    stack.append((signal, True))
                    stack += [(s, False) for s in self.reads[signal]]
        return list(order)
