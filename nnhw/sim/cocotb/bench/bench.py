# SPDX-License-Identifier: Apache-2.0
"""Self-checking bench of this build; start it with run.py.

design.json says which ports the design has and what timing is promised; vectors.json has frames
of integers that go in and those that must come out. Change either, or add tests at the end.

A tensor crosses a port as beats of `lanes` elements, the first element in the lowest bits. A beat
moves at a clock edge where valid and ready are both high. Signals are driven just after the rising
edge and read at the falling edge, when everything has settled.
"""

import json
import random
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge
from cocotb.utils import get_sim_time

try:  # pip install cocotbext-axi for one more test of AXI4-Stream ports
    from cocotbext.axi import AxiStreamBus, AxiStreamSink, AxiStreamSource
except ImportError:
    AxiStreamBus = None

HERE = Path(__file__).resolve().parent
DESIGN = json.loads((HERE / "design.json").read_text())
VECTORS = json.loads((HERE / "vectors.json").read_text())

PERIOD = 10  # ns; simulation has no delays, so any value will do
SPAN = DESIGN["latency"] + DESIGN["interval"]
PATIENCE = 10 * SPAN + 10_000  # cycles without any beat that count as a hang

AXI = DESIGN["axi"]
PAYLOAD, VALID, READY = ("tdata", "tvalid", "tready") if AXI else ("payload", "valid", "ready")

Stalls = Callable[[], bool]  # asked once a cycle


class Port:
    """One stream port: its signals and how a tensor lies on it."""

    def __init__(self, bench: "Bench", spec: dict[str, Any]) -> None:
        self.bench = bench
        self.name = spec["name"]
        self.shape, self.lanes, self.stride = spec["shape"], spec["lanes"], spec["stride"]
        self.signed = spec["signed"]
        self.payload, self.valid, self.ready = (
            getattr(bench.dut, f"{self.name}_{suffix}") for suffix in (PAYLOAD, VALID, READY))
        self.last = getattr(bench.dut, f"{self.name}_tlast") if AXI else None
        self.first: list[int] = []  # cycle in which each frame's first beat is offered

    def beats(self, frame: list[int]) -> Iterator[int]:
        """Payloads of a frame; elements that the last beat does not use are 0."""
        mask = (1 << self.stride) - 1
        for start in range(0, len(frame), self.lanes):
            lanes = frame[start:start + self.lanes]
            yield sum((value & mask) << (k * self.stride) for k, value in enumerate(lanes))

    def elements(self, payload: int, count: int) -> Iterator[int]:
        """The first `count` elements of a payload."""
        for k in range(count):
            value = (payload >> (k * self.stride)) & ((1 << self.stride) - 1)
            negative = self.signed and value >> (self.stride - 1)
            yield value - (1 << self.stride) if negative else value

    def index(self, flat: int) -> list[int]:
        """Where element `flat`, counted in row-major order, is in the tensor."""
        where = []
        for size in reversed(self.shape):
            where.append(flat % size)
            flat //= size
        return where[::-1]

    async def produce(self, frames: list[list[int]], stalls: Stalls) -> None:
        """Send frames; `stalls()` says for each cycle whether to make a gap."""
        for number, frame in enumerate(frames):
            payloads = list(self.beats(frame))
            for beat, payload in enumerate(payloads):
                while stalls():
                    self.valid.value = 0
                    await RisingEdge(self.bench.clock)
                self.valid.value = 1
                self.payload.value = payload
                if self.last is not None:
                    self.last.value = int(beat == len(payloads) - 1)
                if beat == 0:
                    self.first.append(self.bench.cycle())
                await self.accepted(f"input {self.name}, frame {number}, beat {beat}")
        self.valid.value = 0

    async def accepted(self, place: str) -> None:
        """Wait until the design takes the beat."""
        taken = False
        while not taken:
            await FallingEdge(self.bench.clock)
            taken = self.ready.value == 1
            self.bench.watch(taken, place)
            await RisingEdge(self.bench.clock)

    async def consume(self, frames: list[list[int]], stalls: Stalls) -> None:
        """Compare what comes out with `frames`, and hold the design to the handshake."""
        for number, frame in enumerate(frames):
            for start in range(0, len(frame), self.lanes):
                place = f"output {self.name}, frame {number}, beat {start // self.lanes}"
                payload, last = await self.offered(place, stalls, is_first=start == 0)
                self.check(number, start, payload, frame[start:start + self.lanes])
                if self.last is not None:
                    assert last == (start + self.lanes >= len(frame)), f"{place}: tlast is {last}"

    async def offered(self, place: str, stalls: Stalls, is_first: bool) -> tuple[int, bool]:
        """Take a beat, after stalls; while stalled the design must not change its mind."""
        held: tuple[int, bool] | None = None
        taken = False
        while not taken:
            ready = not stalls()
            self.ready.value = int(ready)
            await FallingEdge(self.bench.clock)
            valid = self.valid.value == 1
            seen = self.read() if valid else None
            assert held is None or seen == held, f"{place}: changed while valid and not ready"
            if valid and held is None and is_first:
                self.first.append(self.bench.cycle())
            held, taken = seen, valid and ready
            self.bench.watch(taken, place)
            await RisingEdge(self.bench.clock)
        assert held is not None
        return held

    def read(self) -> tuple[int, bool]:
        """Payload and tlast as they stand."""
        return int(self.payload.value), self.last is not None and self.last.value == 1

    def check(self, number: int, start: int, payload: int, expected: list[int]) -> None:
        """Compare the elements of one beat."""
        for k, got in enumerate(self.elements(payload, len(expected))):
            assert got == expected[k], (
                f"sample {number}, {self.name}{self.index(start + k)}: "
                f"expected {expected[k]}, got {got}")


