# SPDX-License-Identifier: Apache-2.0
"""Every layer's result, watched from outside: a module that looks into a design's Verilog.

The Verilog under test is not touched: a module around it reads the values of each layer by
hierarchical names, at the register rank where they are computed, whenever a beat leaves that rank.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from nnhw.hw.layout import DesignInterface, PortLayout
from nnhw.hw.netlist import Wire
from nnhw.hw.stage import Stage
from nnhw.ir.graph import Graph
from nnhw.ir.types import TensorType
from nnhw.numeric.types import Mantissas
from nnhw.program.builder import Kind
from nnhw.program.verilog import value_names

__all__ = ["Probe", "Probes"]


@dataclass(frozen=True, eq=False)
class Probe:
    """Lanes of a layer's result that leave one rank together.

    Parameters
    ----------
    node : str
        Name of the layer.
    port : PortLayout
        One beat is one element for each of ``lanes``.
    lanes : tuple of int
        Which of the layer's lanes they are.
    every : int
        Lanes of the layer's whole beat.
    payload : tuple of str
        Verilog of each lane's element.
    valid : str
        Verilog that is 1 in the cycle in which a beat leaves.
    """

    node: str
    port: PortLayout
    lanes: tuple[int, ...]
    every: int
    payload: tuple[str, ...]
    valid: str


class Probes:
    """A design with all its layers in view.

    Parameters
    ----------
    design : Design
        What was built; its Verilog must be what ``design.write`` writes, apart from faults.

    Members
    -------
    interface : DesignInterface
        Of the module around the design; ``probes`` are the streams to watch.
    probes : list of Probe
        In the order of the interface's.
    """

    def __init__(self, design) -> None:
        self.graph: Graph = design.graph
        self._below = "dut.network" if design.interface.axi else "dut"
        self._inner: DesignInterface = design.interface
        self._stages = [unit for _, unit in design.netlist.units if isinstance(unit, Stage)]
        found = [probe for at, (_, unit) in enumerate(design.netlist.units)
                 for probe in self._of(design, at, unit)]
        self.probes = [replace(probe, port=replace(probe.port, name=f"probe_{k}_{probe.node}"))
                       for k, probe in enumerate(found)]
        self.interface = replace(design.interface, top=f"{design.interface.top}_probed",
                                 probes=tuple(probe.port for probe in self.probes))

    def _of(self, design, at, unit) -> Iterator[Probe]:
        if isinstance(unit, Stage):
            name = design.netlist.units[at][0]
            yield from _stage(unit, f"{self._below}.{_escaped(name)}.pipeline")
            return
        plan = next((p for p in design.plan.stages if design.stages[p.name] is unit), None)
        if plan is not None:
            yield self._unit(design, at, plan)

    def _unit(self, design, at, plan) -> Probe:
        """The stream out of a component, where it enters the next one."""
        end = next(end for start, end in design.netlist.links if start == Wire(at, "o"))
        if end.unit is None:
            port = next(port for port in design.outputs if port.name == end.port)
            names = ("tdata", "tvalid", "tready") if port.axi else ("payload", "valid", "ready")
            signals, stride = [f"{port.name}_{name}" for name in names], port.stride
        else:
            link = "_to_".join(design.netlist.units[k][0] for k in (at, end.unit))
            signals = [f"{self._below}.{_escaped(f'{link}_{name}')}"
                       for name in ("payload", "valid", "ready")]
            stride = plan.op.y.element.width
        width, lanes = plan.op.y.element.width, plan.lanes_out
        payload = tuple(f"{signals[0]}[{k * stride + width - 1}:{k * stride}]"
                        for k in range(lanes))
        return Probe(plan.op.name, _port(plan.op.y, -(-plan.op.y.size // lanes), lanes),
                     tuple(range(lanes)), lanes, payload, f"{signals[1]} & {signals[2]}")

    def verilog(self) -> str:
        """The module around the design."""
        inner = self._inner
        pins = dict.fromkeys(("aclk", "aresetn") if inner.axi else ("clk", "rst"), ("input", 1))
        for port in inner.inputs:
            pins |= _pins(port, "input", "output")
        for port in inner.outputs:
            pins |= _pins(port, "output", "input")
        pins |= {name: ("input", width) for name, width in inner.load_pins.items()}
        watched = {f"{probe.port.name}_{suffix}": ("output", width) for probe in self.probes
                   for suffix, width in (("payload", probe.port.payload_width), ("valid", 1))}
        ports = ",\n".join(f"  {way} wire [{width - 1}:0] {name}"
                           for name, (way, width) in (pins | watched).items())
        connections = ", ".join(f".{name}({name})" for name in pins)
        return "\n".join([f"module {self.interface.top} (\n{ports}\n);",
                          f"  {_escaped(inner.top)} dut ({connections});",
                          *(line for probe in self.probes for line in _assign(probe)),
                          "endmodule"]) + "\n"

    @property
    def words(self) -> int:
        """Elements of a frame that are watched."""
        return sum(-(-(self.graph.types[probe.node].size - lane) // probe.every)
                   for probe in self.probes for lane in probe.lanes)

    def merged(self) -> dict[str, int]:
        """Lanes of layers that have no value of their own in the circuit.

        Either nothing reads them, or their sums are computed together with the next layer's.
        """
        found: dict[str, int] = {}
        lanes = {name: len(values) for stage in self._stages for name, values in
                 stage.marks.items()}
        for node, every in lanes.items():
            seen = sum(len(probe.lanes) for probe in self.probes if probe.node == node)
            if seen < every:
                found[node] = every - seen
        return found

    def results(self, watched: Mapping[str, Mantissas], expected: Mapping[str, Mantissas],
                ) -> dict[str, Mantissas]:
        """Each layer's result put together again, batch first.

        What has no value of its own in the circuit is filled in from ``expected``.
        """
        results: dict[str, Mantissas] = {}
        for probe in self.probes:
            wanted, seen = expected[probe.node], watched[probe.port.name]
            samples, beats = seen.shape[:2]
            if probe.node not in results:
                flat = wanted.reshape(samples, -1)
                results[probe.node] = np.pad(flat, ((0, 0), (0, beats * probe.every
                                                            - flat.shape[1])))
            whole = results[probe.node].reshape(samples, beats, probe.every)
            whole[:, :, list(probe.lanes)] = seen
        return {node: flat[:, :expected[node][0].size].reshape(expected[node].shape)
                for node, flat in results.items()}


def _escaped(name: str) -> str:
    """A name that may be a word of Verilog."""
    return f"\\{name} "


def _pins(port: PortLayout, way: str, back: str) -> dict[str, tuple[str, int]]:
    """Direction and width of each pin of a stream."""
    suffixes = ("tdata", "tvalid", "tready", "tlast") if port.axi else ("payload", "valid", "ready")
    kinds = [(way, port.payload_width), (way, 1), (back, 1), (way, 1)]
    return {f"{port.name}_{suffix}": kind for suffix, kind in zip(suffixes, kinds, strict=False)}


def _port(y: TensorType, beats: int, lanes: int) -> PortLayout:
    return PortLayout("", TensorType.of((beats, lanes), y.element), lanes)


def _stage(stage: Stage, path: str) -> Iterator[Probe]:
    """Probes of every layer in a pipeline: one for each rank that computes lanes of it."""
    program, plan = stage.pipeline.program, stage.pipeline.schedule
    names = value_names(program, plan)
    for op in stage.plan.ops:
        values = [stage.pipeline.kept(value) for value in stage.marks[op.name]]
        ranks: dict[int, list[int]] = {}
        for lane, value in enumerate(values):
            if value is None:
                continue
            constant = program.step(value).kind is Kind.CONST
            rank = plan.depth if constant else plan.stage[value.index]
            if rank >= (plan.gate or 0):
                ranks.setdefault(rank, []).append(lane)
        for rank, lanes in sorted(ranks.items()):
            steps = {lane: program.step(values[lane]) for lane in lanes}
            payload = tuple(
                f"{op.y.element.width}'h{step.low & ((1 << op.y.element.width) - 1):x}"
                if step.kind is Kind.CONST else
                _operand(f"{path}.{names[values[lane].index]}", step.type.signed)
                for lane, step in steps.items())
            yield Probe(op.name, _port(op.y, stage.plan.beats_out, len(lanes)), tuple(lanes),
                        len(values), payload, _leaves(path, rank, plan.depth))


def _operand(name: str, signed: bool) -> str:
    return name if signed else f"$signed({{1'b0, {name}}})"


def _leaves(path: str, rank: int, depth: int) -> str:
    """1 in the cycle in which a beat leaves a rank for the next."""
    valid = f"{path}.valid[{rank}]" if rank else f"{path}.i_valid"
    return f"{valid} & " + (f"{path}.move[{rank + 1}]" if rank < depth else f"{path}.o_ready")


def _assign(probe: Probe) -> Iterator[str]:
    name, width = probe.port.name, probe.port.width
    for k, text in enumerate(probe.payload):
        yield f"  wire signed [{width}:0] {name}_{k} = {text};"
    lanes = ", ".join(f"{name}_{k}[{width - 1}:0]" for k in reversed(range(len(probe.payload))))
    yield f"  assign {name}_payload = {{{lanes}}};"
    yield f"  assign {name}_valid = {probe.valid};"
