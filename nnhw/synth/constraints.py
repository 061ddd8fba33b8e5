# SPDX-License-Identifier: Apache-2.0
"""Pins as the file of constraints that each nextpnr reads."""

from collections.abc import Mapping

from nnhw.boards.base import Pin

__all__ = ["pin_constraints"]


def pin_constraints(family: str, pins: Mapping[str, Pin]) -> str:
    """Text of an LPF (ECP5), PCF (iCE40), CST (Gowin) or PDC (Nexus) file.

    >>> print(pin_constraints("ecp5", {"clk": Pin("G2", {"IO_TYPE": "LVCMOS33"})}), end="")
    LOCATE COMP "clk" SITE "G2";
    IOBUF PORT "clk" IO_TYPE=LVCMOS33;
    """
    return "".join(_LINES[family](port, pin) for port, pin in pins.items())


def _words(pin: Pin) -> str:
    return " ".join(f"{key}={value}" for key, value in pin.attributes.items())


def _lpf(port: str, pin: Pin) -> str:
    text = f'LOCATE COMP "{port}" SITE "{pin.name}";\n'
    return text + (f'IOBUF PORT "{port}" {_words(pin)};\n' if pin.attributes else "")


def _pcf(port: str, pin: Pin) -> str:
    options = "".join(f"-{key} {value} " for key, value in pin.attributes.items())
    return f"set_io {options}{port} {pin.name}\n"


def _cst(port: str, pin: Pin) -> str:
    text = f'IO_LOC "{port}" {pin.name};\n'
    return text + (f'IO_PORT "{port}" {_words(pin)};\n' if pin.attributes else "")


def _pdc(port: str, pin: Pin) -> str:
    text = f"ldc_set_location -site {{{pin.name}}} [get_ports {port}]\n"
    return text + (f"ldc_set_port -iobuf {{{_words(pin)}}} [get_ports {port}]\n"
                   if pin.attributes else "")


_LINES = {"ecp5": _lpf, "ice40": _pcf, "gowin": _cst, "nexus": _pdc}
