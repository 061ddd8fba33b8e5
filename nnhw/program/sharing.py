# SPDX-License-Identifier: Apache-2.0
"""Sums of a program given to a search for what they share, matrix by matrix."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from nnhw.numeric.types import Mantissas

__all__ = ["ONE", "Form", "Search", "Source", "accumulate", "share_sums"]

#: Source of a form's constant part.
ONE = -1

#: One sum: coefficient of every source, by the number of its step.
Form = dict[int, int]


class Source(NamedTuple):
    """What rows are sums of: ``unit``, a power of two, times a value between ``low`` and ``high``.
    """

    low: int
    high: int
    unit: int


#: Of a matrix (rows, sources) and its sources: sums that make its product, first its rows, then
#: those they share, as factors of each source; sources from ``matrix.shape[1]`` on are the sums
#: themselves, in the order of the list. None depends on itself. None where nothing is searched.
Search = Callable[[Mantissas, Sequence[Source]], list[Form] | None]

#: Factors beyond this are left as they are: their digits' places would take too much memory.
_LARGEST = 1 << 24


def accumulate(form: Form, other: Form, factor: int) -> None:
    """Add a multiple of another sum to ``form``."""
    for source, c in other.items():
        total = form.get(source, 0) + factor * c
        if total:
            form[source] = total
        else:
            form.pop(source, None)


def share_sums(forms: Mapping[int, Form], first: int, bounds: Callable[[int], tuple[int, int]],
               search: Search) -> dict[int, Form]:
    """Equal sums, made of parts that they share.

    Parameters
    ----------
    forms : mapping of int to Form
        Sums over opaque values alone, by the number of their step, in order.
    first : int
        Number of the first part; the others follow.
    bounds : callable
        Smallest and largest number that an opaque value may be.
    search : callable
        Asked once for equal matrices.

    Returns
    -------
    dict of int to Form
        All of ``forms`` again, and the parts. Matrices that were not searched share nothing.
    """
    found, known = dict(forms), {}
    for rows in _matrices(forms):
        matrix = _Matrix({k: forms[k] for k in rows}, bounds)
        key = matrix.factors.shape, matrix.factors.tobytes(), tuple(matrix.inputs)
        if key not in known:
            known[key] = search(matrix.factors, matrix.inputs)
        if (sums := known[key]) is not None:
            found |= matrix.named(sums, first + len(found))
    return found


def _matrices(forms: Mapping[int, Form]) -> Iterable[list[int]]:
    """Sums searched together: all their sources are there before the first of them, at one level.

    Those without a source in common go apart.
    """
    groups: list[tuple[int, dict[int, int], dict[int, list[int]]]] = []
    for k, form in forms.items():
        sources = [source for source in form if source != ONE]
        if len(sources) < 2 or max(map(abs, form.values())) > _LARGEST:
            continue
        if not groups or max(sources) > groups[-1][0]:
            groups.append((k, {}, {}))
        _, group_of, members = groups[-1]
        met = {group_of[source] for source in sources if source in group_of}
        members[k] = [k, *(row for group in met for row in members.pop(group))]
        group_of |= dict.fromkeys(sources, k) | {
            source: k for source, group in group_of.items() if group in met}
    return (sorted(rows) for _, _, members in groups for rows in members.values())


class _Matrix:
    """Sums over common sources, as rows of factors."""

    def __init__(self, forms: Mapping[int, Form],
                 bounds: Callable[[int], tuple[int, int]]) -> None:
        self.forms = forms
        self.sources = sorted({source for form in forms.values() for source in form} - {ONE})
        factors = np.array([[form.get(source, 0) for source in self.sources]
                            for form in forms.values()], dtype=np.int64)
        together = np.bitwise_or.reduce(factors, axis=0)
        self.units = together & -together  # the power of two that all factors of a source have
        self.factors = factors // self.units
        self.inputs = [Source(*bounds(source), unit) for source, unit
                       in zip(self.sources, self.units.tolist(), strict=True)]

    def named(self, found: Sequence[Form], first: int) -> dict[int, Form]:
        """What was found, over steps; parts are numbered from ``first`` on."""
        names = [*self.sources, *self.forms, *range(first, first + len(found) - len(self.forms))]
        result: dict[int, Form] = {}
        units: dict[int, int] = dict(enumerate(self.units.tolist()))
        def write(at: int) -> int:
            """Write a sum and those it is made of; returns what it is a multiple of."""
            if at in units:
                return units[at]
            name, factors = names[at], found[at - len(self.sources)]
            form = {names[source]: factor * write(source) for source, factor in factors.items()}
            units[at] = 1 if name in self.forms else _unit(form)
            result[name] = {source: factor // units[at] for source, factor in form.items()}
            return units[at]
        for at in range(len(self.sources), len(names)):
            write(at)
        for k, form in self.forms.items():
            if ONE in form:
                result[k][ONE] = form[ONE]
        return result


def _unit(form: Form) -> int:
    """Power of two in all factors, negative where the one of the lowest bit is."""
    lowest = min(form.values(), key=lambda factor: factor & -factor)
    return (lowest & -lowest) * (1 if lowest > 0 else -1)