class Bench:
    """The design with its clock, reset and ports."""

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.clock, self.reset_pin = (dut.aclk, dut.aresetn) if AXI else (dut.clk, dut.rst)
        for pin in DESIGN["load"]:
            getattr(dut, pin).value = 0  # the weights that the design was built with
        self.moved = 0
        self.inputs = [Port(self, spec) for spec in DESIGN["inputs"]]
        self.outputs = [Port(self, spec) for spec in DESIGN["outputs"]]
        self.tasks: list[Any] = []
        Clock(self.clock, PERIOD, unit="ns").start()

    def cycle(self) -> int:
        """Cycles since the simulation began."""
        return int(get_sim_time("ns")) // PERIOD

    def watch(self, moved: bool, place: str) -> None:
        """Fail with the name of a place where nothing happens any more."""
        self.moved = self.cycle() if moved else self.moved
        assert self.cycle() - self.moved <= PATIENCE, (
            f"{place}: hangs; nothing moved anywhere for {PATIENCE} cycles")

    async def reset(self) -> None:
        """Reset for two cycles, with no beat on offer."""
        for port in self.inputs:
            port.valid.value = 0
            port.payload.value = 0
            port.first.clear()
        for port in self.outputs:
            port.ready.value = 0
            port.first.clear()
        self.reset_pin.value = int(not AXI)  # aresetn is active low
        for _ in range(2):
            await RisingEdge(self.clock)
        self.reset_pin.value = int(AXI)
        self.moved = self.cycle()

    def start(self, stalls: Stalls = lambda: False) -> None:
        """Let all ports work on the vectors."""
        self.tasks = [cocotb.start_soon(port.produce(VECTORS["inputs"][port.name], stalls))
                      for port in self.inputs]
        self.tasks += [cocotb.start_soon(port.consume(VECTORS["outputs"][port.name], stalls))
                       for port in self.outputs]

    async def finish(self) -> None:
        """Wait for all ports, then make sure that no beat too many comes out."""
        for task in self.tasks:
            await task
        for port in self.outputs:
            port.ready.value = 1
        for _ in range(2 * SPAN + 64):
            await FallingEdge(self.clock)
            for port in self.outputs:
                assert port.valid.value == 0, f"output {port.name}: a beat too many"


