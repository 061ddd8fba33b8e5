# SPDX-License-Identifier: Apache-2.0
"""Gather: the HLS C++, a buffer that a table of cycles fills and empties."""

import numpy as np

from nnhw.hls.kernel import Kernel, Place, constant, number, table_kind
from nnhw.hw.reorder_schedule import ReorderSchedule
from nnhw.layers.gather.op import Gather
from nnhw.numeric.types import Mantissas

__all__ = ["kernel", "repetition", "timetable"]


def kernel(op: Gather, place: Place) -> Kernel:
    """What comes in and what goes out in each cycle, the buffer being that of the RTL."""
    plan = ReorderSchedule(op, place.lanes)
    take, give = timetable(plan)
    entries, again = repetition(give * 2 + take)
    took = constant(place, "take", take[:entries], "take[entry]: whether a beat comes in")
    gave = constant(place, "give", give[:entries],
                    f"give[entry]: place in the buffer of the beat that goes out; {plan.depth} "
                    f"for padding, {plan.depth + 1} for none")
    members = [
        f"static const int cycles = {len(take)}, frame_beats = {plan.beats_in}, "
        f"depth = {plan.depth};",
        f"static const int pad = {plan.depth}, none = {plan.depth + 1};",
        f"static const int entries = {entries}, again = {again};  // of a table; the first again",
        f"typedef {took.name}_t take_t;",
        f"typedef {gave.name}_t give_t;",
        *number("padding", op.value if plan.pad.any() else 0, "y_t", op.y.element),
    ]
    return Kernel("reorder.h", "gather<LAYER>", members, (took, gave), (took.name, gave.name),
                  tuple((table.name, table_kind(table)) for table in (took, gave)))


def timetable(plan: ReorderSchedule) -> tuple[Mantissas, Mantissas]:
    """For each cycle, whether a beat is taken if the frame has one left, and where that given lies.

    A beat can be given from the cycle after it was taken on, and taken where the buffer has room.
    """
    address, pad, release = plan.address.tolist(), plan.pad.tolist(), plan.release.tolist()
    take, give = [], []
    step = arrived = done = 0
    while step < plan.beats_out or arrived < plan.beats_in:
        takes = arrived - done < plan.depth
        place = plan.depth + 1
        if step < plan.beats_out and (pad[step] or arrived > address[step]):
            place = plan.depth if pad[step] else address[step] % plan.depth
            done = release[step]
            step += 1
        take.append(takes)
        give.append(place)
        arrived += takes
    return np.array(take, dtype=np.int64), np.array(give, dtype=np.int64)


def repetition(codes: Mantissas) -> tuple[int, int]:
    """How many of the codes are needed, and to which of them to return from the last of these.

    >>> repetition(np.array([7, 1, 2, 3, 1, 2, 3, 1]))
    (4, 1)
    """
    matches = _matches(codes[::-1].tolist())
    period = max(range(1, len(codes)), key=lambda k: (matches[k], -k), default=len(codes))
    if len(codes) < 2 or matches[period] == 0:
        return len(codes), 0
    entries = len(codes) - matches[period]
    return entries, entries - period


def _matches(codes: list[int]) -> list[int]:
    """For each place, how many codes from there on equal those from the beginning on."""
    found, left, right = [len(codes)], 0, 0
    for k in range(1, len(codes)):
        length = min(right - k, found[k - left]) if k < right else 0
        while k + length < len(codes) and codes[length] == codes[k + length]:
            length += 1
        if k + length > right:
            left, right = k, k + length
        found.append(length)
    return found
