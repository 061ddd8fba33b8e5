# SPDX-License-Identifier: Apache-2.0
"""Sums that rows of a matrix share: a search for patterns, under a limit to the levels of adders.

A pattern of k terms that occurs m times, shifted or with all signs changed, and is made once,
takes (m - 1)(k - 1) terms away. Counting pairs alone finds the best ones of two terms; where an
adder has three operands those are worth half, and nothing at m = 2. The number of larger patterns
forbids counting them, so the most frequent pairs are grown term by term, and the best pattern met
is taken.

Sources: Hartley, "Subexpression sharing in filters using canonic signed digit multipliers", IEEE
TCAS-II 43, 1996, for greedy sharing of the most frequent pairs; Kraft's inequality for what a
tree of so many levels holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np
import numpy.typing as npt

from nnhw.numeric.types import FixedType, Mantissas
from nnhw.program.digits import Digit, Digits, count_digits, has_room, spread_of
from nnhw.program.operands import Operand, Sum, levels_for, sum_of
from nnhw.program.sharing import Source

__all__ = ["fits", "search", "shared_sums"]

#: Pairs of each source whose patterns wait to be taken.
_PAIRS = 2

#: Sums of their own that patterns may get, for each row.
_PER_ROW = 12

#: Digits times sources times distances that a search may begin with: 64x256 factors of 6 bits are
#: 115 million, and take 15 s.
_MOST_WORK = 1 << 30

#: Bits by which an adder in a row is usually wider than its narrower operand.
_GROWTH = 2.0

#: Count of a pair that is not to be looked at again, whatever is added to it.
_DONE = -1 << 13


def search(matrix: Mantissas, sources: Sequence[Source],
           operands: int) -> list[dict[int, int]] | None:
    """A ``Search`` for adders of so many operands; None for matrices that are too large."""
    if not fits(matrix):
        return None
    inputs = [Operand(0, one.unit.bit_length() - 1, FixedType.containing(one.low, one.high).width)
              for one in sources]
    return shared_sums(matrix, inputs, operands)


def shared_sums(matrix: Mantissas, inputs: Sequence[Operand],
                operands: int) -> list[dict[int, int]]:
    """Sums that make ``matrix @ x``: first its rows, then those they share.

    None needs more levels of adders than the longest row does alone.

    Parameters
    ----------
    matrix : array of int64, shape (rows, sources)
    inputs : sequence of Operand
        The sources.
    operands : int
        Operands of an adder, 2 or 3.

    Returns
    -------
    list of dict
        Factor of each source; sources from ``matrix.shape[1]`` on are the sums themselves, in
        the order of this list. None depends on itself.
    """
    one = _Search(matrix, inputs, operands)
    one.run()
    return one.sums()


def fits(matrix: Mantissas) -> bool:
    """Whether a search takes no minutes and no more than some hundred megabytes."""
    work = int(count_digits(matrix).sum()) * matrix.shape[1] * spread_of(matrix)
    return work <= _MOST_WORK and has_room(matrix)


@dataclass(frozen=True, slots=True)
class _Found:
    """The best pattern that begins with a pair: the bits it saves, and when that was so."""

    gain: float
    source: int
    second: Digit
    pattern: list[Digit]
    rows: set[int]
    seen: int


class _Search:
    """Takes the best pattern, again and again."""

    def __init__(self, matrix: Mantissas, inputs: Sequence[Operand], operands: int) -> None:
        rows, self.inputs = matrix.shape
        self.operands = operands
        self.digits = Digits(matrix, (_PER_ROW + 1) * rows)
        self.of = list(inputs)  # by source of the digits
        self.names = list(range(self.inputs))  # and its number in the result
        self.waiting: list[tuple[float, int, _Found]] = []
        self.order = 0
        self.now, self.changed = 0, [0] * rows  # patterns taken, and when each row last changed
        terms = count_digits(matrix)
        room = operands**levels_for(int(terms.max(initial=1)), operands)
        self.free = (room - terms).tolist()

    def run(self) -> None:
        """Until no pattern is left that saves bits of adders.

        What a pattern saves only shrinks as others are taken, so one is looked at again only when
        it comes first, and only if the rows where it occurs have changed (Minoux, "Accelerated
        greedy algorithms for maximizing submodular set functions", 1978).
        """
        last = self.digits.last
        for source in range(self.digits.sources):
            self._open(source, _PAIRS)
        while self.waiting and self.digits.sources < last:
            _, _, found = heappop(self.waiting)
            if any(self.changed[row] > found.seen for row in found.rows):
                self._push(found.source, found.second)
                continue
            self._extract(found.pattern)
            self._push(found.source, found.second)
            self._open(self.digits.sources - 1, _PAIRS)

    def sums(self) -> list[dict[int, int]]:
        """All sums, over the sources as the result numbers them."""
        found = []
        for row in range(self.digits.rows):
            form: dict[int, int] = {}
            for source, place, sign in self.digits.terms(row):
                name = self.names[source]
                form[name] = form.get(name, 0) + (sign << place)
            found.append({name: factor for name, factor in form.items() if factor})
        return found

    def _open(self, source: int, count: int) -> None:
        """Look at so many pairs of a source, the most frequent ones first."""
        digits = self.digits
        counts = digits.pairs(source).reshape(-1)
        while count > 0:
            at = int(counts.argmax())
            if counts[at] < 2:
                return
            counts[at] = _DONE
            other, rest = divmod(at, 2 * digits.spread)
            apart, same = divmod(rest, 2)
            count -= self._push(source, (other, apart - digits.places + 1, 2 * same - 1), False)

    def _push(self, source: int, second: Digit, another: bool = True) -> bool:
        """Have a pair wait with what it grows into; if that is no use, ``another`` one."""
        found = self._grown(source, second)
        if found is not None:
            self.order += 1
            heappush(self.waiting, (-found.gain, self.order, found))
        elif another:
            self._open(source, 1)
        return found is not None

    def _grown(self, source: int, second: Digit) -> _Found | None:
        """The best pattern met while terms are added to a pair."""
        digits = self.digits
        there = self._occurrences(source, second)
        if len(there) < 2:
            return None
        free = np.array([self.free[row] for row, _ in there])
        windows = np.stack([digits.around(row, source, index).ravel() for row, index in there])
        hits = np.concatenate([windows > 0, windows < 0], axis=1)
        size = windows.shape[1]
        pattern: list[Digit] = [(source, 0, 1), second]
        gain, best = self._saved(pattern, free, 0.0), pattern
        taken = [s * digits.spread + place + digits.places - 1 for s, place, _ in pattern]
        while True:
            counts = np.add.reduce(hits, 0, dtype=np.int16)
            for at in taken:
                counts[at] = counts[size + at] = 0
            at = int(counts.argmax())
            if counts[at] < 2:
                break
            negative, place = divmod(at, size)
            keep = hits[:, at]
            hits, free = hits[keep], free[keep]
            taken.append(place)
            other, apart = divmod(place, digits.spread)
            pattern = [*pattern, (other, apart - digits.places + 1, 1 - 2 * negative)]
            if (more := self._saved(pattern, free, gain)) > gain:
                gain, best = more, pattern
        rows = {row for row, _ in there}
        return _Found(gain, source, second, best, rows, self.now) if gain > 0 else None

    def _occurrences(self, source: int, second: Digit) -> list[tuple[int, int]]:
        """Rows and indices of ``source`` where a pair begins; none shares a digit with another."""
        other, apart, sign = second
        at, places = self.digits.at[:self.digits.rows], self.digits.places
        first = at[:, source, places:2 * places]
        behind = at[:, other, places + apart:2 * places + apart]
        rows, index = np.nonzero(first * behind == sign)
        found = list(zip(rows.tolist(), (index + places).tolist(), strict=True))
        if source != other:
            return found
        alone: dict[tuple[int, int], None] = {}
        for row, place in found:
            if (row, place - apart) not in alone:
                alone[row, place] = None
        return list(alone)

    def _saved(self, pattern: Sequence[Digit], free: npt.NDArray[np.int64],
               least: float) -> float:
        """Bits of adders that a pattern saves where rows have room for its levels.

        0 without counting them if they cannot be more than ``least``.
        """
        widths = sorted(self.of[source].width for source, *_ in pattern)
        each = (sum(widths[:-1]) + _GROWTH * (len(widths) - 1)) / (self.operands - 1)
        if len(free) * each <= least:
            return 0.0
        made = self._sum(pattern)
        uses = int(np.count_nonzero(free >= made.waste))
        return uses * each - made.bits if uses > 1 else 0.0

    def _extract(self, pattern: Sequence[Digit]) -> None:
        """Make a sum of a pattern, and use it wherever the pattern occurs and has room."""
        digits, base = self.digits, min(place for _, place, _ in pattern)
        made, places = self._sum(pattern), digits.places
        self.now += 1
        users = []
        for row, index in zip(*np.nonzero(digits.at[:digits.rows, pattern[0][0]]), strict=True):
            sign = int(digits.at[row, pattern[0][0], index])
            wanted = [(source, index + place, sign * of) for source, place, of in pattern]
            if (sign and self.free[row] >= made.waste
                    and all(places <= at < 2 * places and digits.at[row, source, at] == of
                            for source, at, of in wanted)):
                for source, at, _ in wanted:
                    digits.take(row, source, at)
                self.free[row] -= made.waste
                self.changed[row] = self.now
                users.append((row, index + base, sign))
        name = self.inputs + digits.add_row([(source, place - base, sign)
                                             for source, place, sign in pattern])
        self.free.append(made.waste)
        self.changed.append(self.now)
        self.names.append(name)
        self.of.append(made.value._replace(low=made.value.low - base))
        digits.add_source(users)

    def _sum(self, pattern: Sequence[Digit]) -> Sum:
        return sum_of([(self.of[source], place) for source, place, _ in pattern], self.operands)
