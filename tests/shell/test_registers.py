# SPDX-License-Identifier: Apache-2.0
"""The AXI4-Lite block on a master that waits as it likes."""

import random

import pytest

from nnhw.shell.register_map import IDENTITY_AT, MAGIC, REGISTERS, Access, offset
from nnhw.shell.registers import Registers
from tests.shell.host import Master, simulate

DESIGN = 0x0123456789ABCDEF
IDENTITY = b'{"network":"small"}'  # 19 bytes: the last word is not full
OKAY, SLVERR, DECERR = 0, 2, 3


def on_bus(check, seed=None, identity=IDENTITY, **options):
    """Run ``await check(master, ctx, dut)``."""
    dut = Registers(DESIGN, identity, **options)

    async def bench(ctx):
        rng = None if seed is None else random.Random(seed)
        await check(Master(ctx, dut.bus, rng), ctx, dut)

    simulate(dut, bench)


async def value(master, name):
    data, response = await master.read(offset(name))
    assert response == OKAY, name
    return data


@pytest.mark.parametrize("seed", [None, 1, 2])
def test_says_who_it_is(seed):
    async def check(master, ctx, dut):
        assert await value(master, "MAGIC") == MAGIC == 0x57484E4E
        assert await value(master, "PROTOCOL") == 1
        assert await value(master, "DESIGN_LOW") == 0x89ABCDEF
        assert await value(master, "DESIGN_HIGH") == 0x01234567
        size = await value(master, "IDENTITY_SIZE")
        text = b""
        for at in range(0, size, 4):
            word, response = await master.read(IDENTITY_AT + at)
            assert response == OKAY
            text += word.to_bytes(4, "little")
        assert text[:size] == IDENTITY
        assert text[size:] == b"\0"

    on_bus(check, seed)


@pytest.mark.parametrize("lead", range(-3, 4))
def test_address_and_data_come_in_either_order(lead):
    async def check(master, ctx, dut):
        for number in (0xDEADBEEF, 0x12345678):
            assert await master.write(offset("SCRATCH"), number, lead=lead) == OKAY
            assert await value(master, "SCRATCH") == number

    on_bus(check)


def test_only_strobed_bytes_are_written():
    async def check(master, ctx, dut):
        expected = 0
        for mask in range(16):
            number = random.Random(mask).getrandbits(32)
            for byte in range(4):
                if mask >> byte & 1:
                    expected = expected & ~(0xFF << 8 * byte) | number & (0xFF << 8 * byte)
            assert await master.write(offset("SCRATCH"), number, mask) == OKAY
            assert await value(master, "SCRATCH") == expected
        assert await master.write(offset("CONTROL"), 0, 0b1110) == OKAY
        assert await value(master, "CONTROL") == 1

    on_bus(check, seed=3)


@pytest.mark.parametrize(("identity", "size"), [(IDENTITY, 4096), (bytes(3840), 4096),
                                                (bytes(3841), 8192)])
def test_every_address_answers(identity, size):
    known = {register.offset: register.access for register in REGISTERS}
    end = IDENTITY_AT + len(identity)
    edge = (end + 3) // 4 * 4  # of the first word behind the identity

    async def check(master, ctx, dut):
        assert 1 << dut.address_width == size
        for address in sorted({*range(0, 0x110, 4), 0x800, edge - 4, edge % size, size - 4}):
            stored = IDENTITY_AT <= address < end
            _, reading = await master.read(address)
            assert reading == (OKAY if address in known or stored else DECERR), hex(address)
            access = known.get(address, Access.READ if stored else None)
            assert await master.write(address, 0, 0) == {
                None: DECERR, Access.READ: SLVERR}.get(access, OKAY), hex(address)

    on_bus(check, identity=identity)


def test_unmapped_words_read_as_zero_and_change_nothing():
    async def check(master, ctx, dut):
        assert await master.write(0x3C, 0xFFFFFFFF) == DECERR
        assert await master.read(0x3C) == (0, DECERR)
        assert await master.write(offset("MAGIC"), 0) == SLVERR
        assert await value(master, "MAGIC") == MAGIC

    on_bus(check)


def test_read_and_write_at_the_same_time():
    async def check(master, ctx, dut):
        bus = dut.bus
        ctx.set(bus.awaddr, offset("SCRATCH"))
        ctx.set(bus.wdata, 7)
        ctx.set(bus.wstrb, 15)
        ctx.set(bus.araddr, offset("MAGIC"))
        for name in ("awvalid", "wvalid", "arvalid"):
            ctx.set(getattr(bus, name), 1)
            assert ctx.get(getattr(bus, name.replace("valid", "ready")))
        await ctx.tick()
        for name in ("awvalid", "wvalid", "arvalid"):
            ctx.set(getattr(bus, name), 0)
        await ctx.tick().until(bus.bvalid & bus.rvalid)  # neither waits for the other's answer
        assert ctx.get(bus.rdata) == MAGIC
        ctx.set(bus.rready, 1)
        ctx.set(bus.bready, 1)
        await ctx.tick()
        assert not ctx.get(bus.rvalid) and not ctx.get(bus.bvalid)

    on_bus(check)


def test_a_second_write_waits_for_the_first_ones_answer():
    async def check(master, ctx, dut):
        bus = dut.bus
        ctx.set(bus.awaddr, offset("SCRATCH"))
        ctx.set(bus.wstrb, 15)
        ctx.set(bus.wdata, 1)
        ctx.set(bus.awvalid, 1)
        ctx.set(bus.wvalid, 1)
        await ctx.tick()
        ctx.set(bus.wdata, 2)
        await ctx.tick().repeat(8)  # the second is taken and held
        ctx.set(bus.awvalid, 0)
        ctx.set(bus.wvalid, 0)
        assert ctx.get(bus.bvalid) and not ctx.get(bus.awready) and not ctx.get(bus.wready)
        assert await value(master, "SCRATCH") == 1
        ctx.set(bus.bready, 1)
        await ctx.tick().repeat(4)
        assert await value(master, "SCRATCH") == 2

    on_bus(check)


