# SPDX-License-Identifier: Apache-2.0
"""Small designs in Verilog, written by hand, with their interfaces."""

from pathlib import Path

import numpy as np
import pytest

from nnhw.hw.layout import DesignInterface, PortLayout
from nnhw.ir.types import TensorType
from nnhw.numeric.types import FixedType
from nnhw.sim.verilator import Bulk
from nnhw.sim.verilator.build import CACHE_VARIABLE

DESIGNS = Path(__file__).parent / "designs"


def port(name, shape, element, lanes, *, axi=False):
    return PortLayout(name, TensorType.of(shape, element), lanes, axi)


ADDER = DesignInterface(
    "adder", (port("a", (2,), FixedType(8), 2), port("b__x", (2,), FixedType(8), 2)),
    (port("y", (2,), FixedType(9), 2),), latency=1, interval=1)
ACCUMULATE = DesignInterface(
    "accumulate", (port("x", (10,), FixedType(70, signed=False), 3),),
    (port("sum", (), FixedType(74, signed=False), 1),
     port("head", (2, 2), FixedType(70, signed=False), 1)), latency=1, interval=4)
TRIPLE = DesignInterface(
    "triple", (port("x", (3,), FixedType(5), 2, axi=True),),
    (port("y", (3,), FixedType(7), 2, axi=True),), latency=2, interval=2)
INTERFACES = {interface.top: interface for interface in (ADDER, ACCUMULATE, TRIPLE)}


@pytest.fixture(scope="session")
def bulk(tmp_path_factory):
    """The compiled design of a name; each is compiled once in a session."""
    made = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CACHE_VARIABLE, str(tmp_path_factory.mktemp("cache")))

        def get(name):
            if name not in made:
                work = tmp_path_factory.mktemp(name) / "with space"
                made[name] = Bulk(INTERFACES[name], [DESIGNS / f"{name}.v"], work)
                made[name].compile()
            return made[name]

        yield get


def adder_inputs(batch):
    rng = np.random.default_rng(0)
    return {name: rng.integers(-100, 128, (batch, 2)) for name in ("a", "b__x")}


def accumulate_inputs(batch):
    rng = np.random.default_rng(1)
    numbers = [int.from_bytes(rng.bytes(9), "little") >> 2 for _ in range(10 * batch)]
    return {"x": np.array(numbers, dtype=object).reshape(batch, 10)}


def triple_inputs(batch):
    return {"x": np.random.default_rng(2).integers(-14, 16, (batch, 3))}


#: By design: inputs of a batch, and what must come out.
VECTORS = {
    "adder": (adder_inputs, lambda x: {"y": x["a"] + x["b__x"]}),
    "accumulate": (accumulate_inputs, lambda x: {
        "sum": x["x"].sum(axis=1), "head": x["x"][:, ::3].reshape(-1, 2, 2)}),
    "triple": (triple_inputs, lambda x: {"y": 3 * x["x"]}),
}


@pytest.fixture(scope="session")
def vectors():
    """Inputs and expected outputs of a design, by its name and the batch."""
    def make(name, batch):
        inputs, expected = VECTORS[name]
        x = inputs(batch)
        return x, expected(x)

    return make


@pytest.fixture(scope="session")
def interfaces():
    return INTERFACES


@pytest.fixture(scope="session")
def designs():
    return DESIGNS
