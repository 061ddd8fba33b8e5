# SPDX-License-Identifier: Apache-2.0
"""The host's driver against the board's own Verilog: the same bytes as on the wire."""

import random
import re
import shutil

import numpy as np
import pytest

from nnhw.api.model import CompiledModel
from nnhw.boards import Accelerator
from nnhw.errors import DataError, ToolError
from nnhw.runtime.line import SerialLine

pytestmark = pytest.mark.slow


class BadLine:
    """Loses, changes and makes up bytes, both ways; seeded."""

    def __init__(self, path, seed, share):
        self.line, self.random, self.share = SerialLine(path, 115200), random.Random(seed), share
        self.harmed = 0

    def spoil(self, data):
        out = bytearray()
        for byte in data:
            if self.random.random() < self.share:
                self.harmed += 1
                out += self.random.choice([b"", bytes([byte ^ 1 << self.random.randrange(8)]),
                                           bytes([byte, self.random.randrange(256)])])
            else:
                out.append(byte)
        return bytes(out)

    def write(self, data):
        self.line.write(self.spoil(data))

    def read(self, seconds):
        return self.spoil(self.line.read(seconds))

    def close(self):
        self.line.close()


def samples(build, number, seed=0):
    graph = CompiledModel.read(build).graph
    element = graph.inputs[0].type.element
    rng = np.random.default_rng(seed)
    x = rng.integers(element.min, element.max + 1, (number, 6))
    x[0], x[1] = element.min, element.max
    return x


def test_equals_golden(board_build, port):
    x = samples(board_build, 64)
    with Accelerator(port, board_build) as board:
        y = board.predict(x, raw=True)
        assert np.array_equal(y, CompiledModel.read(board_build).predict(x, raw=True))
        assert board.statistics.samples == 64
        assert board.statistics.resent == 0
        assert board.statistics.rate > 0
        said = board.query()
        # What was cut by the board's own reset may have been counted before.
        assert (said["frames"], said["errors"]) == (64, board.identity["errors"])


def test_floats_in_and_out(board_build, port):
    x = np.random.default_rng(3).normal(size=(9, 6))
    with Accelerator(port, board_build) as board:
        assert np.array_equal(board.predict(x), CompiledModel.read(board_build).predict(x))


@pytest.mark.parametrize("seed", range(3))
def test_survives_a_bad_line(board_build, port, seed):
    x = samples(board_build, 100, seed)
    line = BadLine(port, seed, share=0.005)
    with Accelerator(line, board_build, timeout=0.15, retries=50) as board:
        y = board.predict(x, raw=True)
    assert np.array_equal(y, CompiledModel.read(board_build).predict(x, raw=True))
    assert line.harmed > 0
    assert board.statistics.resent > 0


def test_finds_its_feet_after_garbage(board_build, port):
    x = samples(board_build, 4)
    line = SerialLine(port, 115200)
    line.write(bytes(random.Random(5).randrange(256) for _ in range(2000)))
    with Accelerator(line, board_build) as board:
        assert np.array_equal(board.predict(x, raw=True),
                              CompiledModel.read(board_build).predict(x, raw=True))


def test_refuses_another_design(board_build, port, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(board_build, other)
    verilog = next((other / "rtl").glob("*.v"))
    verilog.write_text(verilog.read_text() + "// changed\n")
    with pytest.raises(ToolError, match=re.escape(f"{port} holds design ") + ".*program it with"):
        Accelerator(port, other)


def test_refuses_a_wrong_shape(board_build, port):
    with (Accelerator(port, board_build) as board,
          pytest.raises(DataError, match=re.escape("(batch, 6)"))):
        board.predict(np.zeros((3, 5)))
