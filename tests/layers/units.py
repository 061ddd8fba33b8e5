# SPDX-License-Identifier: Apache-2.0
"""What the tests of layers that are components of their own do alike: windows, reorderings."""

import numpy as np

from nnhw.hw.stage import Stage
from nnhw.hw.stage_plan import StagePlan
from nnhw.ir.op import required
from nnhw.sim import pysim
from tests.layers.support import STALLS, Joined, beats_of, frames_of, golden_of

__all__ = ["check_pair", "check_unit", "check_unit_timing"]


def check_unit(op, x, lanes, stalls=STALLS):
    """All frames of ``x``, and not a beat more, come out under all patterns of valid and ready."""
    expected = golden_of(op, x)
    for valid, ready in stalls:
        unit = required(op, "rtl").component(op, lanes)
        got = pysim.run(unit, beats_of(x, lanes).tolist(), valid=valid, ready=ready)
        lanes_out = unit.o.payload.shape().length
        assert len(got) * lanes_out == len(x) * op.y.size
        assert np.array_equal(frames_of(got, lanes_out, op.y.shape, len(x)), expected)


def check_unit_timing(op, lanes, count=8):
    """Latency and interval as promised."""
    unit = required(op, "rtl").component(op, lanes)
    beats_out = op.y.size // unit.o.payload.shape().length
    measured = pysim.measure(unit, frame=op.x.size // lanes, frame_out=beats_out, count=count)
    assert measured == (unit.latency, unit.interval)


def check_pair(op, inputs, lanes, *, ops=(), stalls=STALLS):
    """A stage whose operands differ in size; ``lanes`` are those of the first."""
    plan = StagePlan("stage", (op, *ops), lanes)
    expected = golden_of(op, *inputs)
    for later in ops:
        expected = golden_of(later, expected)
    for valid, ready in stalls:
        stage = Joined(Stage(plan))
        beats = [beats_of(x, plan.operand_lanes(k)).tolist() for k, x in enumerate(inputs)]
        sent = [dict(zip(stage.stage.inputs, each, strict=True))
                for each in zip(*beats, strict=True)]
        got = pysim.run(stage, sent, valid=valid, ready=ready)
        count = len(inputs[0])
        assert len(got) == count * plan.beats_out
        assert np.array_equal(frames_of(got, plan.lanes_out, expected.shape[1:], count), expected)
