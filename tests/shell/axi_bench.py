# SPDX-License-Identifier: Apache-2.0
"""Cocotb tests of a DMA board's top module, by the AXI models of cocotbext-axi.

They run inside the simulator, without nnhw: ``facts.json`` says what must be seen, ``driver.py`` is
the driver that was generated for the board, ``driver_xdma.py`` the one for PCI Express.
"""

import importlib
import json
import logging
import queue
import random
import sys
import types
import warnings
from pathlib import Path

import cocotb
import numpy as np
import pytest
from cocotb.clock import Clock
from cocotb.task import bridge, resume
from cocotb.triggers import ClockCycles, RisingEdge
from cocotb.utils import get_sim_time
from cocotbext.axi import (
    AxiLiteBus,
    AxiLiteMaster,
    AxiResp,
    AxiStreamBus,
    AxiStreamSink,
    AxiStreamSource,
)

HERE = Path(__file__).resolve().parent
FACTS = json.loads((HERE / "facts.json").read_text())
# Beside this file in the simulation only.
driver, driver_xdma = map(importlib.import_module, ("driver", "driver_xdma"))

# The models of release 0.1.28 still use calls that cocotb 2 has renamed.
warnings.filterwarnings("ignore", category=DeprecationWarning, module="cocotbext")
BEATS_IN, BEATS_OUT = driver.SOURCE["beats"], driver.SINK["beats"]


def stalls(seed):
    """Pauses on about every second cycle."""
    rng = random.Random(seed)
    return iter(lambda: rng.random() < 0.5, None)


class Host:
    """Masters on every port of the board's top module."""

    def __init__(self, dut, seed=None):
        self.dut, self.clock = dut, dut.aclk
        logging.getLogger("cocotb").setLevel(logging.WARNING)  # the models tell of every beat
        Clock(dut.aclk, 10, unit="ns").start()
        reset = (dut.aclk, dut.aresetn, False)
        self.bus = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axi_control"), *reset)
        self.source = AxiStreamSource(AxiStreamBus.from_prefix(dut, FACTS["source"]), *reset,
                                      byte_lanes=1)
        self.sink = AxiStreamSink(AxiStreamBus.from_prefix(dut, FACTS["sink"]), *reset,
                                  byte_lanes=1)
        if seed is not None:
            write, read = self.bus.write_if, self.bus.read_if
            for k, channel in enumerate((
                    self.source, self.sink, write.aw_channel, write.w_channel, write.b_channel,
                    read.ar_channel, read.r_channel)):
                channel.set_pause_generator(stalls(100 * seed + k))

    async def start(self):
        self.dut.aresetn.value = 0
        await ClockCycles(self.clock, 4)
        self.dut.aresetn.value = 1
        await RisingEdge(self.clock)

    async def read(self, address):
        answer = await self.bus.read(address, 4)
        assert answer.resp == AxiResp.OKAY, f"{address:#x}: {answer.resp}"
        return int.from_bytes(answer.data, "little")

    async def register(self, name):
        return await self.read(driver.REGISTERS[name])

    async def write(self, name, value):
        answer = await self.bus.write(driver.REGISTERS[name], value.to_bytes(4, "little"))
        assert answer.resp == AxiResp.OKAY, name

    def send(self, k, beats=slice(None)):
        """Offer the beats of sample ``k`` as one packet."""
        self.source.send_nowait(FACTS["inputs"][k][beats])

    async def result(self, k):
        """Take a packet and hold it against sample ``k``."""
        frame = await self.sink.recv()
        assert list(frame.tdata) == FACTS["outputs"][k], f"sample {k}"

    async def idle(self):
        for _ in range(1000):
            if not await self.register("STATUS"):
                return
        raise AssertionError("STATUS says busy for ever")


async def hosted(dut, seed=None):
    host = Host(dut, seed)
    await host.start()
    return host


@cocotb.test()
async def says_who_it_is(dut):
    host = await hosted(dut, seed=1)
    assert (await host.bus.read(0, 4)).data == b"NNHW"
    assert await host.register("PROTOCOL") == 1
    design = await host.register("DESIGN_HIGH") << 32 | await host.register("DESIGN_LOW")
    assert f"{design:016x}" == FACTS["identity"]["design"]
    text = (await host.bus.read(0x100, await host.register("IDENTITY_SIZE"))).data
    assert json.loads(text) == FACTS["identity"]


