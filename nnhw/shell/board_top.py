# SPDX-License-Identifier: Apache-2.0
"""The top module of a board with a serial line, as Verilog."""

from amaranth.hdl import (
    Cat,
    ClockDomain,
    ClockSignal,
    Const,
    Elaboratable,
    Instance,
    Module,
    ResetSignal,
    Signal,
)
from amaranth.lib.fifo import SyncFIFOBuffered

from nnhw.boards.base import Board
from nnhw.errors import ConfigError
from nnhw.hw.verilog import convert
from nnhw.shell.answers import Answers
from nnhw.shell.packets import Feeder, Intake
from nnhw.shell.uart import Receiver, Transmitter
from nnhw.shell.wire import tensor_size

__all__ = ["BoardTop", "board_verilog", "check_ports"]

#: Frames that may be inside the network at a time.
_IN_FLIGHT = 16
#: Cycles of reset after the bitstream is loaded.
_RESET = 63
#: Oscillators inside FPGAs: cell, parameters, port that enables it, port of the clock.
_OSCILLATORS = {
    "SB_HFOSC": lambda out: Instance("SB_HFOSC", p_CLKHF_DIV="0b10", i_CLKHFEN=1, i_CLKHFPU=1,
                                     o_CLKHF=out),
    "OSCA": lambda out: Instance("OSCA", p_HF_CLK_DIV="17", p_HF_OSC_EN="ENABLED", i_HFOUTEN=1,
                                 i_HFSDSCEN=0, o_HFCLKOUT=out),
}


def check_ports(interface) -> None:
    """Refuse a network that the serial shell cannot feed.

    Raises
    ------
    ConfigError
        If it has several inputs or outputs.
    """
    for ways, ports in (("inputs", interface.inputs), ("outputs", interface.outputs)):
        if len(ports) != 1:
            raise ConfigError(f"{interface.top} has {len(ports)} {ways}: the serial shell takes "
                              "networks of one input and one output; concatenate them")


class BoardTop(Elaboratable):
    """Shell and network of a board.

    Parameters
    ----------
    board : Board
        Clock, pins, speed of the line.
    interface : DesignInterface
        The network.
    identity : bytes
        What the board says of itself.
    """

    def __init__(self, board: Board, interface, identity: bytes):
        check_ports(interface)
        self.board, self.interface, self.identity = board, interface, identity
        self.clk = Signal(name="clk")
        self.uart_rx, self.uart_tx = Signal(name="uart_rx", init=1), Signal(name="uart_tx")

    @property
    def ports(self):
        """Pins of the module, in the words of ``Board.pins``."""
        clock = [] if self.board.oscillator else [self.clk]
        return [*clock, self.uart_rx, self.uart_tx]

    @property
    def divisor(self) -> int:
        """Clock cycles of a bit on the line."""
        return round(self.board.clock_hz / self.board.baud)

    def elaborate(self, platform):
        m = Module()
        m.domains.sync = ClockDomain()
        clock = self.clk
        if self.board.oscillator:
            clock = Signal(name="oscillator")
            m.submodules.oscillator = _OSCILLATORS[self.board.oscillator](clock)
        m.submodules.start = _power_on(clock, ResetSignal())
        m.d.comb += ClockSignal().eq(clock)
        source, sink = self.interface.inputs[0], self.interface.outputs[0]
        m.submodules.receiver = receiver = Receiver(self.divisor)
        m.submodules.transmitter = transmitter = Transmitter(self.divisor)
        m.submodules.intake = intake = Intake(tensor_size(source))
        m.submodules.feeder = feeder = Feeder(source.beats, source.payload_width)
        m.submodules.answers = answers = Answers(sink.beats, sink.payload_width, self.identity)
        m.submodules.numbers = numbers = SyncFIFOBuffered(width=8, depth=_IN_FLIGHT)
        m.submodules.network = self._network(feeder, answers, source, sink)
        m.d.comb += [
            receiver.line.eq(self.uart_rx), self.uart_tx.eq(transmitter.line),
            intake.i_byte.eq(receiver.byte), intake.i_valid.eq(receiver.valid),
            intake.address.eq(feeder.address), feeder.byte.eq(intake.byte),
            feeder.waiting.eq(intake.waiting), intake.take.eq(feeder.take),
            feeder.go.eq(numbers.w_rdy), numbers.w_data.eq(intake.number),
            numbers.w_en.eq(feeder.begin), answers.number.eq(numbers.r_data),
            answers.numbered.eq(numbers.r_rdy),
            numbers.r_en.eq(answers.taken), answers.query.eq(intake.query),
            answers.query_number.eq(intake.query_number),
            intake.answered.eq(answers.answered),
            answers.counters.eq(Cat(intake.frames, intake.errors)),
            transmitter.i.payload.eq(answers.o.payload),
            transmitter.i.valid.eq(answers.o.valid), answers.o.ready.eq(transmitter.i.ready)]
        return m

    def _network(self, feeder, answers, source, sink):
        names = ("tdata", "tvalid", "tready") if source.axi else ("payload", "valid", "ready")
        ports = {f"i_{source.name}_{names[0]}": feeder.o.payload,
                 f"i_{source.name}_{names[1]}": feeder.o.valid,
                 f"o_{source.name}_{names[2]}": feeder.o.ready,
                 f"o_{sink.name}_{names[0]}": answers.i.payload,
                 f"o_{sink.name}_{names[1]}": answers.i.valid,
                 f"i_{sink.name}_{names[2]}": answers.i.ready}
        if source.axi:
            ports |= {f"i_{source.name}_tlast": feeder.last, "i_aclk": ClockSignal(),
                      "i_aresetn": ~ResetSignal()}
        else:
            ports |= {"i_clk": ClockSignal(), "i_rst": ResetSignal()}
        ports |= {f"i_{name}": Const(0, width)  # the line has no way to load weights
                  for name, width in self.interface.load_pins.items()}
        return Instance(self.interface.top, **ports)


def _power_on(clock, reset):
    """Holds ``reset`` for the first cycles; registers begin at their initial values."""
    m = Module()
    m.domains.boot = ClockDomain(reset_less=True, local=True)
    left = Signal(range(_RESET + 1), init=_RESET)
    m.d.comb += [ClockSignal("boot").eq(clock), reset.eq(left != 0)]
    with m.If(left != 0):
        m.d.boot += left.eq(left - 1)
    return m


def board_verilog(board: Board, interface, identity: bytes, name: str) -> str:
    """Verilog of the top module ``name``; the network is a module of its own files."""
    top = BoardTop(board, interface, identity)
    return convert(top, name, top.ports)
