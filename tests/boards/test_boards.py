# SPDX-License-Identifier: Apache-2.0
"""Board files: complete, and in agreement with amaranth-boards."""

import importlib
import re

import pytest

from nnhw.boards import board, names
from nnhw.boards.base import Flow
from nnhw.boards.parts import PARTS, part
from nnhw.config import TARGETS
from nnhw.errors import ConfigError

OPEN = [name for name in names() if board(name).flow is Flow.OPEN]


@pytest.mark.parametrize("name", names())
def test_is_complete(name):
    one = board(name)
    assert one.name == name
    assert one.part.family in TARGETS
    assert one.clock_hz > 0
    if one.flow is Flow.OPEN:
        assert set(one.pins) == {"uart_rx", "uart_tx"} | (set() if one.oscillator else {"clk"})
        assert one.part.nextpnr
        error = abs(one.clock_hz / round(one.clock_hz / one.baud) / one.baud - 1)
        assert error < 0.01


@pytest.mark.parametrize("name", [n for n in OPEN if board(n).platform])
def test_pins_are_those_of_amaranth_boards(name):
    pytest.importorskip("amaranth_boards", reason="pip install nnhw[boards] brings it")
    one = board(name)
    module, cls = one.platform.split(":")
    platform = getattr(importlib.import_module(module), cls)
    pins = {}
    for resource in platform.resources:
        if resource.name.startswith("clk"):
            clock = next(io for io in resource.ios if hasattr(io, "names"))
            pins[clock.names[0]] = resource.clock.frequency
        if resource.name == "uart":
            uart = {sub.name: sub.ios[0].names[0] for sub in resource.ios if hasattr(sub, "ios")}
            assert uart["rx"] == one.pins["uart_rx"].name
            assert uart["tx"] == one.pins["uart_tx"].name
    if not one.oscillator:
        assert pins[one.pins["clk"].name] == one.clock_hz


def test_unknown_board():
    with pytest.raises(ConfigError, match=re.escape("board 'ulx3s_85' is unknown; did you mean")):
        board("ulx3s_85")


def test_unknown_part():
    with pytest.raises(ConfigError, match="part 'lfe5u-85' is unknown; did you mean lfe5u-85f"):
        part("lfe5u-85", "ecp5")


def test_part_of_another_family():
    with pytest.raises(ConfigError, match="part up5k is of family ice40, not ecp5"):
        part("up5k", "ecp5")


def test_every_part_says_where_its_figures_are_from():
    for one in PARTS.values():
        assert one.source
        assert one.family in TARGETS
