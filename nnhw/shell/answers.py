# SPDX-License-Identifier: Apache-2.0
"""From the network to the line: results and answers to questions, framed and checksummed."""

from amaranth.hdl import Module, Signal
from amaranth.lib import stream
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import Component, In, Out

from nnhw.shell.framing import Stuff
from nnhw.shell.packets import CRC
from nnhw.shell.wire import IDENTITY, RESULT

__all__ = ["Answers"]


class Answers(Component):
    """Sends one frame after the other.

    Parameters
    ----------
    beats, width : int
        Of a result.
    identity : bytes
        First part of the answer to a question; the counters follow it.

    Members
    -------
    i : ``In(stream.Signature(width))``
        Results.
    number : ``In(8)``, numbered : ``In(1)``, taken : ``Out(1)``
        Number of the frame that the result belongs to; ``taken`` when it is sent.
    query : ``In(1)``, query_number : ``In(8)``, answered : ``Out(1)``
        As of ``Intake``.
    counters : ``In(48)``
        Sent behind the identity, the lowest byte first.
    o : ``Out(stream.Signature(8))``
        To the line.
    """

    def __init__(self, beats: int, width: int, identity: bytes):
        self.beats, self.width, self.identity = beats, width, identity
        super().__init__({
            "i": In(stream.Signature(width)), "number": In(8), "numbered": In(1), "taken": Out(1),
            "query": In(1), "query_number": In(8), "answered": Out(1), "counters": In(48),
            "o": Out(stream.Signature(8))})

    def elaborate(self, platform):
        m = Module()
        m.submodules.stuff = stuff = Stuff()
        m.submodules.crc = check = CRC(data_width=8).create()
        m.submodules.identity = rom = Memory(shape=8, depth=len(self.identity),
                                             init=self.identity)
        text = rom.read_port()
        size = -(-self.width // 8)
        bits, kind, number = Signal(8 * max(size, 6)), Signal(8), Signal(8)
        at = Signal(range(max(len(self.identity), size, 6) + 1))
        beat = Signal(range(self.beats))
        byte, sent = stuff.i.payload.byte, Signal()
        m.d.comb += [sent.eq(stuff.i.valid & stuff.i.ready), self.o.payload.eq(stuff.o.payload),
                     self.o.valid.eq(stuff.o.valid), stuff.o.ready.eq(self.o.ready),
                     check.data.eq(byte), text.addr.eq(at)]

        def emit(value, then, covered=True):
            """Send a byte, and go on when it is gone."""
            m.d.comb += [byte.eq(value), stuff.i.valid.eq(1), check.valid.eq(sent & covered)]
            with m.If(sent):
                then()

        def flag(then):
            m.d.comb += [stuff.i.payload.flag.eq(1), stuff.i.valid.eq(1), check.start.eq(sent)]
            with m.If(sent):
                then()

        def go(state):
            def then():
                m.next = state
            return then

        with m.FSM():
            with m.State("idle"):
                m.d.sync += [at.eq(0), beat.eq(0)]
                with m.If(self.query):
                    m.d.sync += [kind.eq(IDENTITY), number.eq(self.query_number)]
                    m.d.comb += self.answered.eq(1)
                    m.next = "open"
                with m.Elif(self.i.valid & self.numbered):
                    m.d.sync += [kind.eq(RESULT), number.eq(self.number)]
                    m.d.comb += self.taken.eq(1)
                    m.next = "open"
            with m.State("open"):
                flag(go("kind"))
            with m.State("kind"):
                emit(kind, go("number"))
            with m.State("number"):
                def body():
                    with m.If(kind == IDENTITY):
                        m.next = "read"
                    with m.Else():
                        m.next = "load"
                emit(number, body)
            with m.State("read"):
                m.next = "text"
            with m.State("text"):
                def onward():
                    m.d.sync += at.eq(at + 1)
                    m.next = "read"
                    with m.If(at == len(self.identity) - 1):
                        m.d.sync += [at.eq(0), bits.eq(self.counters)]
                        m.next = "counters"
                emit(text.data, onward)
            with m.State("counters"):
                def step():
                    m.d.sync += [at.eq(at + 1), bits.eq(bits >> 8)]
                    with m.If(at == 5):
                        m.next = "low"
                emit(bits[:8], step)
            with m.State("load"):
                m.d.comb += self.i.ready.eq(1)
                m.d.sync += at.eq(0)
                with m.If(self.i.valid):
                    m.d.sync += bits.eq(self.i.payload)
                    m.next = "beat"
            with m.State("beat"):
                def shift():
                    m.d.sync += [at.eq(at + 1), bits.eq(bits >> 8)]
                    with m.If(at == size - 1):
                        m.d.sync += beat.eq(beat + 1)
                        m.next = "load"
                        with m.If(beat == self.beats - 1):
                            m.next = "low"
                emit(bits[:8], shift)
            with m.State("low"):
                def keep():
                    m.d.sync += bits.eq(check.crc[8:])
                    m.next = "high"
                emit(check.crc[:8], keep, covered=False)
            with m.State("high"):
                emit(bits[:8], go("close"), covered=False)
            with m.State("close"):
                flag(go("idle"))
        return m