def random_stalls(seed: int, probability: float = 0.5) -> Stalls:
    """A stall on about every second cycle; the same ones for the same seed."""
    rng = random.Random(seed)
    return lambda: rng.random() < probability


def pace(cycles: list[int]) -> float:
    """Mean distance over the later half, when queues have filled; the last two, behind which no
    frame follows, do not count where there are enough others."""
    steady = cycles[:-2] if len(cycles) > 5 else cycles
    middle = (len(steady) - 1) // 2
    return (steady[-1] - steady[middle]) / (len(steady) - 1 - middle)


def earliest(ports: list[Port]) -> list[int]:
    """Cycle in which each frame begins, on whichever port comes first."""
    return [min(cycles) for cycles in zip(*(port.first for port in ports), strict=True)]


@cocotb.test()
async def back_to_back(dut: Any) -> None:
    """Frames without a gap: results, and the promised latency and interval."""
    bench = Bench(dut)
    await bench.reset()
    bench.start()
    await bench.finish()
    began, ended = earliest(bench.inputs), earliest(bench.outputs)
    latency = ended[0] - began[0]
    dut._log.info(f"latency {latency} cycles, promised {DESIGN['latency']}")
    assert latency == DESIGN["latency"], f"latency {latency}, promised {DESIGN['latency']}"
    if len(ended) >= 3:
        interval = pace(ended)
        dut._log.info(f"interval {interval:g} cycles, promised {DESIGN['interval']}")
        assert interval == DESIGN["interval"], (
            f"interval {interval:g}, promised {DESIGN['interval']}")


@cocotb.test()
@cocotb.parametrize(seed=[1, 2])
async def stalls_on_all_ports(dut: Any, seed: int) -> None:
    """Producers and consumers pause at random: the same results."""
    bench = Bench(dut)
    await bench.reset()
    bench.start(random_stalls(seed))
    await bench.finish()


@cocotb.test()
async def reset_in_mid_frame(dut: Any) -> None:
    """Reset while frames are under way: nothing of them may come out later."""
    bench = Bench(dut)
    await bench.reset()
    for cycles in (1, DESIGN["latency"] + DESIGN["interval"] // 2 + 1):
        bench.start()
        for _ in range(cycles):
            await RisingEdge(bench.clock)
        for task in bench.tasks:
            task.cancel()
        await bench.reset()
    bench.start()
    await bench.finish()


async def models_of_others(dut: Any) -> None:
    """The AXI4-Stream models of cocotbext-axi, which know nothing of nnhw, see the same frames."""
    bench = Bench(dut)
    await bench.reset()
    ends = {}
    for kind, ports in ((AxiStreamSource, bench.inputs), (AxiStreamSink, bench.outputs)):
        for k, port in enumerate(ports):
            end = kind(AxiStreamBus.from_prefix(dut, port.name), bench.clock, byte_lanes=1)
            end.set_pause_generator(iter(random_stalls(k), None))
            ends[port.name] = end
    for port in bench.inputs:
        for frame in VECTORS["inputs"][port.name]:
            ends[port.name].send_nowait(list(port.beats(frame)))
    for port in bench.outputs:
        for number, frame in enumerate(VECTORS["outputs"][port.name]):
            seen = list((await ends[port.name].recv()).tdata)
            assert len(seen) == len(list(port.beats(frame))), (
                f"output {port.name}, frame {number}: tlast after {len(seen)} beats")
            for beat, payload in enumerate(seen):
                start = beat * port.lanes
                port.check(number, start, payload, frame[start:start + port.lanes])


if AXI and AxiStreamBus is not None:
    # The models of release 0.1.28 still use calls that cocotb 2 has renamed.
    warnings.filterwarnings("ignore", category=DeprecationWarning, module="cocotbext")
    models_of_others = cocotb.test()(models_of_others)
