# SPDX-License-Identifier: Apache-2.0
"""A tap on an AXI4-Stream port: whole frames counted, TLAST held to its place."""

from amaranth.hdl import Module, Signal
from amaranth.lib.wiring import Component, In, Out

__all__ = ["FrameWatch"]


class FrameWatch(Component):
    """Watches the handshake of a stream whose frames all have ``beats`` beats.

    Parameters
    ----------
    beats : int
        Beats of a frame.

    Members
    -------
    valid : ``In(1)``, ready : ``In(1)``, last : ``In(1)``
        The stream as it is.
    clear : ``In(1)``
        Begin anew: the next beat is a frame's first.
    frames : ``Out(32)``
        Frames that crossed whole.
    inside : ``Out(1)``
        Some beats of a frame have crossed, and not all.
    early : ``Out(1)``, missing : ``Out(1)``, withdrawn : ``Out(1)``
        In the cycle in which it happens: TLAST before the last beat; a last beat without it; an
        offer that was neither taken nor kept up.
    """

    def __init__(self, beats: int):
        self.beats = beats
        super().__init__({
            "valid": In(1), "ready": In(1), "last": In(1), "clear": In(1), "frames": Out(32),
            "inside": Out(1), "early": Out(1), "missing": Out(1), "withdrawn": Out(1)})

    def elaborate(self, platform):
        m = Module()
        beat = Signal(range(max(self.beats, 2)))
        offered = Signal()
        end, fire = beat == self.beats - 1, self.valid & self.ready
        m.d.comb += [self.inside.eq(beat != 0), self.early.eq(fire & self.last & ~end),
                     self.missing.eq(fire & ~self.last & end),
                     self.withdrawn.eq(offered & ~self.valid)]
        m.d.sync += offered.eq(self.valid & ~self.ready)
        with m.If(fire):
            m.d.sync += beat.eq(beat + 1)
            with m.If(end):
                m.d.sync += [beat.eq(0), self.frames.eq(self.frames + 1)]
        with m.If(self.clear):
            m.d.sync += [beat.eq(0), self.frames.eq(0), offered.eq(0)]
        return m
