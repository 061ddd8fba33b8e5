# SPDX-License-Identifier: Apache-2.0
"""``driver.py`` of a Vivado project: one file that needs NumPy and what the board's link needs."""

from dataclasses import dataclass
from pathlib import Path

from nnhw.boards.base import Link
from nnhw.shell.register_map import IDENTITY_AT, MAGIC, PROTOCOL, REGISTERS
from nnhw.synth.vivado_core import Core, beat_bytes

__all__ = ["host_driver"]


@dataclass(frozen=True)
class _Way:
    """How the host reaches a network: template of ``Link``, and what is said of it."""

    template: str
    how: str
    example: str
    default: str = ""
    imports: str = "import json"


_WAYS = {
    Link.AXI_DMA: _Way("driver_pynq.txt", "under PYNQ", '"design.xsa"'),
    Link.PCIE: _Way("driver_xdma.txt", "of this host", "", '="/dev/xdma0"',
                    "import json\nimport os\nfrom concurrent.futures import ThreadPoolExecutor\n"
                    "from mmap import mmap"),
}


def host_driver(core: Core, network: str, design: str) -> str:
    """Python of the driver.

    Parameters
    ----------
    core : Core
        The network on its board.
    network : str
        Its name.
    design : str
        Its hash, 16 hexadecimal digits.
    """
    way = _WAYS[core.board.link]
    parts = {"NETWORK": network, "TITLE": core.board.title, "HOW": way.how,
             "EXAMPLE": way.example, "IMPORTS": way.imports, "DEFAULT": way.default,
             "FACTS": _facts(core, design), "LINK": _template(way.template).rstrip("\n")}
    text = _template("driver.txt")
    for name, part in parts.items():
        text = text.replace(f"@{name}@", part)
    return text


def _template(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _facts(core: Core, design: str) -> str:
    ways = {"SOURCE": core.source, "SINK": core.sink}
    facts = [f"{name} = dict(shape={port.type.shape}, beats={port.beats}, lanes={port.lanes}, "
             f"stride={port.stride}, width={port.width}, signed={port.element.signed}, "
             f"beat_bytes={beat_bytes(port)})" for name, port in ways.items()]
    facts += [f"MAGIC, PROTOCOL, DESIGN = {MAGIC:#x}, {PROTOCOL}, 0x{design}",
              f"IDENTITY_AT = {IDENTITY_AT:#x}", "REGISTERS = dict("]
    facts += [f"    {register.name}={register.offset:#x}," for register in REGISTERS]
    return "\n".join([*facts, ")"])
