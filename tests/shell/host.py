# SPDX-License-Identifier: Apache-2.0
"""A master of AXI4-Lite for Amaranth's simulator, which holds the slave to the handshake."""

import random

from amaranth.sim import Simulator

__all__ = ["Master", "simulate"]

_PATIENCE = 100


class Master:
    """Drives ``bus`` of a component; each channel waits at random when ``rng`` is given."""

    def __init__(self, ctx, bus, rng=None):
        self.ctx, self.bus, self.rng = ctx, bus, rng or random.Random(0)
        self.lazy = rng is not None

    def _pause(self):
        return self.rng.randrange(4) if self.lazy else 0

    async def write(self, address, value, mask=0xF, *, lead=None):
        """Response of a write; ``lead`` cycles the address comes before the data (or after)."""
        lead = self.rng.randrange(-3, 4) if lead is None else lead
        ctx, bus = self.ctx, self.bus
        ctx.set(bus.awaddr, address)
        ctx.set(bus.wdata, value)
        ctx.set(bus.wstrb, mask)
        begin = {"aw": max(0, -lead), "w": max(0, lead)}
        for cycle in range(_PATIENCE):
            for name, since in begin.items():
                ctx.set(getattr(bus, f"{name}valid"), cycle >= since)
            taken = [name for name, since in begin.items()
                     if cycle >= since and ctx.get(getattr(bus, f"{name}ready"))]
            assert not ctx.get(bus.bvalid)  # an answer follows both address and data
            await ctx.tick()
            for name in taken:
                ctx.set(getattr(bus, f"{name}valid"), 0)
                del begin[name]
            if not begin:
                return await self._answer("b", "bresp")
        raise AssertionError(f"write to {address:#x} hangs at {begin}")

    async def read(self, address):
        """Value and response."""
        ctx, bus = self.ctx, self.bus
        for _ in range(self._pause()):
            await ctx.tick()
        ctx.set(bus.araddr, address)
        ctx.set(bus.arvalid, 1)
        while not ctx.get(bus.arready):
            await ctx.tick()
        await ctx.tick()
        ctx.set(bus.arvalid, 0)
        return await self._answer("r", "rdata", "rresp")

    async def _answer(self, channel, *names):
        ctx, bus = self.ctx, self.bus
        valid, ready = (getattr(bus, f"{channel}{suffix}") for suffix in ("valid", "ready"))
        for _ in range(_PATIENCE):
            if ctx.get(valid):
                break
            await ctx.tick()
        seen = [int(ctx.get(getattr(bus, name))) for name in names]
        for _ in range(self._pause()):
            await ctx.tick()
            assert ctx.get(valid) and seen == [int(ctx.get(getattr(bus, name))) for name in names]
        assert ctx.get(valid), f"channel {channel} hangs"
        ctx.set(ready, 1)
        await ctx.tick()
        ctx.set(ready, 0)
        return seen[0] if len(seen) == 1 else tuple(seen)


def simulate(dut, bench):
    """Run one test bench on a component."""
    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
