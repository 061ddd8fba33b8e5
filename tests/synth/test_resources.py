# SPDX-License-Identifier: Apache-2.0
"""What cells count for."""

import pytest

from nnhw.config import TARGETS
from nnhw.synth.resources import Resources, cells_of, count, unknown_cells


@pytest.mark.parametrize(("family", "cells", "expected"), [
    ("ecp5", {"LUT4": 10, "PFUMX": 3, "TRELLIS_DPR16X4": 2, "TRELLIS_FF": 7, "CCU2C": 4,
              "MULT18X18D": 2, "DP16KD": 1}, Resources(22, 7, 2, 1, 4)),
    ("ice40", {"SB_LUT4": 3, "SB_DFFESR": 2, "SB_CARRY": 5, "SB_MAC16": 1, "SB_RAM40_4K": 2},
     Resources(3, 2, 1, 2, 5)),
    ("gowin", {"LUT3": 2, "ALU": 4, "DFFRE": 3, "MULT9X9": 3, "RAM16SDP4": 1, "SDPB": 1,
               "MUX2_LUT5": 9}, Resources(6, 3, 1.5, 1, 4)),
    ("nexus", {"LUT4": 2, "WIDEFN9": 1, "FD1P3IX": 3, "CCU2": 4, "MULT18X18": 1, "INV": 1},
     Resources(5, 3, 1, 0, 4)),
    ("xc7", {"LUT6": 1, "LUT1": 1, "RAM32M": 1, "FDRE": 2, "CARRY4": 3, "DSP48E1": 1,
             "RAMB18E1": 1, "RAMB36E1": 1, "MUXF7": 4}, Resources(6, 2, 1, 1.5, 3)),
    ("cyclonev", {"MISTRAL_ALUT6": 1, "MISTRAL_ALUT_ARITH": 2, "MISTRAL_FF": 3,
                  "MISTRAL_M10K": 1, "MISTRAL_MUL9X9": 3}, Resources(3, 3, 1.5, 1, 2)),
])
def test_count(family, cells, expected):
    assert count(family, cells | {"$scopeinfo": 5}) == expected
    assert unknown_cells(family, cells | {"$scopeinfo": 5}) == []


def test_modules_count_as_often_as_they_occur():
    modules = {"top": {"inner": 2, "LUT4": 1}, "inner": {"leaf": 3}, "leaf": {"LUT4": 1, "FF": 2}}
    assert cells_of(modules, "top") == {"LUT4": 7, "FF": 12}


def test_every_target_has_its_cells():
    for target in TARGETS:
        assert count(target, {}) == Resources()


def test_figures_are_whole_where_they_can_be():
    assert Resources(2, 0, 0.5).figures() == {"lut": 2, "ff": 0, "dsp": 0.5, "bram": 0, "carry": 0}
