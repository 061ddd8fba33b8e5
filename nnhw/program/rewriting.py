# SPDX-License-Identifier: Apache-2.0
"""Programs written anew from other programs, and which new value stands for which old step."""

from collections.abc import Iterator
from contextlib import contextmanager

from nnhw.program.builder import Program, Value

__all__ = ["Copier"]


class Copier:
    """A new program in the making.

    Parameters
    ----------
    source : Program
        What to write anew.

    Members
    -------
    target : Program
        The new one: same name, ports and output type.
    made : dict of int to Value
        For a step of ``source``, the value of ``target`` that equals it.
    """

    def __init__(self, source: Program) -> None:
        self.source, self.target = source, Program(source.name)
        self.target.ports = list(source.ports)
        self.made: dict[int, Value] = {}
        self._scopes = {k: name for name, steps in source.scopes.items() for k in steps}

    @contextmanager
    def scope_of(self, k: int) -> Iterator[None]:
        """Steps made inside belong to the layer of step ``k``, which has its name already."""
        name, made = self._scopes.get(k, ""), len(self.target.steps)
        yield
        if name:
            self.target.scopes.setdefault(name, []).extend(range(made, len(self.target.steps)))

    def copy(self, k: int) -> Value:
        """The same step on the values that stand for its operands."""
        step = self.source.steps[k]
        with self.scope_of(k):
            self.made[k] = self.target.emit(step.kind, [self.made[i] for i in step.args],
                                            step.low, step.high, step.param, step.name)
        return self.made[k]

    def finish(self) -> None:
        """Set outputs and gate."""
        self.target.output([self.made[v.index] for v in self.source.outputs], self.source.element)
        if self.source.gate is not None:
            self.target.gate = self.made[self.source.gate.index]

    def find(self, k: int) -> list[Value]:
        """What stands for a step: its value, or the values a step given up was made of."""
        if k in self.made:
            return [self.made[k]]
        seen, waiting, found = {k}, [k], []
        while waiting:
            for i in self.source.steps[waiting.pop()].args:
                if i in self.made:
                    found.append(self.made[i])
                elif i not in seen:
                    seen.add(i)
                    waiting.append(i)
        return found
