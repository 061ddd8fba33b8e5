# SPDX-License-Identifier: Apache-2.0
"""Registers of the AXI4-Lite block: what gateware, drivers and the documentation share."""

from dataclasses import dataclass
from enum import Enum

__all__ = ["CONTROL_PORT", "IDENTITY_AT", "MAGIC", "PROTOCOL", "REGISTERS", "Access", "Control",
           "ErrorFlag", "Register", "address_width", "offset"]

#: Name of the port, as Xilinx's tools recognise it.
CONTROL_PORT = "s_axi_control"
#: The letters NNHW as they lie in memory.
MAGIC = int.from_bytes(b"NNHW", "little")
#: Rises when a register changes its place or meaning.
PROTOCOL = 1
#: Address of the identity's first byte; below it are registers.
IDENTITY_AT = 0x100
#: Interconnects of Xilinx give a slave at least so many address bits: 4 KiB.
_LEAST_WIDTH = 12


class Access(Enum):
    """What a host may do to a register."""

    READ = "read"
    WRITE = "read, write"
    CLEAR = "read, write 1 to clear"


class Control:
    """Bits of CONTROL."""

    ENABLE, RESET = 0, 1


class ErrorFlag:
    """Bits of ERRORS."""

    TLAST_EARLY, TLAST_MISSING, WITHDRAWN = 0, 1, 2


@dataclass(frozen=True)
class Register:
    """A word of 32 bits.

    Parameters
    ----------
    name : str
        In drivers and gateware.
    offset : int
        Byte address, a multiple of 4.
    access : Access
        What a host may do.
    meaning : str
        For people.
    """

    name: str
    offset: int
    access: Access
    meaning: str


REGISTERS = (
    Register("MAGIC", 0x00, Access.READ, "`NNHW`, read as bytes"),
    Register("PROTOCOL", 0x04, Access.READ, "version of this map"),
    Register("DESIGN_LOW", 0x08, Access.READ, "design hash, bits 31 to 0"),
    Register("DESIGN_HIGH", 0x0C, Access.READ, "design hash, bits 63 to 32"),
    Register("CONTROL", 0x10, Access.WRITE,
             "bit 0 `enable`: begin new frames (1 after reset); bit 1 `reset`: writing 1 restarts "
             "network, counters of frames and error flags, and reads as 1 until that is done"),
    Register("STATUS", 0x14, Access.READ, "bit 0 `busy`: a frame is in part or whole inside"),
    Register("ERRORS", 0x18, Access.CLEAR,
             "bit 0: TLAST before a frame's last beat; bit 1: last beat without TLAST; "
             "bit 2: TVALID withdrawn before TREADY"),
    Register("FRAMES_IN", 0x1C, Access.READ, "frames taken whole"),
    Register("FRAMES_OUT", 0x20, Access.READ, "frames given whole"),
    Register("CYCLES_LOW", 0x24, Access.READ,
             "clock cycles since `aresetn`, bits 31 to 0; reading it latches the others"),
    Register("CYCLES_HIGH", 0x28, Access.READ, "bits 63 to 32 of the last reading"),
    Register("IDENTITY_SIZE", 0x2C, Access.READ, "bytes of the identity at 0x100"),
    Register("SCRATCH", 0x30, Access.WRITE, "nothing: to try the bus"),
    Register("WEIGHTS_AT", 0x34, Access.READ, "address to write weights at; 0: they are fixed"),
    Register("WEIGHTS_SIZE", 0x38, Access.READ, "bytes of address there"),
)


def offset(name: str) -> int:
    """Byte address of a register.

    >>> hex(offset("CONTROL"))
    '0x10'
    """
    return next(register.offset for register in REGISTERS if register.name == name)


def address_width(identity: int, load_width: int = 0) -> int:
    """Bits of a byte address that reach registers, identity and weights.

    Parameters
    ----------
    identity : int
        Bytes of the identity.
    load_width : int
        Bits that address the words of the weights, which have the upper half; 0 is no weights.

    >>> address_width(600), address_width(4000), address_width(600, 14)
    (12, 13, 17)
    """
    half = (IDENTITY_AT + identity - 1).bit_length()
    if load_width:
        return max(_LEAST_WIDTH, max(half, load_width + 2) + 1)
    return max(_LEAST_WIDTH, half)
