# SPDX-License-Identifier: Apache-2.0
"""Signed digits of the rows of a matrix, and how often pairs of them occur in the same way."""

import numpy as np
import numpy.typing as npt

from nnhw.numeric.types import Mantissas
from nnhw.program.arithmetic import signed_digits

__all__ = ["Digit", "Digits", "count_digits", "has_room", "spread_of"]

#: Source, place (power of two) and sign of one term of a sum.
Digit = tuple[int, int, int]

#: Bytes that the counts of pairs may take.
_MOST_BYTES = 1 << 27


def count_digits(factors: Mantissas) -> npt.NDArray[np.int64]:
    """Nonzero signed digits of each row's factors: ones of ``n ^ 3n`` (Prodinger, 2000)."""
    size = np.abs(factors)
    ones = size ^ (3 * size)
    count = np.zeros(size.shape[:-1], np.int64)
    while ones.any():
        count += (ones & 1).sum(axis=-1)
        ones >>= 1
    return count


def spread_of(matrix: Mantissas) -> int:
    """Distances that two digits of a matrix may have."""
    return 2 * int(np.abs(matrix).max(initial=0)).bit_length() + 1


def has_room(matrix: Mantissas) -> bool:
    """Whether pairs of the sources can be counted in the memory they may take."""
    return matrix.shape[1] < _most_sources(spread_of(matrix))


def _most_sources(spread: int) -> int:
    return int((_MOST_BYTES / (4 * spread)) ** 0.5)


class Digits:
    """Sums as digits over sources; sums and sources are added as patterns get sums of their own.

    Source: Reitwiesner, "Binary arithmetic", 1960, for the digits: no two neighbours are nonzero.

    Parameters
    ----------
    matrix : array of int64, shape (rows, sources)
        Factors of the sums to begin with.
    room : int
        Sources, and sums, that may be added; fewer where memory is short (see ``has_room``).

    Members
    -------
    last : int
        Sources that there may be.
    at : array of int8, shape (rows, sources, 3 * places)
        Digits. Index ``places`` is place 0, so that a window around a digit meets no border.
    """

    def __init__(self, matrix: Mantissas, room: int) -> None:
        self.rows, self.sources = matrix.shape
        self.spread = spread_of(matrix)
        self.places = (self.spread + 1) // 2
        self.last = self.sources + min(room, _most_sources(self.spread) - self.sources)
        self.at = np.zeros((self.rows, self.sources, 3 * self.places), np.int8)
        for (row, source), factor in np.ndenumerate(matrix):
            for place, sign in signed_digits(int(factor)):
                self.at[row, source, self.places + place] = sign
        self._pairs = np.zeros(self._begin(self.sources), np.int16)  # one after the other
        for source in range(self.sources):
            self._count(source)

    def _begin(self, source: int) -> int:
        """Where the counts of a source begin."""
        return source * (source + 1) * self.spread

    def pairs(self, source: int) -> npt.NDArray[np.int16]:
        """How often its digits and those of sources up to it are so far apart.

        Shape (sources, 2 * places - 1, 2): by the other source, by ``index - places + 1`` places,
        and whether signs are equal.
        """
        counts = self._pairs[self._begin(source):self._begin(source + 1)]
        return counts.reshape(source + 1, self.spread, 2)

    def terms(self, row: int) -> list[Digit]:
        """Digits of a row."""
        source, index = np.nonzero(self.at[row])
        signs = self.at[row, source, index]
        return list(zip(source.tolist(), (index - self.places).tolist(), signs.tolist(),
                        strict=True))

    def around(self, row: int, source: int, index: int) -> npt.NDArray[np.int8]:
        """Digits less than ``places`` from one, signs relative to its own."""
        window = self.at[row, :self.sources, index - self.places + 1:index + self.places]
        relative: npt.NDArray[np.int8] = window * self.at[row, source, index]
        return relative

    def take(self, row: int, source: int, index: int) -> None:
        """Take a digit out of a row, and its pairs out of the counts."""
        window = self.around(row, source, index)
        self.at[row, source, index] = 0
        others, apart = np.nonzero(window)
        same = window[others, apart] > 0
        early = int(np.searchsorted(others, source, side="right"))
        counts = self.pairs(source)
        counts[others[:early], apart[:early], same[:early].view(np.int8)] -= 1
        counts[source, :self.places] = 0
        others, apart = others[early:], self.spread - 1 - apart[early:]
        self._pairs[(others * (others + 1) * self.spread + 2 * (source * self.spread + apart)
                     + same[early:])] -= 1

    def add_row(self, terms: list[Digit]) -> int:
        """A new sum; returns its row."""
        if self.rows == len(self.at):
            self._grow(max(self.rows // 3, 16))
        row = self.rows
        self.rows += 1
        for source, place, sign in terms:
            self.at[row, source, self.places + place] = sign
        for source, place, _ in terms:
            window = self.around(row, source, self.places + place)[:source + 1]
            counts = self.pairs(source)
            counts[:, :, 1] += window > 0
            counts[:, :, 0] += window < 0
            counts[source, :self.places] = 0
        return row

    def _grow(self, count: int) -> None:
        """Make room for so many sums and sources."""
        rows, sources, places = self.at.shape
        wider = np.zeros((rows + count, sources + count, places), np.int8)
        wider[:rows, :sources] = self.at
        self.at = wider
        self._pairs.resize(self._begin(sources + count), refcheck=False)  # in place if it can be

    def add_source(self, digits: list[Digit]) -> int:
        """A new source, with its digits as (row, index, sign); returns its number."""
        source = self.sources
        self.sources += 1
        for row, index, sign in digits:
            self.at[row, source, index] = sign
        self._count(source)
        return source

    def _count(self, source: int) -> None:
        """Count the pairs of a source with itself and those before it."""
        counts = self.pairs(source)
        for row, index in zip(*np.nonzero(self.at[:self.rows, source]), strict=True):
            window = self.around(row, source, index)[:source + 1]
            counts[:, :, 1] += window > 0
            counts[:, :, 0] += window < 0
        counts[source, :self.places] = 0  # pairs with itself are met from both ends
