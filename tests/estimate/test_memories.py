# SPDX-License-Identifier: Apache-2.0
"""Where memories go, and LUTs of tables; LUTs measured with Yosys 0.70."""

import numpy as np
import pytest

from nnhw.estimate.fabric import FABRICS
from nnhw.estimate.memories import place, table_luts


@pytest.mark.parametrize(("family", "words", "width", "written", "lut", "bram"), [
    ("ecp5", 64, 20, False, 0, 0),  # 80 by Yosys' weights, a block 130
    ("ecp5", 512, 36, False, 0, 1),
    ("ecp5", 16, 8, True, 12, 0),
    ("xc7", 512, 36, False, 0, 0.5),
    ("xc7", 32, 12, True, 8, 0),
    ("ice40", 256, 16, False, 0, 1),
    ("gowin", 64, 9, True, 36, 0),
])
def test_place(family, words, width, written, lut, bram):
    found = place(FABRICS[family], words, width, written=written)
    cells = (0, 0) if found.cell is None else (found.cells * found.cell.lut,
                                               found.cells * found.cell.bram)
    assert cells == (lut, bram)


def test_two_readers_share_a_block_with_two_ports():
    ecp5, ice40 = FABRICS["ecp5"], FABRICS["ice40"]
    assert place(ecp5, 1024, 16, written=False, reads=4).cells == 2
    assert place(ice40, 256, 16, written=False, reads=4).cell is None


def test_what_shows_at_once_lies_in_no_block():
    assert place(FABRICS["ice40"], 256, 16, written=True, at_once=True).cell is None


@pytest.mark.parametrize(("family", "words", "luts"), [
    ("xc7", 64, 1), ("xc7", 128, 2), ("xc7", 256, 4), ("ecp5", 16, 1), ("ecp5", 64, 4),
    ("ecp5", 128, 8)])
def test_random_tables(family, words, luts):
    columns = np.random.default_rng(0).integers(0, 2, (3, words)).tolist()
    assert table_luts(FABRICS[family], columns) == 3 * luts


def test_index_bits_that_change_nothing_cost_nothing():
    column = [0, 1, 1, 0] * 16
    assert table_luts(FABRICS["ice40"], [column]) == 1
    assert table_luts(FABRICS["ice40"], [column, column]) == 1
    assert table_luts(FABRICS["ice40"], [[0] * 16]) == 0
