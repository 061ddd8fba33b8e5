# SPDX-License-Identifier: Apache-2.0
"""Registers of memory blocks and multipliers, which Yosys leaves unused.

A register in front of or behind a block that does nothing else becomes the block's own: it costs no
flip-flop then, and the block is faster. Works on a mapped netlist as Yosys writes it (JSON); what
registers a family's blocks have is in ``nnhw.synth.blocks``.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nnhw.synth.blocks import FLIP_FLOPS, MEMORIES, MULTIPLIERS, Multiplier, Own, Pin

__all__ = ["absorb"]

#: A wire's number, or "0", "1", "x".
Bit = int | str

#: Bits of a memory's port.
_WIDTH = 18
#: Cells that drive a constant.
_CONSTANTS = {"GND": "0", "VLO": "0", "VCC": "1", "VHI": "1"}


@dataclass(frozen=True)
class _Control:
    """What registers must share to be one."""

    clock: Bit
    enable: Bit


def absorb(netlist: dict[str, Any], family: str) -> int:
    """Move registers into blocks, module by module, in place; returns how many bits."""
    blocks = {*MEMORIES.get(family, ()), *MULTIPLIERS.get(family, ())}
    return sum(_Module(module, family).run() for module in netlist["modules"].values()
               if any(cell["type"] in blocks for cell in module["cells"].values()))


class _Module:
    """A module's cells, and which of them read and drive each wire."""

    def __init__(self, module: dict[str, Any], family: str) -> None:
        self.cells: dict[str, dict[str, Any]] = module["cells"]
        self.memories, self.multipliers = MEMORIES.get(family, {}), MULTIPLIERS[family]
        self.readers: dict[Bit, set[str]] = defaultdict(set)
        self.driver: dict[Bit, str] = {}
        self.inverses: dict[Bit, Bit] = {}
        self.moved = 0
        for port in module["ports"].values():
            for bit in port["bits"]:
                self.readers[bit].add("")
        for name, cell in self.cells.items():
            for port, bits in cell["connections"].items():
                output = cell["port_directions"][port] == "output"
                for bit in bits:
                    if output:
                        self.driver[bit] = name
                    else:
                        self.readers[bit].add(name)

    def run(self) -> int:
        """Outputs first: a word's register belongs to its memory, not to the multiplier."""
        for name, cell in list(self.cells.items()):
            for port in self.memories.get(cell["type"], ()):
                self._memory(name, cell, *port)
        for name, cell in list(self.cells.items()):
            if cell["type"] in self.multipliers:
                self._multiplier(name, cell, self.multipliers[cell["type"]])
        return self.moved

    def _memory(self, name: str, cell: dict[str, Any], prefix: str, mode: str, enable: str,
                clock: str) -> None:
        if any(_number(cell["parameters"].get(f"DATA_WIDTH_{port}", 18)) > _WIDTH for port in "AB"):
            return  # both outputs are one word then, and only one of them has the clock
        pins = [(f"{prefix}{k}", 0) for k in range(_WIDTH)]
        control = self._behind(cell, pins)
        if control is None or cell["connections"].get(clock) != [control.clock]:
            return
        self._take_outputs(name, cell, pins)
        cell["parameters"][mode] = "OUTREG"
        self._connect(name, cell, enable, control.enable)

    def _multiplier(self, name: str, cell: dict[str, Any], kind: Multiplier) -> None:
        found: list[_Control] = []
        used: list[tuple[Own, _Control]] = []
        while len(found) < len(kind.behind) and (control := self._behind(cell, kind.product)):
            if not self._agree(cell, kind, found, control):
                break
            found.append(control)
            self._take_outputs(name, cell, kind.product)
        # The register nearer to the product is not the last once there are two.
        used += zip(kind.behind, reversed(found), strict=False)
        ahead = [self._ahead(cell, pins) for pins in kind.operands]
        for own, pins, control in zip(kind.ahead, kind.operands, ahead, strict=True):
            if (control is None or (kind.both and not all(ahead))
                    or not self._agree(cell, kind, [c for _, c in used], control)):
                continue
            used.append((own, control))
            self._take_inputs(name, cell, pins)
        enables = list(dict.fromkeys(control.enable for _, control in used))
        for own, control in used:
            cell["parameters"] |= own.on
            self._connect(name, cell, kind.clock, control.clock)
            if own.reset:
                self._connect(name, cell, own.reset, "0")
            enable = own.enable
            if kind.choice:
                enable = kind.choice[enables.index(control.enable)]
                cell["parameters"][own.enable] = enable
            self._connect(name, cell, enable,
                          self._inverse(control.enable) if own.holds else control.enable)

    def _agree(self, cell: dict[str, Any], kind: Multiplier, used: Sequence[_Control],
               control: _Control) -> bool:
        """Whether a block that has some registers can have one more that is controlled so."""
        clocks = {c.clock for c in used}
        clocks |= {bit for bit in map(self._level, cell["connections"].get(kind.clock, []))
                   if isinstance(bit, int)}
        if kind.one_enable and any(c.enable != control.enable for c in used):
            return False
        return not clocks or clocks == {control.clock}

    def _connect(self, name: str, cell: dict[str, Any], port: str, bit: Bit) -> None:
        cell["port_directions"][port] = "input"
        cell["connections"][port] = [bit]
        self.readers[bit].add(name)

    def _inverse(self, bit: Bit) -> Bit:
        """A wire with the opposite value; a LUT makes it once for all blocks."""
        if isinstance(bit, str):
            return str(1 - int(bit))
        if bit not in self.inverses:
            wire = 1 + max(b for b in (*self.readers, *self.driver) if isinstance(b, int))
            name = f"$nnhw$hold${bit}"
            pins = {"I0": [bit], "I1": ["0"], "I2": ["0"], "I3": ["0"], "O": [wire]}
            self.cells[name] = {
                "type": "SB_LUT4", "parameters": {"LUT_INIT": f"{0x5555:016b}"}, "attributes": {},
                "port_directions": {p: "output" if p == "O" else "input" for p in pins},
                "connections": pins}
            self.readers[bit].add(name)
            self.driver[wire] = name
            self.inverses[bit] = wire
        return self.inverses[bit]

    def _behind(self, cell: dict[str, Any], pins: Sequence[Pin]) -> _Control | None:
        """What controls the registers behind all outputs that are read, if there is nothing else.
        """
        found = set()
        for pin in pins:
            bit = self._bit(cell, pin)
            readers = self.readers[bit]
            if not isinstance(bit, int) or not readers:
                continue
            reader = next(iter(readers))
            register = self.cells.get(reader) if len(readers) == 1 else None
            control = self._control(register) if register else None
            if register is None or control is None or _data(register) != bit:
                return None
            found.add(control)
        return found.pop() if len(found) == 1 else None

    def _ahead(self, cell: dict[str, Any], pins: Sequence[Pin]) -> _Control | None:
        """What controls the registers ahead of all inputs that are no constants."""
        found = set()
        for pin in pins:
            bit = self._bit(cell, pin)
            if isinstance(bit, int):
                driver = self.cells.get(self.driver.get(bit, ""))
                found.add(self._control(driver) if driver else None)
        return found.pop() if len(found) == 1 else None

    def _control(self, cell: dict[str, Any]) -> _Control | None:
        """Clock and enable of a plain register; None for one with a reset, and for other cells."""
        kind = FLIP_FLOPS.get(cell["type"])
        if kind is None:
            return None
        parameters, wires = cell["parameters"], cell["connections"]
        # Yosys puts a space behind text that could be read as a number.
        gating = parameters.get("CEMUX", "CE").strip()
        plain = (parameters.get("CLKMUX", "CLK") == "CLK"
                 and parameters.get("REGSET", "RESET") == "RESET" and gating in ("CE", "1")
                 and self._level(wires.get(kind.reset, ["0"])[0]) in ("0", "x"))
        if not plain:
            return None
        gated = kind.enable and gating == "CE"
        return _Control(wires[kind.clock][0], self._level(wires[kind.enable][0]) if gated else "1")

    def _level(self, bit: Bit) -> Bit:
        """The constant that a wire has, or the wire."""
        driver = self.cells.get(self.driver.get(bit, ""))
        return _CONSTANTS.get(driver["type"], bit) if driver else bit

    def _bit(self, cell: dict[str, Any], pin: Pin) -> Bit:
        port, at = pin
        wires = cell["connections"].get(port, [])
        return self._level(wires[at]) if at < len(wires) else "x"

    def _take_outputs(self, name: str, cell: dict[str, Any], pins: Sequence[Pin]) -> None:
        for port, at in pins:
            bit = self._bit(cell, (port, at))
            if isinstance(bit, int) and self.readers[bit]:
                register = self.readers.pop(bit).pop()
                result = self.cells.pop(register)["connections"]["Q"][0]
                cell["connections"][port][at], self.driver[result] = result, name
                self.moved += 1

    def _take_inputs(self, name: str, cell: dict[str, Any], pins: Sequence[Pin]) -> None:
        before = {pin: self._bit(cell, pin) for pin in pins}
        for bit in {bit for bit in before.values() if isinstance(bit, int)}:
            register = self.driver[bit]
            operand = _data(self.cells[register])
            for port, at in (pin for pin in pins if before[pin] == bit):
                cell["connections"][port][at] = operand
            self.readers[operand].add(name)
            self.readers[bit].discard(name)
            if not self.readers[bit]:  # nothing else reads it
                del self.cells[register]
                self.readers[operand].discard(register)
                self.moved += 1


def _data(register: dict[str, Any]) -> Bit:
    """What a register takes in."""
    bit: Bit = register["connections"][FLIP_FLOPS[register["type"]].data][0]
    return bit


def _number(value: str | int) -> int:
    """A parameter, which Yosys writes as binary digits."""
    return value if isinstance(value, int) else int(value, 2)