@cocotb.test()
@cocotb.parametrize(seed=[None, 2, 3])
async def writes_any_bytes(dut, seed):
    host = await hosted(dut, seed)
    rng, at, model = random.Random(seed), driver.REGISTERS["SCRATCH"], bytearray(4)
    for _ in range(60):
        first = rng.randrange(4)
        data = rng.randbytes(rng.randrange(1, 5 - first))
        writing = host.bus.init_write(at + first, data)
        host.bus.init_read(0, 4)  # both channels at work
        await writing.wait()
        model[first:first + len(data)] = data
        assert (await host.bus.read(at, 4)).data == model


@cocotb.test()
async def answers_every_address(dut):
    host = await hosted(dut, seed=4)
    for address, expected in ((0x3C, AxiResp.DECERR), (0xFC, AxiResp.DECERR),
                              ((1 << len(dut.s_axi_control_araddr)) - 4, AxiResp.DECERR)):
        assert (await host.bus.read(address, 4)).resp == expected
        assert (await host.bus.write(address, bytes(4))).resp == expected
    for address in (0, driver.REGISTERS["FRAMES_IN"], 0x100):
        assert (await host.bus.write(address, bytes(4))).resp == AxiResp.SLVERR
    assert await host.read(0) == driver.MAGIC


@cocotb.test()
@cocotb.parametrize(seed=[None, 5, 6])
async def runs_frames_and_counts_them(dut, seed):
    host = await hosted(dut, seed)
    count = len(FACTS["inputs"])
    for k in range(count):
        host.send(k)
    for k in range(count):
        await host.result(k)
        assert k < await host.register("FRAMES_OUT") <= await host.register("FRAMES_IN") <= count
    await host.idle()
    assert await host.register("FRAMES_IN") == await host.register("FRAMES_OUT") == count
    assert await host.register("ERRORS") == 0


@cocotb.test()
async def counts_cycles(dut):
    host = await hosted(dut)
    begun = get_sim_time("ns")
    first = await host.register("CYCLES_LOW")
    await ClockCycles(host.clock, 500)
    cycles = (get_sim_time("ns") - begun) // 10
    assert await host.register("CYCLES_LOW") - first == cycles
    assert await host.register("CYCLES_HIGH") == 0


@cocotb.test()
@cocotb.parametrize(seed=[None, 7])
async def short_frames_are_told(dut, seed):
    if BEATS_IN == 1:
        return  # one beat cannot be too few
    host = await hosted(dut, seed)
    host.send(0, slice(BEATS_IN - 1))
    await host.source.wait()
    await ClockCycles(host.clock, 20)
    assert await host.register("ERRORS") == 0b001
    assert await host.register("STATUS") == 1
    await recover(host)


@cocotb.test()
@cocotb.parametrize(seed=[None, 8])
async def long_frames_are_told(dut, seed):
    host = await hosted(dut, seed)
    host.source.send_nowait(FACTS["inputs"][0] + FACTS["inputs"][1])
    assert list((await host.sink.recv()).tdata) == FACTS["outputs"][0]
    await host.result(1)  # a network counts beats, so the results are still right
    assert await host.register("ERRORS") == 0b010
    await host.write("ERRORS", 0b101)
    assert await host.register("ERRORS") == 0b010
    await host.write("ERRORS", 0b010)
    assert await host.register("ERRORS") == 0
    await recover(host)


async def recover(host):
    """After a reset by CONTROL nothing is left of what was before."""
    await host.write("CONTROL", 0b11)
    while await host.register("CONTROL") & 0b10:
        pass
    assert await host.register("ERRORS") == await host.register("FRAMES_IN") == 0
    assert await host.register("FRAMES_OUT") == await host.register("STATUS") == 0
    host.send(2)
    await host.result(2)
    assert await host.register("FRAMES_IN") == await host.register("FRAMES_OUT") == 1


@cocotb.test()
async def reset_in_mid_work(dut):
    host = await hosted(dut)
    for delay in range(1, 40, 3):
        host.send(0)
        host.send(1)
        await ClockCycles(host.clock, delay)
        host.source.clear()
        await host.source.wait()
        host.sink.pause = True
        await host.write("CONTROL", 0b11)
        await ClockCycles(host.clock, 20)
        host.sink.pause = False
        host.sink.clear()
        await recover(host)


@cocotb.test()
@cocotb.parametrize(seed=[None, 9])
async def disabling_lets_frames_end(dut, seed):
    host = await hosted(dut, seed)
    count = len(FACTS["inputs"])
    for k in range(count):
        host.send(k)
    while not await host.register("FRAMES_IN"):
        pass
    await host.write("CONTROL", 0)
    await host.idle()
    taken = await host.register("FRAMES_IN")
    await ClockCycles(host.clock, 200)
    assert 0 < await host.register("FRAMES_IN") == taken == await host.register("FRAMES_OUT")
    await host.write("CONTROL", 1)
    for k in range(count):
        await host.result(k)
    assert await host.register("FRAMES_IN") == count
    assert await host.register("ERRORS") == 0


