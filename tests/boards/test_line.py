# SPDX-License-Identifier: Apache-2.0
"""Ports that are not there, and boards that say nothing."""

import os
import pty
import re

import pytest

from nnhw.boards import Accelerator
from nnhw.errors import ConfigError, ToolError
from nnhw.runtime.line import SerialLine


class Silent:
    def write(self, data):
        pass

    def read(self, seconds):
        return b""

    def close(self):
        pass


def test_no_such_port():
    with pytest.raises(ToolError, match="serial port /dev/nothing cannot be opened: No such file"):
        SerialLine("/dev/nothing", 115200)


def test_no_terminal(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ToolError, match="is no serial port"):
        SerialLine(tmp_path / "file", 115200)


def test_unknown_speed():
    with pytest.raises(ConfigError, match="no serial speed of 12345"):
        SerialLine("/dev/null", 12345)


def test_bytes_pass():
    master, slave = pty.openpty()
    line = SerialLine(os.ttyname(slave), 115200)
    every = bytes(range(256))
    line.write(every)
    assert os.read(master, 512) == every
    os.write(master, every)
    got = b""
    while len(got) < 256:
        got += line.read(1)
    assert got == every
    assert line.read(0.01) == b""
    line.close()
    os.close(master)
    os.close(slave)


def test_a_silent_board_is_named(small_build):
    with pytest.raises(ToolError, match=re.escape(
            "the board does not answer; check the cable, the baud rate, and that the board holds")):
        Accelerator(Silent(), small_build, timeout=0.01, retries=1)
