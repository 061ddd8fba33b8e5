# SPDX-License-Identifier: Apache-2.0
"""FPGAs by name, with what they hold; each figure from the vendor's own family table."""

from nnhw.boards.base import Part, Pin
from nnhw.errors import ConfigError, suggest

__all__ = ["DEFAULT_PART", "PARTS", "part"]

_ECP5 = "Lattice FPGA-DS-02012, table 1.1"
_ICE40 = "Lattice FPGA-DS-02008, table 1.1"
_NEXUS = "Lattice FPGA-DS-02049, table 1.1"
_GW1N = "Gowin DS117, table 1-1"
_GW2A = "Gowin DS226, table 1-1"
_XC7 = "AMD DS180 and DS190, device tables"
_XCUP = "AMD DS890, DS891, DS962 and DS987, device tables"
_INTEL = "Intel CV-51001 and C10LP51001, device tables"


_NEXUS_PINS = tuple(Pin(name, {"IO_TYPE": "LVCMOS33"}) for name in ("F16", "F18", "E17"))


def _ecp5(name: str, size: str, lut: int, dsp: int, bram: int, *options: str) -> Part:
    return Part(name, "ecp5", lut, lut, dsp, bram, _ECP5,
                nextpnr=(f"--{size}", *options), vendor=name.upper())


def _nexus(name: str, lut: int, dsp: int, bram: int, device: str) -> Part:
    return Part(name, "nexus", lut, lut, dsp, bram, _NEXUS, nextpnr=("--device", device),
                vendor=device, test_pins=_NEXUS_PINS)


_ALL = (
    _ecp5("lfe5u-25f", "25k", 24_288, 28, 56),
    _ecp5("lfe5u-45f", "45k", 43_848, 72, 108),
    _ecp5("lfe5u-85f", "85k", 83_640, 156, 208),
    _ecp5("lfe5u-25f-bg381", "25k", 24_288, 28, 56, "--package", "CABGA381", "--speed", "6"),
    _ecp5("lfe5u-45f-bg381", "45k", 43_848, 72, 108, "--package", "CABGA381", "--speed", "6"),
    _ecp5("lfe5u-85f-bg381", "85k", 83_640, 156, 208, "--package", "CABGA381", "--speed", "6"),
    _ecp5("lfe5u-25f-mg285", "25k", 24_288, 28, 56, "--package", "CSFBGA285", "--speed", "8"),
    _ecp5("lfe5um5g-85f-bg554", "um5g-85k", 83_640, 156, 208, "--package", "CABGA554",
          "--speed", "8"),
    Part("up5k", "ice40", 5_280, 5_280, 8, 30, _ICE40, yosys=("-dsp", "-device", "u"),
         nextpnr=("--up5k", "--package", "sg48"), vendor="iCE40UP5K-SG48"),
    Part("hx8k", "ice40", 7_680, 7_680, 0, 32, _ICE40, yosys=("-device", "hx"),
         nextpnr=("--hx8k", "--package", "ct256"), vendor="iCE40HX8K-CT256"),
    Part("gw1nr-9c", "gowin", 8_640, 6_480, 20, 26, _GW1N, yosys=("-family", "gw1n"),
         nextpnr=("--device", "GW1NR-LV9QN88PC6/I5", "--vopt", "family=GW1N-9C"), vendor="GW1N-9C",
         test_pins=tuple(map(Pin, ("52", "18", "17", "10")))),
    Part("gw2ar-18c", "gowin", 20_736, 15_552, 48, 46, _GW2A, yosys=("-family", "gw2a"),
         nextpnr=("--device", "GW2AR-LV18QN88C8/I7", "--vopt", "family=GW2A-18C"),
         vendor="GW2A-18C", test_pins=tuple(map(Pin, ("4", "70", "69", "15")))),
    _nexus("lifcl-40", 32_256, 56, 84, "LIFCL-40-9BG400C"),
    Part("xc7z020", "xc7", 53_200, 106_400, 220, 140, _XC7, vendor="xc7z020clg400-1"),
    Part("xc7a35t", "xc7", 20_800, 41_600, 90, 50, _XC7, vendor="xc7a35ticsg324-1L"),
    Part("xc7a100t", "xc7", 63_400, 126_800, 240, 135, _XC7, vendor="xc7a100tcsg324-1"),
    Part("xc7a200t", "xc7", 134_600, 269_200, 740, 365, _XC7, vendor="xc7a200tsbg484-1"),
    Part("xczu9eg", "xcup", 274_080, 548_160, 2_520, 912, _XCUP,
         vendor="xczu9eg-ffvb1156-2-e"),
    Part("xczu7ev", "xcup", 230_400, 460_800, 1_728, 312, _XCUP,
         vendor="xczu7ev-ffvc1156-2-e"),
    Part("xck26", "xcup", 117_120, 234_240, 1_248, 144, _XCUP, vendor="xck26-sfvc784-2LV-c"),
    Part("xcu50", "xcup", 871_680, 1_743_360, 5_952, 1_344, _XCUP,
         vendor="xcu50-fsvh2104-2-e"),
    Part("xcu250", "xcup", 1_728_000, 3_456_000, 12_288, 2_688, _XCUP,
         vendor="xcu250-figd2104-2L-e"),
    Part("5cseba6", "cyclonev", 83_820, 167_640, 224, 557, _INTEL, vendor="5CSEBA6U23I7"),
    Part("10cl025", "cyclone10lp", 24_624, 24_624, 66, 66, _INTEL, vendor="10CL025YU256C8G"),
)
PARTS = {part.name: part for part in _ALL}

#: Part that a family's circuits are placed into when none is named.
DEFAULT_PART = {"ecp5": "lfe5u-85f", "ice40": "up5k", "gowin": "gw2ar-18c", "nexus": "lifcl-40",
                "xc7": "xc7z020", "xcup": "xczu9eg", "cyclonev": "5cseba6",
                "cyclone10lp": "10cl025"}


def part(name: str, family: str | None = None) -> Part:
    """The part of that name.

    Raises
    ------
    ConfigError
        If there is none, or it is of another family.
    """
    known = {p.name for p in _ALL if family in (None, p.family)}
    found = PARTS.get(name.lower())
    if found is None:
        raise ConfigError(f"part {name!r} is unknown; {suggest(name.lower(), known)}")
    if family not in (None, found.family):
        raise ConfigError(f"part {name} is of family {found.family}, not {family}; "
                          + suggest(name.lower(), known))
    return found
