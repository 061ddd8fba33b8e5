# SPDX-License-Identifier: Apache-2.0
"""A small network on a board that runs in Verilator."""

import pytest

import nnhw
from nnhw.api.bitstream import shell_verilog
from nnhw.api.folder import sources
from nnhw.boards import board
from nnhw.runtime.simulated import build_board, running_board
from tests.conftest import small_network

#: The line in simulation is faster than on the desk, which changes no byte: cycles of a bit.
DIVISOR = 8


@pytest.fixture(scope="session", params=["parallel", "stream", "axi"])
def board_build(request, tmp_path_factory):
    """A build folder: whole tensors, an element a beat, and bare or AXI ports."""
    folder = tmp_path_factory.mktemp("board") / "build"
    ways = {"parallel": {}, "stream": {"io": "stream"}, "axi": {"io": "stream", "ports": "axi"}}
    config = nnhw.Config(reuse=4, **ways[request.param])
    nnhw.compile(small_network(), config).write(folder)
    return folder


@pytest.fixture(scope="session")
def simulation(board_build, tmp_path_factory):
    """The program that simulates the ULX3S with that build."""
    from dataclasses import replace

    work = tmp_path_factory.mktemp("simulated")
    one = board("ulx3s_85f")
    top, verilog = shell_verilog(board_build, replace(one, baud=one.clock_hz // DIVISOR))
    (work / "top.v").write_text(verilog)
    return build_board(top, [work / "top.v", *sources(board_build)], work / "obj")


@pytest.fixture
def port(simulation):
    """Path of a pseudo-terminal with the board at its other end."""
    with running_board(simulation, DIVISOR) as path:
        yield path
