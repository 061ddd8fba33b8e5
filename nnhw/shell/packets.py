# SPDX-License-Identifier: Apache-2.0
"""From the line to the network: whole frames with a right checksum, tensor by tensor."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import crc, stream
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import Component, In, Out

from nnhw.shell.framing import Unstuff
from nnhw.shell.wire import DATA, QUERY

__all__ = ["CRC", "Feeder", "Intake"]

#: The checksum of HDLC.
CRC = crc.catalog.CRC16_IBM_SDLC
#: Bytes of a frame beside its payload: kind, number, checksum.
_OVERHEAD = 4


class Intake(Component):
    """Keeps tensors that came whole; everything else only counts as an error.

    Two tensors are kept: while one is fed to the network, the next one may come in. A frame that
    finds both places taken is left out, and counts as an error too.

    Parameters
    ----------
    size : int
        Bytes of a tensor.

    Members
    -------
    i_byte, i_valid
        From the line.
    address : ``In``, byte : ``Out(8)``
        Read port of the tensor that waits longest, a cycle of delay.
    waiting : ``Out(1)``, number : ``Out(8)``
        Whether a tensor waits, and its frame's number.
    take : ``In(1)``
        The tensor was read.
    query : ``Out(1)``, query_number : ``Out(8)``, answered : ``In(1)``
        A question came that is not yet answered.
    frames : ``Out(32)``, errors : ``Out(16)``
        Counters.
    """

    def __init__(self, size: int):
        self.size = size
        super().__init__({
            "i_byte": In(8), "i_valid": In(1), "address": In(range(max(size, 2))),
            "byte": Out(8), "waiting": Out(1), "number": Out(8), "take": In(1),
            "query": Out(1), "query_number": Out(8), "answered": In(1),
            "frames": Out(32), "errors": Out(16)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.unstuff = unstuff = Unstuff()
        m.submodules.crc = check = CRC(data_width=8).create()
        m.d.comb += [
            unstuff.i_byte.eq(self.i_byte), unstuff.i_valid.eq(self.i_valid),
            check.data.eq(unstuff.byte), check.valid.eq(unstuff.valid),
            check.start.eq(unstuff.end)]
        count = Signal(range(self.size + _OVERHEAD + 2))
        kind, number = Signal(8), Signal(8)
        with m.If(unstuff.valid):
            with m.If(count != self.size + _OVERHEAD + 1):
                m.d.sync += count.eq(count + 1)
            with m.If(count == 0):
                m.d.sync += kind.eq(unstuff.byte)
            with m.If(count == 1):
                m.d.sync += number.eq(unstuff.byte)
        with m.If(unstuff.end):
            m.d.sync += count.eq(0)
        good = Signal()
        m.d.comb += good.eq(unstuff.end & ~unstuff.abort & check.match_detected)
        commit, ask = Signal(), Signal()
        room = self._places(m, unstuff, count, number, commit)
        m.d.comb += [
            commit.eq(good & room & (kind == DATA) & (count == self.size + _OVERHEAD)),
            ask.eq(good & (kind == QUERY) & (count == _OVERHEAD))]
        with m.If(commit):
            m.d.sync += self.frames.eq(self.frames + 1)
        with m.Elif(unstuff.end & (count != 0) & ~ask):
            m.d.sync += self.errors.eq(self.errors + 1)
        with m.If(ask):
            m.d.sync += [self.query.eq(1), self.query_number.eq(number)]
        with m.Elif(self.answered):
            m.d.sync += self.query.eq(0)
        return m

    def _places(self, m, unstuff, count, number, commit):
        """The memory, and which of its two places are taken; returns whether one is free."""
        bits = max(1, (self.size - 1).bit_length())
        m.submodules.memory = memory = Memory(shape=8, depth=2 << bits, init=[])
        write, read = memory.write_port(), memory.read_port()
        into, out_of, taken = Signal(), Signal(), Signal(2)
        numbers = [Signal(8, name="number_0"), Signal(8, name="number_1")]
        room = Signal()
        with m.If(unstuff.valid & (count == 0)):
            m.d.sync += room.eq(taken != 2)
        at = Signal(range(self.size + _OVERHEAD + 2))
        m.d.comb += [
            at.eq(count - 2),
            write.addr.eq(Cat(at[:bits], into)), write.data.eq(unstuff.byte),
            write.en.eq(unstuff.valid & room & (count >= 2) & (count < self.size + 2)),
            read.addr.eq(Cat(self._padded(bits), out_of)), self.byte.eq(read.data),
            self.waiting.eq(taken != 0)]
        with m.If(out_of):
            m.d.comb += self.number.eq(numbers[1])
        with m.Else():
            m.d.comb += self.number.eq(numbers[0])
        m.d.sync += taken.eq(taken + commit - self.take)
        with m.If(commit):
            m.d.sync += into.eq(~into)
            with m.If(into):
                m.d.sync += numbers[1].eq(number)
            with m.Else():
                m.d.sync += numbers[0].eq(number)
        with m.If(self.take):
            m.d.sync += out_of.eq(~out_of)
        return room

    def _padded(self, bits):
        wide = Signal(bits, name="read_at")
        return Cat(self.address, wide)[:bits]


class Feeder(Component):
    """Leads kept tensors to the network, beat by beat.

    Parameters
    ----------
    beats : int
        Of a tensor.
    width : int
        Bits of a beat; it lies in memory in whole bytes, the lowest first.

    Members
    -------
    address, byte, waiting, take
        As of ``Intake``.
    go : ``In(1)``, begin : ``Out(1)``
        Whether a tensor may be begun; that one is.
    o : ``Out(stream.Signature(width))``
        To the network.
    last : ``Out(1)``
        Whether the beat is a tensor's last.
    """

    def __init__(self, beats: int, width: int):
        self.beats, self.width = beats, width
        self.bytes = -(-width // 8)
        super().__init__({
            "address": Out(range(max(2, beats * self.bytes))), "byte": In(8), "waiting": In(1),
            "take": Out(1), "go": In(1), "begin": Out(1),
            "o": Out(stream.Signature(width)), "last": Out(1)})

    def elaborate(self, platform):
        m = Module()
        bits = Signal(8 * self.bytes)
        at, beat = Signal(range(self.bytes)), Signal(range(self.beats))
        m.d.comb += [self.o.payload.eq(bits), self.last.eq(beat == self.beats - 1)]
        with m.FSM():
            with m.State("idle"):
                m.d.sync += [self.address.eq(0), at.eq(0), beat.eq(0)]
                # The address of the next tensor needs a cycle to reach the memory.
                with m.If(self.waiting & self.go & (self.address == 0)):
                    m.d.comb += self.begin.eq(1)
                    m.next = "fetch"
            with m.State("fetch"):
                m.next = "shift"
            with m.State("shift"):
                m.d.sync += [bits.eq(Cat(bits, self.byte)[8:]), at.eq(at + 1),
                             self.address.eq(self.address + 1)]
                m.next = "fetch"
                with m.If(at == self.bytes - 1):
                    m.d.sync += at.eq(0)
                    m.next = "offer"
            with m.State("offer"):
                m.d.comb += self.o.valid.eq(1)
                with m.If(self.o.ready):
                    m.d.sync += beat.eq(beat + 1)
                    m.next = "fetch"
                    with m.If(self.last):
                        m.d.comb += self.take.eq(1)
                        m.d.sync += self.address.eq(0)
                        m.next = "settle"
            with m.State("settle"):
                m.next = "idle"
        return m
