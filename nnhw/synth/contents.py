# SPDX-License-Identifier: Apache-2.0
"""What memories hold, moved from Verilog into files: Yosys reads those in no time.

It makes a cell of each assignment in an ``initial`` block, and takes time quadratic in their number
already for reading the block. Vendors' tools and simulators get the Verilog as it was written.
"""

import re
from collections.abc import Iterable
from pathlib import Path

__all__ = ["with_contents_apart"]

_BLOCK = re.compile(r"^ *initial begin\n((?: +(\S+ ?)\[0\] = .*\n)(?: +\2\[\d+\] = .*\n)*) *end\n",
                    re.M)
_WORD = re.compile(r"\[(\d+)\] = \d+'([hd])([0-9a-f]+);$", re.M)
_BASE = {"h": 16, "d": 10}


def with_contents_apart(sources: Iterable[Path], work: Path) -> list[str]:
    """Copies of Verilog in ``work`` that read what memories hold from files there.

    Returns
    -------
    list of str
        The copies, as a tool that runs in ``work`` finds them.
    """
    (work / "verilog").mkdir(exist_ok=True)
    copies = []
    for source in sources:
        copies.append(f"verilog/{source.name}")
        text = _apart(source.read_text(encoding="utf-8"), f"verilog/{source.stem}", work)
        (work / copies[-1]).write_text(text, encoding="utf-8")
    return copies


def _apart(text: str, stem: str, work: Path) -> str:
    files = 0

    def moved(block: re.Match[str]) -> str:
        nonlocal files
        words = _WORD.findall(block[1])
        if [int(at) for at, _, _ in words] != list(range(block[1].count("\n"))):
            return block[0]
        name = f"{stem}_{files}.hex"
        files += 1
        (work / name).write_text("".join(f"{int(digits, _BASE[base]):x}\n"
                                         for _, base, digits in words), encoding="utf-8")
        return f'  initial $readmemh("{name}", {block[2]});\n'

    return _BLOCK.sub(moved, text)
