# SPDX-License-Identifier: Apache-2.0
"""Steady-state interval from the cycles in which frames begin."""

from collections.abc import Sequence

__all__ = ["interval_of"]


def interval_of(accepted: Sequence[int], offered: Sequence[int]) -> int | float | None:
    """Cycles from frame to frame once the design is full; None with fewer than 3 frames.

    Only the later half of the frames counts. While queues fill, frames are accepted faster than
    they are worked off, so the slower of the two ends of the design decides.

    Parameters
    ----------
    accepted, offered : sequence of int
        Cycle of each frame's first input beat and first output beat.

    >>> interval_of([0, 1, 5, 9, 13], [7, 11, 15, 19, 23])
    4
    """
    if len(accepted) < 3:
        return None
    return max(_pace(accepted), _pace(offered))


def _pace(cycles: Sequence[int]) -> int | float:
    middle = (len(cycles) - 1) // 2
    span, steps = cycles[-1] - cycles[middle], len(cycles) - 1 - middle
    return span // steps if span % steps == 0 else span / steps
