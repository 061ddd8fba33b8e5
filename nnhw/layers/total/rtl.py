# SPDX-License-Identifier: Apache-2.0
"""Total: the circuit, a component of its own."""

from nnhw.folding.blocks import divisors
from nnhw.hw.running_total import RunningTotal
from nnhw.layers.total.op import Total

__all__ = ["component", "lanes"]


def component(op: Total, lanes: int) -> RunningTotal:
    """Accumulators, ``lanes`` channels a beat."""
    return RunningTotal(op, lanes)


def lanes(op: Total, offered: int, reader: object) -> tuple[int, int]:
    """Channels in a beat, in and out: no fewer than are offered, so that none has to wait."""
    channels = op.x.shape[-1]
    width = min(d for d in divisors(channels) if d >= min(offered, channels))
    return width, width