class Pynq(types.ModuleType):
    """As much of pynq as the driver uses, on the simulated board."""

    def __init__(self, host):
        super().__init__("pynq")
        self.host = host
        self.dma = types.SimpleNamespace(sendchannel=Sender(host), recvchannel=Taker(host))
        self.network = self

    def Overlay(self, bitfile):
        return self

    def allocate(self, shape, kind):
        return np.zeros(shape, kind)

    def read(self, address):
        return resume(self.host.read)(address)

    def write(self, address, value):
        assert resume(self.host.bus.write)(address, value.to_bytes(4, "little")).resp == 0


def own_beats(frame):
    """What ``pad_in`` leaves of a frame's beats."""
    wide, own, data = driver.SOURCE["beat_bytes"], FACTS["own_bytes"][0], bytes(frame)
    return [int.from_bytes(data[at:at + own], "little") for at in range(0, len(data), wide)]


def wide_bytes(frame):
    """What ``pad_out`` makes of a frame's beats: it fills with zeros."""
    return b"".join(beat.to_bytes(driver.SINK["beat_bytes"], "little") for beat in frame.tdata)


class Sender:
    """The DMA's way to the network."""

    def __init__(self, host):
        self.host = host

    def transfer(self, buffer):
        self.frame = own_beats(buffer)

    def wait(self):
        resume(self.host.source.send)(self.frame)


class Taker:
    """The way back."""

    def __init__(self, host):
        self.host = host

    def transfer(self, buffer):
        self.buffer = buffer

    def wait(self):
        self.buffer[:] = np.frombuffer(wide_bytes(resume(self.host.sink.recv)()), np.uint8)


class Devices:
    """The character devices of AMD's driver on the simulated board, and ``os`` for the first."""

    def __init__(self, host):
        self.host, self.results = host, queue.Queue()

    def open(self, path, mode, buffering):
        assert path in {f"/dev/xdma0_{name}" for name in ("user", "h2c_0", "c2h_0")}
        assert ("+" in mode, buffering) == ("c2h" not in path, 0)
        return self

    def fileno(self):
        return self

    def pread(self, file, size, address):
        assert (file, size) == (self, 4)
        return resume(self.host.read)(address).to_bytes(4, "little")

    def pwrite(self, file, data, address):
        assert (file, len(data)) == (self, 4)
        assert resume(self.host.bus.write)(address, data).resp == 0

    def write(self, frame):
        resume(self._through)(own_beats(frame))
        return len(frame)

    async def _through(self, beats):
        """Simulated time stands while Python's threads wait, so the result is taken here."""
        await self.host.source.send(beats)
        self.results.put(wide_bytes(await self.host.sink.recv()))

    def readinto(self, frame):
        data = self.results.get(timeout=60)
        frame[:len(data)] = np.frombuffer(data, np.uint8)
        return len(data)


@cocotb.test()
async def the_generated_driver_runs(dut):
    host = await hosted(dut, seed=10)
    sys.modules["pynq"] = Pynq(host)
    await bridge(use_driver)(driver, "design.xsa")


@cocotb.test()
async def the_driver_for_pci_express_runs(dut):
    devices = Devices(await hosted(dut, seed=11))
    driver_xdma.open, driver_xdma.os = devices.open, devices
    await bridge(use_driver)(driver_xdma)


def use_driver(driver, *link):
    """What a user of the board would do."""
    network = driver.Network(*link)
    assert network.identity() == FACTS["identity"]
    x, y = np.array(FACTS["x"]), np.array(FACTS["y"])
    assert np.array_equal(network.predict(x), y)
    counters = network.counters()
    assert counters["frames_in"] == counters["frames_out"] == len(x)
    later = network.counters()
    assert later.pop("cycles") > counters.pop("cycles") > 0
    assert later == counters
    if "retrained" in FACTS:
        assert not np.array_equal(FACTS["retrained"], y)
        network.load(HERE / "retrained.npz")
        assert np.array_equal(network.predict(x), FACTS["retrained"])
        network.reset()  # which leaves the weights
        assert np.array_equal(network.predict(x), FACTS["retrained"])
        network.load(HERE / "original.npz")
        assert np.array_equal(network.predict(x), y)
    else:
        with pytest.raises(RuntimeError, match="built without writable weights"):
            network.load(HERE / "retrained.npz")
    network.reset()
    assert network.counters()["frames_in"] == 0
    assert network.errors() == []
    driver.DESIGN ^= 1
    with pytest.raises(RuntimeError, match="the bitstream holds design"):
        driver.Network(*link)
