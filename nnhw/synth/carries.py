# SPDX-License-Identifier: Apache-2.0
"""Ends of ECP5's carry chains, so that nextpnr adds no cells to them.

nextpnr-ecp5 puts a cell of two LUT sites in front of a chain whose first carry-in is a net, a
constant one too, and another behind a chain whose last carry-out is one, though nothing reads it
(``split_carry_chain`` in its ``ecp5/pack.cc``); abc9 leaves both so, whatever is mapped.
"""

import json
from pathlib import Path
from typing import Any

__all__ = ["free_ends"]

#: A pin that is not connected, as JSON netlists have it.
_OPEN = ["x"]


def free_ends(path: Path) -> None:
    """Disconnect, in a flat netlist, what leads into and out of carry chains for nothing.

    Those are carry-outs that nothing reads, and constants ahead of a half cell that does not pass
    them on (see ``carry_chain.v``).
    """
    netlist = json.loads(path.read_text(encoding="utf-8"))
    for module in netlist["modules"].values():
        _free(module)
    path.write_text(json.dumps(netlist), encoding="utf-8")


def _free(module: dict[str, Any]) -> None:
    read = {bit for port in module["ports"].values() for bit in port["bits"]}
    for cell in module["cells"].values():
        for name, bits in cell["connections"].items():
            if cell["port_directions"].get(name) != "output":
                read.update(bits)
    for cell in module["cells"].values():
        if cell["type"] != "CCU2C":
            continue
        pins = cell["connections"]
        if not read.intersection(pins["COUT"]):
            pins["COUT"] = _OPEN
        if isinstance(pins["CIN"][0], str) and _generates(cell):
            pins["CIN"] = _OPEN


def _generates(cell: dict[str, Any]) -> bool:
    """Whether the first half's carry does not depend on the one before it."""
    return int(cell["parameters"]["INIT0"], 2) >> 4 == 0
