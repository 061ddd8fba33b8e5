# SPDX-License-Identifier: Apache-2.0
"""Registers of ECP5's memory blocks and multipliers, which Yosys leaves unused.

A register in front of or behind a block that does nothing else becomes the block's own: it costs no
flip-flop then, and the block is faster. Works on a mapped netlist as Yosys writes it (JSON).

Source: Lattice, "ECP5 and ECP5-5G Memory Usage Guide", FPGA-TN-02204, and "sysDSP Usage Guide",
FPGA-TN-02205, for the registers and their enables.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

__all__ = ["absorb"]

#: A wire's number, or "0", "1", "x".
Bit = int | str

#: Memory block -> (data outputs, parameter, enable, clock) of each of its ports.
_MEMORIES = {"DP16KD": (("DOA", "REGMODE_A", "OCEA", "CLKA"),
                        ("DOB", "REGMODE_B", "OCEB", "CLKB"))}
#: Bits of a port.
_WIDTH = 18
_MULTIPLIER = "MULT18X18D"
#: Enables that a multiplier has.
_ENABLES = 4


@dataclass(frozen=True)
class _Control:
    """What registers must share to be one."""

    clock: Bit
    enable: Bit


def absorb(netlist: dict[str, Any]) -> int:
    """Move registers into blocks, module by module, in place; returns how many bits."""
    return sum(_Module(module).run() for module in netlist["modules"].values()
               if any(cell["type"] in (*_MEMORIES, _MULTIPLIER)
                      for cell in module["cells"].values()))


class _Module:
    """A module's cells, and which of them read and drive each wire."""

    def __init__(self, module: dict[str, Any]) -> None:
        self.cells: dict[str, dict[str, Any]] = module["cells"]
        self.readers: dict[Bit, set[str]] = defaultdict(set)
        self.driver: dict[Bit, str] = {}
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
            for port in _MEMORIES.get(cell["type"], ()):
                self._memory(name, cell, *port)
        for name, cell in list(self.cells.items()):
            if cell["type"] == _MULTIPLIER:
                self._multiplier(name, cell)
        return self.moved

    def _memory(self, name: str, cell: dict[str, Any], prefix: str, mode: str, enable: str,
                clock: str) -> None:
        if any(_number(cell["parameters"].get(f"DATA_WIDTH_{port}", 18)) > _WIDTH for port in "AB"):
            return  # both outputs are one word then, and only one of them has the clock
        ports = [f"{prefix}{k}" for k in range(_WIDTH)]
        control = self._behind(cell, ports)
        if control is None or cell["connections"].get(clock) != [control.clock]:
            return
        self._take_outputs(name, cell, ports)
        cell["parameters"][mode] = "OUTREG"
        self._connect(name, cell, enable, control.enable)

    def _multiplier(self, name: str, cell: dict[str, Any]) -> None:
        used: dict[str, _Control] = {}
        products, stages = [f"P{k}" for k in range(36)], ["OUTPUT", "PIPELINE"]
        while stages and (control := self._behind(cell, products)):
            # The register nearer to the product is the pipeline's once there are two.
            if "OUTPUT" in used:
                used["PIPELINE"] = used["OUTPUT"]
            used["OUTPUT"] = control
            stages.pop()
            self._take_outputs(name, cell, products)
        operands = {port: [f"{port}{k}" for k in range(18)] for port in "AB"}
        ahead = {port: self._ahead(cell, ports) for port, ports in operands.items()}
        # One operand alone gains nothing: the other's way through the multiplier stays.
        for port, control in ahead.items() if all(ahead.values()) else ():
            if control is not None:
                used[f"INPUT{port}"] = control
                self._take_inputs(name, cell, operands[port])
        enables = list(dict.fromkeys(control.enable for control in used.values()))
        assert len(enables) <= _ENABLES, name
        for register, control in used.items():
            at = enables.index(control.enable)
            cell["parameters"] |= {f"REG_{register}_CLK": "CLK0", f"REG_{register}_RST": "RST0",
                                   f"REG_{register}_CE": f"CE{at}"}
            self._connect(name, cell, f"CE{at}", control.enable)
            self._connect(name, cell, "CLK0", control.clock)
            self._connect(name, cell, "RST0", "0")

    def _connect(self, name: str, cell: dict[str, Any], port: str, bit: Bit) -> None:
        cell["port_directions"][port] = "input"
        cell["connections"][port] = [bit]
        self.readers[bit].add(name)

    def _behind(self, cell: dict[str, Any], ports: list[str]) -> _Control | None:
        """What controls the registers behind all outputs that are read, if there is nothing else.
        """
        found = set()
        for port in ports:
            bit = self._bit(cell, port)
            readers = self.readers[bit]
            if not isinstance(bit, int) or not readers:
                continue
            reader = next(iter(readers))
            register = self.cells.get(reader) if len(readers) == 1 else None
            if register is None or register["connections"].get("DI") != [bit]:
                return None
            found.add(_control(register))
        return found.pop() if len(found) == 1 else None

    def _ahead(self, cell: dict[str, Any], ports: list[str]) -> _Control | None:
        """What controls the registers ahead of all inputs that are no constants."""
        found = set()
        for port in ports:
            bit = self._bit(cell, port)
            if isinstance(bit, int):
                driver = self.cells.get(self.driver.get(bit, ""))
                found.add(_control(driver) if driver else None)
        return found.pop() if len(found) == 1 else None

    @staticmethod
    def _bit(cell: dict[str, Any], port: str) -> Bit:
        bit: Bit = (cell["connections"].get(port) or ["x"])[0]
        return bit

    def _take_outputs(self, name: str, cell: dict[str, Any], ports: list[str]) -> None:
        for port in ports:
            bit = self._bit(cell, port)
            if isinstance(bit, int) and self.readers[bit]:
                register = self.readers.pop(bit).pop()
                result = self.cells.pop(register)["connections"]["Q"][0]
                cell["connections"][port], self.driver[result] = [result], name
                self.moved += 1

    def _take_inputs(self, name: str, cell: dict[str, Any], ports: list[str]) -> None:
        before = {port: self._bit(cell, port) for port in ports}
        for bit in {bit for bit in before.values() if isinstance(bit, int)}:
            register = self.driver[bit]
            operand = self.cells[register]["connections"]["DI"][0]
            for port in (port for port in ports if before[port] == bit):
                cell["connections"][port] = [operand]
            self.readers[operand].add(name)
            self.readers[bit].discard(name)
            if not self.readers[bit]:  # nothing else reads it
                del self.cells[register]
                self.readers[operand].discard(register)
                self.moved += 1


def _number(value: str | int) -> int:
    """A parameter, which Yosys writes as binary digits."""
    return value if isinstance(value, int) else int(value, 2)


def _control(cell: dict[str, Any]) -> _Control | None:
    """Clock and enable of a plain register; None for one with a reset, and for other cells."""
    if cell["type"] != "TRELLIS_FF":
        return None
    parameters, wires = cell["parameters"], cell["connections"]
    # Yosys puts a space behind text that could be read as a number.
    gating = parameters.get("CEMUX", "1").strip()
    plain = (parameters.get("CLKMUX", "CLK") == "CLK" and parameters.get("REGSET") == "RESET"
             and wires.get("LSR", ["0"])[0] in ("0", "x") and gating in ("CE", "1"))
    if not plain:
        return None
    return _Control(wires["CLK"][0], wires["CE"][0] if gating == "CE" else "1")
