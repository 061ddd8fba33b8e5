# SPDX-License-Identifier: Apache-2.0
"""Constant matrix times vector: sums that rows share, as da4ml's search finds them.

Sources: Sun, Que, Loncar, Luk, Spiropulu, "da4ml: Distributed Arithmetic for Real-time Neural
Networks on FPGAs", 2025, for the search; Hartley, "Subexpression sharing in filters using
canonic signed digit multipliers", IEEE TCAS-II 43, 1996, for the idea behind it. This module is
the only one that knows the solver (LGPL-3, an optional dependency).
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from nnhw.numeric.types import Mantissas
from nnhw.program.sharing import Form, Source, accumulate

__all__ = ["has_solver", "solver_sums"]

#: Weights beyond this do not fit the single precision in which the solver takes them; with
#: operands below it too, every sum is exact in int64.
_LARGEST = 1 << 20


def has_solver() -> bool:
    """Whether the solver can be imported here."""
    return _solver() is not None


def solver_sums(matrix: Mantissas, sources: Sequence[Source]) -> list[Form] | None:
    """A ``Search``; None where the solver is absent, or the matrix is not for it.

    Matrices of 0, 1 and -1 are not, which sharing makes larger.
    """
    units = np.array([one.unit for one in sources])
    peaks = [np.abs(matrix * units).max(initial=0), *(max(-one.low, one.high) for one in sources)]
    solve = _solver()
    if solve is None or peaks[0] <= 1 or max(peaks) > _LARGEST:
        return None
    found = solve(np.ascontiguousarray(matrix.T, dtype=np.float32),
                  search_all_decompose_dc=False,  # else 7 times the time for depth that costs ranks
                  qintervals=[(float(one.low * one.unit), float(one.high * one.unit),
                               float(one.unit)) for one in sources])
    reader = _Reader(len(sources))
    terms: list[_Term | None] = [_Term(k, 0, 1) for k in range(len(sources))]
    for part in found.solutions:
        terms = reader.results(part, terms)
    rows = [{} if term is None else {term.number: term.sign << term.shift} for term in terms]
    sums = _joined(rows, reader.sums, len(sources))
    # Nothing that the solver says is taken on trust.
    assert np.array_equal(_expanded(sums, len(rows), len(sources)), matrix), matrix
    return sums


def _solver() -> Callable[..., Any] | None:
    try:
        from da4ml.cmvm import solve
    except ImportError:
        return None
    found: Callable[..., Any] = solve
    return found


class _Term(NamedTuple):
    """``sign * value * 2**shift`` of a source or, from their number on, a sum."""

    number: int
    shift: int
    sign: int


class _Reader:
    """Turns the solver's graphs into sums of two terms."""

    def __init__(self, sources: int) -> None:
        self.sources = sources
        self.sums: list[Form] = []

    def results(self, part: Any, sources: Sequence[_Term | None]) -> list[_Term | None]:
        """Results of one graph; None is 0."""
        made: list[_Term | None] = []
        for op in part.ops:
            if op.opcode == -1:
                made.append(_scaled(sources[op.id0], part.inp_shifts[op.id0], 1))
                continue
            assert op.opcode in (0, 1), op
            other = _scaled(made[op.id1], int(op.data), 1 - 2 * op.opcode)
            made.append(self._sum(made[op.id0], other))
        outputs = zip(part.out_idxs, part.out_shifts, part.out_negs, strict=True)
        return [_scaled(made[at], by, -1 if negative else 1) if at >= 0 else None
                for at, by, negative in outputs]

    def _sum(self, a: _Term | None, b: _Term | None) -> _Term | None:
        """Sum of two terms; its sign is -1 only where both have it."""
        if a is None or b is None:
            return a or b
        if a.sign < b.sign:
            a, b = b, a
        base, form = min(a.shift, b.shift), Form()
        for term in (a, b):
            accumulate(form, {term.number: a.sign * term.sign}, 1 << term.shift - base)
        self.sums.append(form)
        return _Term(self.sources + len(self.sums) - 1, base, a.sign)


def _scaled(term: _Term | None, shift: int, sign: int) -> _Term | None:
    return term and _Term(term.number, term.shift + shift, term.sign * sign)


def _joined(rows: Sequence[Form], sums: Sequence[Form], sources: int) -> list[Form]:
    """Rows, then those sums that are used more than once, the others being part of their users."""
    forms = [*sums, *rows]
    uses = [0] * len(forms)
    for form in forms:
        for source in form:
            if source >= sources:
                uses[source - sources] += 1
    kept: list[Form] = []
    opened: list[Form] = []
    for at, form in enumerate(forms):
        own: Form = {}
        for source, factor in form.items():
            inside = source >= sources
            accumulate(own, opened[source - sources] if inside else {source: 1}, factor)
        if at < len(sums) and uses[at] > 1:
            kept.append(own)
            own = {sources + len(rows) + len(kept) - 1: 1}
        opened.append(own)
    return [*opened[len(sums):], *kept]


def _expanded(sums: Sequence[Form], rows: int, sources: int) -> Mantissas:
    """The first ``rows`` sums as factors of the sources alone; others read those before them."""
    made = dict(enumerate(np.eye(sources, dtype=np.int64)))
    for at in [*range(rows, len(sums)), *range(rows)]:
        made[sources + at] = sum((factor * made[source] for source, factor in sums[at].items()),
                                 np.zeros(sources, dtype=np.int64))
    return np.array([made[sources + at] for at in range(rows)])
