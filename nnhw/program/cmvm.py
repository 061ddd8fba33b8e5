# SPDX-License-Identifier: Apache-2.0
"""Constant matrix times vector: shared sums found by da4ml's search, or trees where it is absent.

Sources: Sun, Que, Loncar, Luk, Spiropulu, "da4ml: Distributed Arithmetic for Real-time Neural
Networks on FPGAs", 2025, for the search; Hartley, "Subexpression sharing in filters using
canonic signed digit multipliers", IEEE TCAS-II 43, 1996, for the idea behind it. This module is
the only one that knows the solver (LGPL-3, an optional dependency).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nnhw.numeric.types import Mantissas
from nnhw.program.arithmetic import dot
from nnhw.program.builder import Program, Value

__all__ = ["has_solver", "matrix_vector"]

#: Weights beyond this do not fit the single precision in which the solver takes them; with
#: operands below it too, every sum is exact in int64.
_LARGEST = 1 << 20


def has_solver() -> bool:
    """Whether the solver can be imported here."""
    return _solver() is not None


def matrix_vector(p: Program, x: Sequence[Value], weight: Mantissas, bias: Mantissas,
                  names: Sequence[str]) -> list[Value]:
    """Exact ``weight @ x + bias``; row ``k`` bears ``names[k]`` in Verilog.

    Matrices of 0, 1 and -1 are left as plain trees, which sharing makes larger. Of operands that
    never change the solver is told nothing: it takes them for absent.
    """
    peaks = [np.abs(weight).max(initial=0), *(max(-v.low, v.high) for v in x)]
    solve = _solver()
    if solve is None or peaks[0] <= 1 or max(peaks) > _LARGEST:
        return [dot(p, x, row.tolist(), int(b), name)
                for row, b, name in zip(weight, bias, names, strict=True)]
    varying = [k for k, v in enumerate(x) if v.low < v.high]
    if len(varying) < len(x):
        fixed = np.array([0 if v.low < v.high else v.low for v in x], dtype=np.int64)
        return matrix_vector(p, [x[k] for k in varying], weight[:, varying],
                             bias + weight @ fixed, names)
    found = solve(np.ascontiguousarray(weight.T, dtype=np.float32),
                  search_all_decompose_dc=False,  # else 7 times the time for depth that costs ranks
                  qintervals=[(float(v.low), float(v.high), 1.0) for v in x])
    writer = _Writer(p, x)
    terms = writer.inputs()
    for part in found.solutions:
        terms = writer.translate(part, terms, names if part is found.solutions[-1] else ())
    assert all(term.equals(row) for term, row in zip(terms, weight, strict=True)), names
    return [writer.total(term, int(b), name)
            for term, b, name in zip(terms, bias, names, strict=True)]


def _solver() -> Callable[..., Any] | None:
    try:
        from da4ml.cmvm import solve
    except ImportError:
        return None
    found: Callable[..., Any] = solve
    return found


@dataclass(frozen=True)
class _Term:
    """``sign * value * 2**shift``; ``form`` holds the coefficients of ``value`` itself."""

    value: Value
    shift: int
    sign: int
    form: Mantissas

    def scaled(self, shift: int, sign: int) -> "_Term":
        return replace(self, shift=self.shift + shift, sign=self.sign * sign)

    def equals(self, row: Mantissas) -> bool:
        """Whether it stands for ``row @ x``: nothing the solver says is taken on trust."""
        form = self.form << max(self.shift, 0)
        return np.array_equal(self.sign * form, row << max(-self.shift, 0))


class _Writer:
    """Turns the solver's graphs into steps, each with its true interval."""

    def __init__(self, p: Program, x: Sequence[Value]) -> None:
        self.p, self.x = p, x
        self.low = np.array([v.low for v in x], dtype=np.int64)
        self.high = np.array([v.high for v in x], dtype=np.int64)

    def inputs(self) -> list[_Term]:
        unit = np.eye(len(self.x), dtype=np.int64)
        return [_Term(v, 0, 1, unit[k]) for k, v in enumerate(self.x)]

    def translate(self, part: Any, sources: list[_Term], names: Sequence[str]) -> list[_Term]:
        """Results of one graph; the last step of a row bears the row's name."""
        label = dict(zip(part.out_idxs, names, strict=False))
        made: list[_Term] = []
        for k, op in enumerate(part.ops):
            if op.opcode == -1:
                made.append(sources[op.id0].scaled(part.inp_shifts[op.id0], 1))
                continue
            assert op.opcode in (0, 1), op
            other = made[op.id1].scaled(int(op.data), 1 - 2 * op.opcode)
            made.append(self.sum(made[op.id0], other, label.get(k, "part")))
        zero = _Term(self.p.const(0), 0, 1, 0 * self.low)
        outputs = zip(part.out_idxs, part.out_shifts, part.out_negs, strict=True)
        return [made[at].scaled(by, -1 if negative else 1) if at >= 0 else zero
                for at, by, negative in outputs]

    def sum(self, a: _Term, b: _Term, name: str) -> _Term:
        """Sum of two terms; its sign is -1 only where both have it."""
        if a.sign < b.sign:
            a, b = b, a
        base = min(a.shift, b.shift)
        sa, sb, subtract = a.shift - base, b.shift - base, a.sign != b.sign
        form = (a.form << sa) + (-1 if subtract else 1) * (b.form << sb)
        up, down = form.clip(min=0), form.clip(max=0)
        within = (int(up @ self.low + down @ self.high), int(up @ self.high + down @ self.low))
        value = self.p.add(a.value, b.value, sa, sb, subtract=subtract, name=name, within=within)
        return _Term(value, base, a.sign, form)

    def total(self, term: _Term, bias: int, name: str) -> Value:
        """A row as a plain value, its bias added."""
        value = self.p.shift(term.value, term.shift)
        return self.p.add(self.p.const(bias), value, subtract=term.sign < 0, name=name)
