# SPDX-License-Identifier: Apache-2.0
"""A network on a board, called like a function."""

import itertools
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnhw.api import data, folder
from nnhw.errors import DataError, ToolError
from nnhw.runtime.line import SerialLine, Transport
from nnhw.shell.wire import (
    DATA,
    IDENTITY,
    PROTOCOL,
    QUERY,
    RESULT,
    Decoder,
    Frame,
    design_hash,
    encode_frame,
    tensor_bytes,
    tensor_from_bytes,
)

__all__ = ["Accelerator", "Statistics"]

#: Frames on their way at a time: as many tensors as the board keeps.
_WINDOW = 2
#: Bytes of the counters behind an identity: 4 of frames, 2 of errors.
_COUNTERS = 6


@dataclass
class Statistics:
    """Of the last ``predict``."""

    samples: int = 0
    seconds: float = 0.0
    resent: int = 0

    @property
    def rate(self) -> float:
        """Inferences per second, line included."""
        return self.samples / self.seconds if self.seconds else 0.0


class Accelerator:
    """A board that holds the network of a build folder.

    Parameters
    ----------
    port : str, Path or Transport
        Serial port of the board, or anything that carries bytes.
    build : str or Path
        The folder that its bitstream was made from.
    baud : int
        Bits per second of the line.
    timeout : float
        Seconds to wait for an answer before the question is asked again.
    retries : int
        How often it is asked again.

    Raises
    ------
    ToolError
        If no board answers, or one with another network.
    """

    def __init__(self, port: str | Path | Transport, build: str | Path, *, baud: int = 1_000_000,
                 timeout: float = 1.0, retries: int = 5):
        self.build = Path(build)
        self.graph = folder.load_graph(self.build)
        self.interface = folder.load_interface(self.build)
        self.timeout, self.retries = timeout, retries
        self.statistics = Statistics()
        self._name = str(port) if isinstance(port, str | Path) else "the board"
        self._line = SerialLine(port, baud) if isinstance(port, str | Path) else port
        self._decoder, self._numbers = Decoder(), itertools.cycle(range(256))
        self._left: list[Frame] = []
        try:
            self.identity = self._checked(self.query())
        except BaseException:
            self.close()
            raise

    def query(self) -> dict[str, Any]:
        """What the board says of itself, and its counters ``frames`` and ``errors``."""
        self._line.write(b"\x7e\x7e")
        for _ in range(self.retries + 1):
            number = next(self._numbers)
            self._line.write(encode_frame(Frame(QUERY, number, b"")))
            deadline = time.monotonic() + self.timeout
            for frame in self._until(deadline):
                if (frame.kind, frame.number) == (IDENTITY, number):
                    return _identity(frame.payload)
        raise ToolError(f"{self._name} does not answer; check the cable, the baud rate, and that "
                        "the board holds a bitstream of nnhw")

    def _checked(self, said: dict[str, Any]) -> dict[str, Any]:
        if said["protocol"] != PROTOCOL:
            raise ToolError(f"{self._name} speaks protocol {said['protocol']}, this host "
                            f"{PROTOCOL}; make its bitstream anew")
        expected = design_hash(self.interface, folder.sources(self.build))
        if said["design"] != expected:
            raise ToolError(f"{self._name} holds design {said['design']} ({said['network']}), not "
                            f"{expected} of {self.build}; program it with nnhw bitstream "
                            f"{self.build} --board NAME --program")
        return said

    def predict(self, x: Any, raw: bool = False) -> Any:
        """Outputs of the board for a batch.

        Parameters
        ----------
        x : array
            Batch first; floats in the model's own shape, or with ``raw`` mantissas.
        raw : bool
            Take and give mantissas.

        Raises
        ------
        DataError
            If the array has the wrong shape or type.
        ToolError
            If the board stops answering.
        """
        encode = data.check_mantissas if raw else data.encode
        tensor = encode(self.graph, x, "x")[self.graph.inputs[0].name]
        if not len(tensor):
            raise DataError("x must hold at least one sample")
        rows = self.exchange(tensor_bytes(self.interface.inputs[0], tensor))
        port = self.graph.outputs[0]
        result = tensor_from_bytes(self.interface.outputs[0], rows)
        return result if raw else port.decode(result)

    def exchange(self, tensors: Sequence[bytes]) -> list[bytes]:
        """The answers to tensors as bytes, in order."""
        begun = time.monotonic()
        self.statistics = Statistics(len(tensors))
        results: dict[int, bytes] = {}
        waiting: dict[int, tuple[int, float, int]] = {}
        todo = iter(range(len(tensors)))
        while len(results) < len(tensors):
            for at in itertools.islice(todo, _WINDOW - len(waiting)):
                self._send(tensors[at], at, 0, waiting)
            deadline = min(when for _, when, _ in waiting.values())
            for frame in self._until(deadline):
                if frame.kind == RESULT and frame.number in waiting:
                    results[waiting.pop(frame.number)[0]] = frame.payload
                    break
            else:
                self._again(tensors, waiting, len(results))
        self.statistics.seconds = time.monotonic() - begun
        return [results[at] for at in range(len(tensors))]

    def _send(self, tensor: bytes, at: int, tries: int,
              waiting: dict[int, tuple[int, float, int]]) -> None:
        number = next(n for n in self._numbers if n not in waiting)
        self._line.write(encode_frame(Frame(DATA, number, tensor)))
        waiting[number] = (at, time.monotonic() + self.timeout, tries)

    def _again(self, tensors: Sequence[bytes], waiting: dict[int, tuple[int, float, int]],
               done: int) -> None:
        """Send again what was not answered in time, under new numbers."""
        now = time.monotonic()
        for number, (at, when, tries) in list(waiting.items()):
            if when > now:
                continue
            del waiting[number]
            if tries >= self.retries:
                raise ToolError(f"{self._name} stopped answering after {done} of {len(tensors)} "
                                f"samples: {tries + 1} attempts of {self.timeout:g} s each; "
                                "check the cable, or give a longer timeout")
            self.statistics.resent += 1
            self._send(tensors[at], at, tries + 1, waiting)

    def _until(self, deadline: float) -> Iterator[Frame]:
        """Frames that come before the deadline."""
        while True:
            while self._left:
                yield self._left.pop(0)
            seconds = deadline - time.monotonic()
            if seconds <= 0:
                return
            self._left += self._decoder.feed(self._line.read(seconds))

    def close(self) -> None:
        """Let go of the port."""
        self._line.close()

    def __enter__(self) -> "Accelerator":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _identity(payload: bytes) -> dict[str, Any]:
    """Identity and counters of an answer."""
    try:
        said: dict[str, Any] = json.loads(payload[:-_COUNTERS])
    except ValueError as error:
        raise ToolError("the board's answer is not readable; it may be of another nnhw") from error
    counters = payload[-_COUNTERS:]
    return said | {"frames": int.from_bytes(counters[:4], "little"),
                   "errors": int.from_bytes(counters[4:], "little")}
