# SPDX-License-Identifier: Apache-2.0
"""A serial line as a transport of bytes, by the operating system's own terminals."""

import os
import select
import termios
import tty
from pathlib import Path
from typing import Protocol

from nnhw.errors import ConfigError, ToolError

__all__ = ["SerialLine", "Transport"]


class Transport(Protocol):
    """Whatever carries bytes to a board and back."""

    def write(self, data: bytes) -> None:
        """Send bytes."""

    def read(self, seconds: float) -> bytes:
        """What has come, waiting at most so long for a first byte."""

    def close(self) -> None:
        """Let go of the line."""


class SerialLine:
    """A serial port or pseudo-terminal, raw, 8N1.

    Parameters
    ----------
    path : str or Path
        ``/dev/ttyUSB0`` or the like.
    baud : int
        Bits per second; a pseudo-terminal does not care.

    Raises
    ------
    ToolError
        If the port cannot be opened.
    ConfigError
        If the system does not know the speed.
    """

    def __init__(self, path: str | Path, baud: int):
        self.path = str(path)
        speed = getattr(termios, f"B{baud}", None)
        if speed is None:
            raise ConfigError(f"this system has no serial speed of {baud}; "
                              "build the board with another baud, for instance 115200")
        try:
            self._file = os.open(self.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        except OSError as error:
            raise ToolError(f"serial port {self.path} cannot be opened: "
                            f"{error.strerror}") from error
        try:
            tty.setraw(self._file)
            settings = termios.tcgetattr(self._file)
            settings[2] |= termios.CLOCAL | termios.CREAD
            settings[4] = settings[5] = speed
            termios.tcsetattr(self._file, termios.TCSANOW, settings)
            termios.tcflush(self._file, termios.TCIOFLUSH)
        except (OSError, termios.error) as error:
            os.close(self._file)
            raise ToolError(f"{self.path} is no serial port: {error.args[-1]}") from error

    def write(self, data: bytes) -> None:
        """Send bytes, waiting while the system's buffer is full."""
        while data:
            try:
                data = data[os.write(self._file, data):]
            except BlockingIOError:
                select.select([], [self._file], [], 0.1)
            except OSError as error:
                raise ToolError(f"{self.path} failed: {error.strerror}") from error

    def read(self, seconds: float) -> bytes:
        """What has come, waiting at most so long for a first byte."""
        ready, _, _ = select.select([self._file], [], [], seconds)
        if not ready:
            return b""
        try:
            return os.read(self._file, 4096)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise ToolError(f"{self.path} failed: {error.strerror}; "
                            "is the board still plugged in?") from error

    def close(self) -> None:
        """Close the port."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
