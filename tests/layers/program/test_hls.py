# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.config.config import Config
from nnhw.layers.program.listing import Code, Listing
from nnhw.layers.program.op import StraightLine
from tests.hls.check import QUICK, check_layers
from tests.layers.program.programs import every_code, random_program
from tests.layers.support import tensor

pytestmark = pytest.mark.slow  # compiles C++ for each case


def wide():
    """Values and places of a table beyond 32 and 64 bits."""
    listing = Listing()
    x = listing.add(Code.INPUT)
    results = [x, listing.add(Code.MULTIPLY, (x, x)), listing.add(Code.TABLE, (x,), 0, 1 << 44),
               listing.add(Code.ADD, (x, x), 30, 0), listing.negate(x),
               listing.add(Code.EQUAL, (x,), 1 << 44)]
    return StraightLine("wide", tensor((1,), 2**43, 2**44 + 9), listing.array(),
                        np.array(results), (np.arange(8),))


@pytest.mark.parametrize("config", [Config(), Config(io="stream", lanes=1)], ids=lambda c: c.io)
def test_equals_golden(config, tmp_path):
    ops = [every_code(), wide(), *(random_program(k, name=f"random_{k}") for k in range(6))]
    for k, more in enumerate(((), ("-DNNHW_AS_SYNTHESIZED",))):
        outcome = check_layers(ops, tmp_path / str(k), config, flags=(*QUICK, *more))
        assert outcome.equal, outcome.first
