# SPDX-License-Identifier: Apache-2.0
"""Compare what an engine gave with what golden says, word by word."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nnhw.errors import DataError
from nnhw.numeric.types import Mantissas

__all__ = ["Comparison", "Mismatch", "compare"]


@dataclass(frozen=True)
class Mismatch:
    """One output word that differs; ``index`` is within the tensor, batch axis left out."""

    sample: int
    output: str
    index: tuple[int, ...]
    expected: int
    got: int

    def __str__(self) -> str:
        at = ", ".join(map(str, self.index))
        return (f"sample {self.sample}, {self.output}[{at}]: expected {self.expected}, "
                f"got {self.got}")


@dataclass(frozen=True)
class Comparison:
    """Outcome of a comparison.

    Parameters
    ----------
    words : int
        Output words compared.
    mismatches : int
        Those that differ.
    samples : int
        Samples with at least one word that differs.
    first : tuple of Mismatch
        The first few, by sample within each output.
    """

    words: int
    mismatches: int
    samples: int
    first: tuple[Mismatch, ...]

    @property
    def equal(self) -> bool:
        """Whether every word was as expected."""
        return self.mismatches == 0


def compare(expected: Mapping[str, Mantissas], got: Mapping[str, Mantissas],
            limit: int = 5) -> Comparison:
    """Hold ``got`` against ``expected``: arrays ``(batch, *shape)`` by name of the output.

    Raises
    ------
    DataError
        If outputs are missing or shapes differ.

    >>> y = np.array([[1, 2], [3, 4]])
    >>> outcome = compare({"y": y}, {"y": y - [[0, 0], [0, 1]]})
    >>> outcome.mismatches, str(outcome.first[0])
    (1, 'sample 1, y[1]: expected 4, got 3')
    """
    words, mismatches = 0, 0
    samples: set[int] = set()
    first: list[Mismatch] = []
    for name, wanted in expected.items():
        given = _matching(name, wanted, got)
        wrong = np.argwhere(np.asarray(wanted != given, dtype=bool))
        words += wanted.size
        mismatches += len(wrong)
        samples.update(wrong[:, 0].tolist())
        first += [_mismatch(name, at, wanted, given) for at in wrong[:limit - len(first)].tolist()]
    return Comparison(words, mismatches, len(samples), tuple(first))


def _matching(name: str, wanted: Mantissas, got: Mapping[str, Mantissas]) -> Mantissas:
    if name not in got:
        raise DataError(f"output {name} is missing; there are {', '.join(sorted(got)) or 'none'}")
    if got[name].shape != wanted.shape:
        raise DataError(f"output {name} must have shape {wanted.shape}, not {got[name].shape}")
    return got[name]


def _mismatch(name: str, at: list[int], wanted: Mantissas, given: Mantissas) -> Mismatch:
    where = tuple(at)
    return Mismatch(where[0], name, where[1:], int(wanted[where]), int(given[where]))
