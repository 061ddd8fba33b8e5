# SPDX-License-Identifier: Apache-2.0
"""What crosses the line to a board: frames with a checksum, tensors as bytes.

A frame is ``7E kind number payload crc-low crc-high 7E``; ``7E`` and ``7D`` inside become ``7D``
and the byte with bit 5 toggled; the checksum is HDLC's CRC-16 over kind, number and payload. What
does not check is left out by either side, so that garbage costs the frames it touched and no more.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from nnhw.hw.layout import DesignInterface, PortLayout
from nnhw.numeric.types import Mantissas

__all__ = ["DATA", "IDENTITY", "PROTOCOL", "QUERY", "RESULT", "Decoder", "Frame", "crc16",
           "design_hash", "encode_frame", "identity", "tensor_bytes", "tensor_from_bytes",
           "tensor_size"]

#: Rises when the frames or the identity change their meaning.
PROTOCOL = 1
#: Kinds of frames, to the board and from it.
QUERY, DATA, IDENTITY, RESULT = 0x01, 0x02, 0x81, 0x82
_FLAG, _ESCAPE, _TOGGLE = 0x7E, 0x7D, 0x20


def crc16(data: bytes) -> int:
    """CRC-16/IBM-SDLC.

    >>> hex(crc16(b"123456789"))
    '0x906e'
    """
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x8408 if crc & 1 else 0)
    return crc ^ 0xFFFF


@dataclass(frozen=True)
class Frame:
    """A frame that checks."""

    kind: int
    number: int
    payload: bytes


def encode_frame(frame: Frame) -> bytes:
    """The bytes of a frame on the line, flags included."""
    body = bytes([frame.kind, frame.number]) + frame.payload
    stuffed = bytearray([_FLAG])
    for byte in body + crc16(body).to_bytes(2, "little"):
        stuffed += bytes([_ESCAPE, byte ^ _TOGGLE] if byte in (_FLAG, _ESCAPE) else [byte])
    return bytes([*stuffed, _FLAG])


@dataclass
class Decoder:
    """Finds the frames in a stream of bytes; ``errors`` counts what looked like one and was not."""

    errors: int = 0
    _body: bytearray = field(default_factory=bytearray)
    _escaped: bool = False

    def feed(self, data: bytes) -> list[Frame]:
        """Frames that these bytes complete."""
        found = []
        for byte in data:
            if byte == _FLAG:
                found += self._close()
            elif byte == _ESCAPE and not self._escaped:
                self._escaped = True
            else:
                self._body.append(byte ^ (_TOGGLE if self._escaped else 0))
                self._escaped = False
        return found

    def _close(self) -> list[Frame]:
        body, void = bytes(self._body), self._escaped
        self._body.clear()
        self._escaped = False
        if not body:
            return []
        if void or len(body) < 4 or crc16(body[:-2]) != int.from_bytes(body[-2:], "little"):
            self.errors += 1
            return []
        return [Frame(body[0], body[1], body[2:-2])]


def tensor_size(port: PortLayout) -> int:
    """Bytes of a tensor on the line: its beats, each in whole bytes."""
    return port.beats * -(-port.payload_width // 8)


def tensor_bytes(port: PortLayout, mantissas: Mantissas) -> list[bytes]:
    """Bytes of each tensor of a batch; elements of a last beat that are not used are zero."""
    batch = len(mantissas)
    values = np.zeros((batch, port.beats * port.lanes), dtype=object)
    values[:, :port.type.size] = mantissas.reshape(batch, -1)
    shifts = np.arange(port.stride)
    # Right shifts repeat the sign, which is the extension that AXI ports want.
    if port.stride <= 62:
        bits = (values.astype(np.int64)[..., None] >> shifts) & 1
    else:
        bits = np.array([[[(int(v) >> int(k)) & 1 for k in shifts] for v in row] for row in values])
    beats = bits.reshape(batch, port.beats, port.payload_width).astype(np.uint8)
    packed = np.packbits(beats, axis=-1, bitorder="little")
    return [row.tobytes() for row in packed.reshape(batch, -1)]


def tensor_from_bytes(port: PortLayout, tensors: Iterable[bytes]) -> Mantissas:
    """The batch that these bytes hold, shape ``(batch, *shape)``."""
    rows = np.array([np.frombuffer(one, np.uint8) for one in tensors], dtype=np.uint8)
    rows = rows.reshape(len(rows), port.beats, -1)
    bits = np.unpackbits(rows, axis=-1, bitorder="little")[..., :port.payload_width]
    lanes = bits.reshape(len(rows), port.beats * port.lanes, port.stride)[:, :port.type.size]
    kind: Any = object if port.width > 62 else np.int64
    weights = np.array([1 << k for k in range(port.width)], dtype=kind)
    if port.element.signed:
        weights[-1] = -weights[-1]
    values: Mantissas = (lanes[..., :port.width].astype(kind) * weights).sum(axis=-1)
    return values.reshape(len(rows), *port.type.shape)


def design_hash(interface: DesignInterface, sources: Iterable[Path]) -> str:
    """Sixteen digits that change with the Verilog or the ports of a network."""
    digest = hashlib.sha256(json.dumps(_ports(interface)).encode())
    for source in sorted(sources, key=lambda path: path.name):
        digest.update(hashlib.sha256(source.read_bytes()).digest())
    return digest.hexdigest()[:16]


def identity(interface: DesignInterface, design: str, version: str, clock_hz: int) -> bytes:
    """What a board says of itself: JSON, so that a host without the build can read it."""
    text = {"protocol": PROTOCOL, "nnhw": version, "design": design, "clock_hz": clock_hz,
            **_ports(interface)}
    return json.dumps(text, separators=(",", ":")).encode()


def _ports(interface: DesignInterface) -> dict[str, Any]:
    def port(layout: PortLayout) -> dict[str, Any]:
        return {"name": layout.name, "shape": list(layout.type.shape),
                "type": str(layout.element), "lanes": layout.lanes, "stride": layout.stride}
    return {"network": interface.top, "inputs": [port(p) for p in interface.inputs],
            "outputs": [port(p) for p in interface.outputs]}
