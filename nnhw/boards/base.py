# SPDX-License-Identifier: Apache-2.0
"""What a board is to nnhw: a part, a clock, a link to the host, and the pins of both."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

__all__ = ["Board", "Flow", "Link", "Part", "Pin"]


class Link(Enum):
    """How the host reaches the network on a board."""

    UART = "uart"
    AXI_DMA = "axi_dma"
    PCIE = "pcie"


class Flow(Enum):
    """What makes the bitstream."""

    OPEN = "yosys-nextpnr"
    VIVADO = "vivado"


@dataclass(frozen=True)
class Pin:
    """A pin of the package, and its attributes in the words of the constraint file."""

    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Part:
    """An FPGA: what it holds, and how tools call it.

    Parameters
    ----------
    name : str
        What a user types.
    family : str
        One of ``nnhw.config.TARGETS``.
    lut, ff, dsp : int
        LUTs, flip-flops, and multipliers of 18x18 (DSP slices on Xilinx).
    bram : int
        Memory blocks, of the size that ``synth`` counts for the family.
    source : str
        Where the figures are from.
    yosys : tuple of str
        Options of the family's synthesis command.
    nextpnr : tuple of str
        Options that select the part; empty where nextpnr has none.
    vendor : str
        Full name, as vendors' tools and packers want it.
    test_pins : tuple of Pin
        A clock pin, if the family's clock is one, and three others, for circuits without a board;
        empty where nextpnr chooses.
    """

    name: str
    family: str
    lut: int
    ff: int
    dsp: int
    bram: int
    source: str
    yosys: tuple[str, ...] = ()
    nextpnr: tuple[str, ...] = ()
    vendor: str = ""
    test_pins: tuple[Pin, ...] = ()


@dataclass(frozen=True)
class Board:
    """A board.

    Parameters
    ----------
    name : str
        What a user types; also the name of its module.
    title : str
        What its maker calls it.
    part : Part
        Its FPGA.
    clock_hz : int
        Clock of the design: the oscillator's own, or what ``oscillator`` makes.
    link : Link
        Way to the host.
    flow : Flow
        Tools that make the bitstream.
    pins : mapping of str to Pin
        ``clk``, ``uart_rx`` (into the FPGA), ``uart_tx``; no ``clk`` where ``oscillator`` is
        inside the FPGA.
    baud : int
        Bits per second of a UART link.
    oscillator : str
        Primitive inside the FPGA that makes the clock; empty for the pin.
    pack : tuple of str
        Options of the bitstream packer.
    programmer : tuple of str
        Options of openFPGALoader.
    platform : str
        Class of amaranth-boards the pins agree with, ``module:Class``; empty if it has none.
    vivado : mapping of str to str
        Facts for Vivado projects: ``board_part``, ``processor``.
    note : str
        What a user must know to wire it up.
    """

    name: str
    title: str
    part: Part
    clock_hz: int
    link: Link = Link.UART
    flow: Flow = Flow.OPEN
    pins: Mapping[str, Pin] = field(default_factory=dict)
    baud: int = 1_000_000
    oscillator: str = ""
    pack: tuple[str, ...] = ()
    programmer: tuple[str, ...] = ()
    platform: str = ""
    vivado: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
