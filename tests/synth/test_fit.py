# SPDX-License-Identifier: Apache-2.0
"""Sentences for circuits that do not fit."""

import re

import pytest

from nnhw.boards.parts import PARTS
from nnhw.synth.families import FAMILIES
from nnhw.synth.fit import FitError, Layer, check_fit, foreseen, utilisation
from nnhw.synth.resources import Resources

ECP5, PART = FAMILIES["ecp5"], PARTS["lfe5u-25f"]


def test_carry_cells_take_luts():
    shares = utilisation(Resources(lut=12_144, carry=3_036, dsp=14), PART, ECP5)
    assert shares == {"lut": 0.75, "ff": 0.0, "dsp": 0.5, "bram": 0.0}


def test_what_fits_is_let_through():
    check_fit("net", Resources(lut=24_288), {}, PART, ECP5)


def test_the_largest_layer_and_its_reuse_are_named():
    layers = {"a": Layer("a", Resources(lut=30_000), 4), "b": Layer("b", Resources(lut=10_000), 1)}
    with pytest.raises(FitError, match=re.escape(
            "net does not fit lfe5u-25f: it needs 40,000 LUTs of 24,288; the largest layer is a "
            "with 30,000: build with reuse 16 for it instead of 4")):
        check_fit("net", Resources(lut=40_000), layers, PART, ECP5)


def test_every_layer_must_shrink():
    layers = {"a": Layer("a", Resources(lut=50_000), 4), "b": Layer("b", Resources(lut=40_000), 1)}
    with pytest.raises(FitError, match=re.escape(
            "the largest layer is a with 50,000 at reuse 4: build with 4 times the reuse factor "
            "in every layer")):
        check_fit("net", Resources(lut=90_000), layers, PART, ECP5)


def test_memory_asks_for_another_part():
    layers = {"a": Layer("a", Resources(bram=60), 4)}
    with pytest.raises(FitError, match=re.escape("60 memory blocks of 56; the largest layer is a "
                                                 "with 60; choose a larger part")):
        check_fit("net", Resources(bram=60), layers, PART, ECP5)


def test_estimates_warn_ahead():
    estimate = {"lut": 20_000, "ff": 900, "dsp": 40, "bram": 3.0, "carry": 2_200}
    assert foreseen(estimate, PART, ECP5) == (
        "lfe5u-25f may be too small: by its estimate the network needs 24,400 LUTs of 24,288 and "
        "40 multiplier blocks of 28")
    assert foreseen(estimate | {"bram": 60}, PART, ECP5).endswith(
        "24,400 LUTs of 24,288, 40 multiplier blocks of 28 and 60 memory blocks of 56")
    assert foreseen(estimate | {"carry": 2_000, "dsp": 28}, PART, ECP5) == ""
    assert foreseen(estimate | {"bram": None}, PART, ECP5) == ""  # not known