def test_cycles_are_of_one_instant():
    async def check(master, ctx, dut):
        first = await value(master, "CYCLES_LOW")
        await ctx.tick().repeat(1000)
        again = await value(master, "CYCLES_LOW")
        assert again - first == 1000 + 4  # four cycles a reading
        assert await value(master, "CYCLES_HIGH") == 0

    on_bus(check)


def test_high_half_is_that_of_the_low_ones_reading():
    dut = Registers(DESIGN, IDENTITY, first_cycle=(1 << 33) - 6)

    async def bench(ctx):
        master = Master(ctx, dut.bus)
        low = await value(master, "CYCLES_LOW")
        await ctx.tick().repeat(20)  # the counter's low half has wrapped by now
        high = await value(master, "CYCLES_HIGH")
        assert (high, low) == (1, (1 << 32) - 4)
        assert await value(master, "CYCLES_LOW") < 100
        assert await value(master, "CYCLES_HIGH") == 2

    simulate(dut, bench)


def test_error_flags_stay_until_cleared_one_by_one():
    async def check(master, ctx, dut):
        for bit in range(3):
            ctx.set(dut.errors, 1 << bit)
            await ctx.tick()
            ctx.set(dut.errors, 0)
            await ctx.tick()
            assert await value(master, "ERRORS") == (2 << bit) - 1
        assert await master.write(offset("ERRORS"), 0b010) == OKAY
        assert await value(master, "ERRORS") == 0b101
        ctx.set(dut.errors, 0b001)  # one that goes on is seen again
        assert await master.write(offset("ERRORS"), 0b111) == OKAY
        assert await value(master, "ERRORS") == 0b001

    on_bus(check)


def test_counters_and_status_are_shown():
    async def check(master, ctx, dut):
        ctx.set(dut.frames_in, 0xFFFFFFFF)
        ctx.set(dut.frames_out, 12345)
        assert await value(master, "STATUS") == 0
        ctx.set(dut.busy, 1)
        assert await value(master, "STATUS") == 1
        assert await value(master, "FRAMES_IN") == 0xFFFFFFFF
        assert await value(master, "FRAMES_OUT") == 12345

    on_bus(check)


def test_reset_lasts_sixteen_cycles():
    async def check(master, ctx, dut):
        assert ctx.get(dut.enable) and not ctx.get(dut.reset)
        ctx.set(dut.errors, 0b111)
        await ctx.tick()
        ctx.set(dut.errors, 0)
        begun = 0
        assert await master.write(offset("CONTROL"), 0b10, lead=0) == OKAY
        while ctx.get(dut.reset):
            begun += 1
            await ctx.tick()
        assert 12 <= begun < 16  # the answer to the write took the first
        assert not ctx.get(dut.enable)
        assert await value(master, "ERRORS") == 0
        assert await value(master, "CONTROL") == 0
        assert await master.write(offset("CONTROL"), 0b11) == OKAY
        assert await value(master, "CONTROL") == 0b11
        await ctx.tick().repeat(16)
        assert await value(master, "CONTROL") == 0b01

    on_bus(check)


@pytest.mark.parametrize(("load_width", "window"), [(0, 0), (3, 2048), (9, 2048), (10, 4096)])
def test_weights_have_a_window_of_their_own(load_width, window):
    async def check(master, ctx, dut):
        assert await value(master, "WEIGHTS_AT") == window
        assert await value(master, "WEIGHTS_SIZE") == (4 << load_width if window else 0)
        assert 1 << dut.address_width == max(4096, 2 * window)
        for address in {window or 2048, window + (4 << load_width) - 4} if window else ():
            assert await master.read(address) == (0, SLVERR)
        beyond = (window or 2048) + (4 << load_width)
        if beyond < 1 << dut.address_width:
            assert await master.read(beyond) == (0, DECERR)
            assert await master.write(beyond, 1) == DECERR

    on_bus(check, load_width=load_width)


async def written(master, ctx, dut, address, mask=0xF):
    """Response of a write to the weights, and what came out of the block meanwhile."""
    seen = []

    class Watch:
        """The context, with an eye on the port."""

        set, get = ctx.set, ctx.get

        async def tick(self):
            if ctx.get(dut.load_write):
                seen.append((ctx.get(dut.load_address), ctx.get(dut.load_data)))
            await ctx.tick()

    response = await Master(Watch(), dut.bus).write(address, 0xCAFE0000 + address, mask)
    return response, seen


def test_weights_are_taken_while_nothing_runs():
    async def check(master, ctx, dut):
        assert await written(master, ctx, dut, 2048) == (SLVERR, [])  # enabled
        await master.write(offset("CONTROL"), 0)
        ctx.set(dut.busy, 1)
        assert await written(master, ctx, dut, 2048) == (SLVERR, [])
        ctx.set(dut.busy, 0)
        assert await written(master, ctx, dut, 2048, 0b0111) == (SLVERR, [])
        for index in (0, 5, 31):
            address = 2048 + 4 * index
            assert await written(master, ctx, dut, address) == (
                OKAY, [(index, 0xCAFE0000 + address)])
        assert await written(master, ctx, dut, 2048 + 4 * 32) == (DECERR, [])
        assert await written(master, ctx, dut, offset("SCRATCH")) == (OKAY, [])
        await master.write(offset("CONTROL"), 0b10)
        assert await written(master, ctx, dut, 2048) == (SLVERR, [])  # a reset is under way

    on_bus(check, load_width=5)
