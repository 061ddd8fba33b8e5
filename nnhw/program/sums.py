# SPDX-License-Identifier: Apache-2.0
"""Sums rewritten for adders of two or three operands: which to share, and in what order to add.

Every chain of additions is opened into one sum over its shared parts, biases and rounding constants
among its terms. The parts are those that the program came with, or found anew; one is given up
where its users then need no more adders than before: a part of two terms that is used twice saves
nothing where both users' adders have an operand to spare. The sums are then built anew, earliest
operands first.
"""

from collections.abc import Sequence

from nnhw.numeric.types import FixedType
from nnhw.program.builder import Kind, Program, Step
from nnhw.program.schedule import live_steps
from nnhw.program.sharing import ONE, Form, Search, accumulate, share_sums

__all__ = ["ONE", "Form", "Forms", "is_linear"]


class Forms:
    """Every sum that stays, over opaque values and other sums that stay.

    Parameters
    ----------
    program : Program
        Where the sums are found.
    operands : int
        Operands of an adder.

    Members
    -------
    forms : dict of int to Form
        By the step whose value it is; parts found anew have numbers beyond the program's.
    """

    def __init__(self, program: Program, operands: int) -> None:
        self.program, self.operands = program, operands
        self.live = live_steps(program)
        self._bounds: dict[int, tuple[int, int]] = {}
        self.pinned = {v.index for v in program.outputs}
        if program.gate is not None:
            self.pinned.add(program.gate.index)
        uses = dict.fromkeys(self.live, 0)
        for k in self.live:
            step = program.steps[k]
            for i in step.args:
                uses[i] += 1
                if not is_linear(step):
                    self.pinned.add(i)
        kept = {k for k in self.live if k in self.pinned or uses[k] > 1}
        self.forms: dict[int, Form] = {}
        opened: dict[int, Form] = {}
        for k in self.live:
            step = program.steps[k]
            if is_linear(step):
                opened[k] = _opened(step, opened)
                if k in kept and not _is_alias(opened[k]):
                    self.forms[k] = opened[k]
                    opened[k] = {k: 1}
            else:
                opened[k] = {ONE: step.low} if step.kind is Kind.CONST else {k: 1}
            if k in self.pinned and is_linear(step):
                self.forms.setdefault(k, opened[k])

    def cost(self, k: int, form: Form) -> int:
        """LUTs of the adders of a sum, about."""
        count = sum(_terms(c) if source != ONE else c != 0 for source, c in form.items())
        adders = -(-(count - 1) // (self.operands - 1)) if count else 0
        return adders * self.width(k)

    def bounds(self, k: int) -> tuple[int, int]:
        """Smallest and largest value of a sum."""
        if k < len(self.program.steps):
            step = self.program.steps[k]
            return step.low, step.high
        if k not in self._bounds:
            ends = [sorted(factor * end for end in self.bounds(source))
                    for source, factor in self._values_in(k).items()]
            self._bounds[k] = sum(end[0] for end in ends), sum(end[1] for end in ends)
        return self._bounds[k]

    def _values_in(self, k: int) -> Form:
        """A part as a form over steps of the program."""
        found: Form = {}
        for source, factor in self.forms[k].items():
            inside = source >= len(self.program.steps)
            accumulate(found, self._values_in(source) if inside else {source: 1}, factor)
        return found

    def width(self, k: int) -> int:
        """Bits of a sum."""
        return FixedType.containing(*self.bounds(k)).width

    def share_anew(self, search: Search) -> None:
        """Forget the shared parts and search for others."""
        opened: dict[int, Form] = {}
        for k in self.live:
            if k in self.forms:
                opened[k] = {}
                for source, factor in self.forms[k].items():
                    own = source not in opened or source in self.pinned
                    accumulate(opened[k], {source: 1} if own else opened[source], factor)
        pinned = {k: form for k, form in opened.items() if k in self.pinned}
        self.forms = share_sums(pinned, len(self.program.steps), self.bounds, search)

    def give_up_parts(self) -> None:
        """Open shared sums into their users while that saves adders."""
        users: dict[int, set[int]] = {k: set() for k in self.forms}
        for k, form in self.forms.items():
            for source in form:
                if source in users and source != k:
                    users[source].add(k)
        changed = True
        while changed:
            changed = False
            for k in [k for k in self.forms if k not in self.pinned]:
                opened = {user: _substituted(self.forms[user], k, self.forms[k])
                          for user in users[k]}
                after = sum(self.cost(user, form) for user, form in opened.items())
                before = self.cost(k, self.forms[k]) + sum(
                    self.cost(user, self.forms[user]) for user in users[k])
                if after < before or not opened:
                    self._open(k, opened, users)
                    changed = True

    def _open(self, k: int, opened: dict[int, Form], users: dict[int, set[int]]) -> None:
        for source in self.forms.pop(k):
            if source in users:
                users[source].discard(k)
        for user, form in opened.items():
            for source in self.forms[user].keys() - form.keys():
                if source in users:
                    users[source].discard(user)
            for source in form:
                if source in users:
                    users[source].add(user)
            self.forms[user] = form
        del users[k]


def is_linear(step: Step) -> bool:
    """Whether a step is a sum or a shift to the left."""
    return (step.kind in (Kind.ADD, Kind.SUM, Kind.DOT)
            or (step.kind is Kind.SHIFT and step.param > 0))


def _is_alias(form: Form) -> bool:
    """Whether a form is a shifted source: wiring, no adder."""
    if len(form) != 1:  # a sum, or 0 where all terms cancel
        return False
    (source, factor), = form.items()
    return source != ONE and factor > 0 and factor & (factor - 1) == 0


def _terms(factor: int) -> int:
    return (abs(factor) ^ 3 * abs(factor)).bit_count()  # of signed digits (Prodinger, 2000)


def _opened(step: Step, opened: dict[int, Form]) -> Form:
    """A step as a form over what its operands stand for."""
    form: Form = {}
    factors: Sequence[int]
    if step.kind is Kind.DOT:
        factors = step.param[0]
        if step.param[1]:
            form[ONE] = step.param[1]
    elif step.kind is Kind.SHIFT:
        factors = [1 << step.param]
    elif step.kind is Kind.ADD:
        factors = [1 << step.param[0], step.param[2] << step.param[1]]
    else:
        factors = [sign << by for by, sign in step.param]
    for i, factor in zip(step.args, factors, strict=True):
        accumulate(form, opened[i], factor)
    return form


def _substituted(form: Form, part: int, by: Form) -> Form:
    result = {source: c for source, c in form.items() if source != part}
    accumulate(result, by, form[part])
    return result
