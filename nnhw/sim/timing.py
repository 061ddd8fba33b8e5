# SPDX-License-Identifier: Apache-2.0
"""Steady-state interval from the cycles in which results begin to come out."""

from collections.abc import Sequence

__all__ = ["interval_of"]


def interval_of(ended: Sequence[int]) -> int | float | None:
    """Cycles from frame to frame once the design is full; None with fewer than 5 frames.

    The last two do not count, for the frames that would hold them up are missing; nor does the
    first half of the others, for frames are accepted faster while queues fill.

    Parameters
    ----------
    ended : sequence of int
        Cycle in which each frame's first output beat is offered.

    >>> interval_of([7, 12, 16, 20, 21, 22])
    4
    """
    if len(ended) < 5:
        return None
    steady = ended[:-2]
    middle = (len(steady) - 1) // 2
    span, steps = steady[-1] - steady[middle], len(steady) - 1 - middle
    return span // steps if span % steps == 0 else span / steps
