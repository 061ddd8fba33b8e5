# SPDX-License-Identifier: Apache-2.0
"""Frames and tensors as bytes."""

import random

import numpy as np
import pytest
from amaranth.lib import crc

from nnhw.hw.layout import PortLayout
from nnhw.ir.types import TensorType
from nnhw.numeric.types import FixedType
from nnhw.shell import wire
from nnhw.shell.wire import Decoder, Frame, encode_frame


def test_checksum_is_that_of_the_gateware():
    rng = random.Random(0)
    model = crc.catalog.CRC16_IBM_SDLC(data_width=8)
    for size in range(50):
        data = bytes(rng.randrange(256) for _ in range(size))
        assert wire.crc16(data) == model.compute(data)


def test_frames_come_back():
    rng = random.Random(1)
    frames = [Frame(rng.randrange(256), k % 256, bytes(rng.choice([0x7E, 0x7D, 0x5E, 0])
                                                       for _ in range(k))) for k in range(60)]
    line = b"".join(map(encode_frame, frames))
    decoder = Decoder()
    assert [f for byte in line for f in decoder.feed(bytes([byte]))] == frames
    assert decoder.errors == 0


def test_every_single_bit_error_costs_at_most_its_frame():
    good, after = encode_frame(Frame(2, 7, b"\x7e\x01\x7d")), encode_frame(Frame(2, 8, b"after"))
    for bit in range(8, 8 * (len(good) - 1)):
        spoilt = bytearray(good)
        spoilt[bit // 8] ^= 1 << bit % 8
        found = Decoder().feed(bytes(spoilt) + after)
        assert found == [Frame(2, 8, b"after")], bit


def test_garbage_before_a_frame():
    frame = Frame(1, 2, b"payload")
    rng = random.Random(2)
    for _ in range(100):
        garbage = bytes(rng.randrange(256) for _ in range(40))
        assert Decoder().feed(garbage + b"\x7e" + encode_frame(frame))[-1] == frame


@pytest.mark.parametrize("axi", [False, True])
@pytest.mark.parametrize("width", [1, 5, 8, 13, 32, 62, 70])
@pytest.mark.parametrize("lanes", [1, 3, 10])
def test_tensors_come_back(width, lanes, axi):
    element = FixedType(width, 0, width > 1)
    port = PortLayout("x", TensorType.of((2, 5), element), lanes, axi)
    rng = random.Random(width)
    kind = object if width > 62 else np.int64
    x = np.array([[[rng.choice([element.min, element.max, 0, -1 if element.signed else 1])
                    for _ in range(5)] for _ in range(2)] for _ in range(4)], dtype=kind)
    rows = wire.tensor_bytes(port, x)
    assert {len(row) for row in rows} == {wire.tensor_size(port)}
    assert np.array_equal(wire.tensor_from_bytes(port, rows), x)


def test_layout_on_the_line():
    port = PortLayout("x", TensorType.of((3,), FixedType(5, 0, True)), 2)
    # Two beats of ten bits, each in two bytes; the last lane of the last beat is unused.
    assert wire.tensor_bytes(port, np.array([[1, -1, 3]])) == [bytes([0xE1, 0x03, 0x03, 0x00])]
