# SPDX-License-Identifier: Apache-2.0
"""Mantissas as the bytes that cross to the C++ harness: whole little-endian words an element."""

import numpy as np

from nnhw.errors import DataError
from nnhw.hw.layout import PortLayout
from nnhw.numeric.golden import as_mantissas
from nnhw.numeric.types import Mantissas

__all__ = ["element_bytes", "from_bytes", "to_bytes"]


def element_bytes(port: PortLayout) -> int:
    """Bytes of an element: 1, 2, 4 or a multiple of 8, enough for the port's stride."""
    for size in (1, 2, 4):
        if port.stride <= 8 * size:
            return size
    return -(-port.stride // 64) * 8


def to_bytes(port: PortLayout, mantissas: Mantissas) -> bytes:
    """Bytes of a batch.

    Raises
    ------
    DataError
        If a mantissa is outside the element type of the port.
    """
    low, high = port.element.min, port.element.max
    if mantissas.size and (mantissas.min() < low or mantissas.max() > high):
        wrong = mantissas.min() if mantissas.min() < low else mantissas.max()
        raise DataError(f"input {port.name}: mantissas must be {low} to {high}, not {wrong}")
    size = element_bytes(port)
    if size < 8 or (size == 8 and mantissas.dtype != object):
        return mantissas.astype(np.int64, copy=False).astype(f"<i{size}").tobytes()
    whole = mantissas.astype(object)
    words = [((whole >> (64 * k)) & (2**64 - 1)).astype("<u8") for k in range(size // 8)]
    return np.stack(words, axis=-1).tobytes()


def from_bytes(port: PortLayout, data: bytes, batch: int) -> Mantissas:
    """The batch that ``data`` holds, shape ``(batch, *port.type.shape)``."""
    size, sign = element_bytes(port), "i" if port.element.signed else "u"
    shape = (batch, *port.type.shape)
    if port.stride <= 62 and (size < 8 or sign == "i"):
        small: Mantissas = np.frombuffer(data, dtype=f"<{sign}{size}").astype(np.int64)
        return small.reshape(shape)
    words = np.frombuffer(data, dtype="<u8").reshape(-1, size // 8).astype(object)
    total = sum(words[:, k] << (64 * k) for k in range(size // 8))
    if sign == "i":
        total = np.where(words[:, -1] >> 63 == 1, total - (1 << (8 * size)), total)
    return as_mantissas(total).reshape(shape)
