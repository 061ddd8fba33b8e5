# SPDX-License-Identifier: Apache-2.0
import re

import numpy as np
import pytest

from nnhw.errors import DataError
from nnhw.sim.timing import interval_of
from nnhw.sim.verify import Mismatch, compare


def test_counts_words_and_samples():
    y, z = np.arange(12).reshape(2, 2, 3), np.arange(2)
    wrong = y.copy()
    wrong[1, 0, 2] = wrong[1, 1, 0] = -7
    outcome = compare({"y": y, "z": z}, {"y": wrong, "z": z + 1}, limit=3)
    assert (outcome.words, outcome.mismatches, outcome.samples) == (14, 4, 2)
    assert outcome.first == (Mismatch(1, "y", (0, 2), 8, -7), Mismatch(1, "y", (1, 0), 9, -7),
                             Mismatch(0, "z", (), 0, 1))
    assert not outcome.equal
    assert compare({"y": y}, {"y": y}).equal


def test_compares_integers_beyond_64_bits():
    y = np.array([[2**80]], dtype=object)
    assert compare({"y": y}, {"y": y + 1}).first == (Mismatch(0, "y", (0,), 2**80, 2**80 + 1),)


@pytest.mark.parametrize(("got", "message"), [
    ({"z": np.zeros((1, 2))}, "output y is missing; there are z"),
    ({"y": np.zeros((1, 3))}, "output y must have shape (1, 2), not (1, 3)"),
])
def test_needs_the_same_outputs(got, message):
    with pytest.raises(DataError, match=re.escape(message)):
        compare({"y": np.zeros((1, 2))}, got)


@pytest.mark.parametrize(("ended", "interval"), [
    ([4, 9, 14, 19], None),
    ([4, 9, 14, 15, 16], 5),
    ([9, 20, 23, 26, 29], 3),
    ([9, 10, 14, 18, 22, 23, 24], 4),
    ([9, 12, 16, 19, 23, 24, 25], 3.5),
])
def test_interval_is_the_steady_one(ended, interval):
    assert interval_of(ended) == interval
