# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.errors import ConfigError
from nnhw.layers.lookup.design import design_lookup
from nnhw.numeric.golden import quantize
from nnhw.numeric.types import FixedType, Quantizer
from tests.layers.support import every_input, golden_of, tensor

FUNCTIONS = {"sigmoid": lambda v: 1 / (1 + np.exp(-v)), "tanh": np.tanh,
             "square": lambda v: v * v, "identity": lambda v: v, "constant": lambda v: 0 * v + 0.3}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("table_size", [2, 7, 64, 1024])
@pytest.mark.parametrize("out", [FixedType(8, 7), FixedType(16, 10), FixedType(6, 5, False)])
def test_error_bound_is_the_error(name, table_size, out):
    real = FUNCTIONS[name]
    for low, high, frac in ((-512, 511, 6), (-40, 300, 4), (0, 63, 3), (-7, -2, 0)):
        op = design_lookup("t", tensor((1,), low, high, frac), real, Quantizer(out), table_size)
        x = every_input(op.x)
        error = np.abs(golden_of(op, x) * 2.0**-out.frac - real(x * 2.0**-frac)).max()
        assert op.error_bound == error
        assert op.size <= table_size


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_table_for_every_operand_only_rounds(name):
    real, out = FUNCTIONS[name], Quantizer(FixedType(10, 7))
    op = design_lookup("t", tensor((1,), -100, 99, 5), real, out, 200)
    x = every_input(op.x)
    assert golden_of(op, x).tolist() == quantize(real(x / 32), out).tolist()


def test_a_requested_range_holds_its_ends_beyond():
    op = design_lookup("t", tensor((1,), -512, 511, 6), np.tanh, Quantizer(FixedType(12, 10)),
                       64, (-1.0, 1.0))
    y = golden_of(op, every_input(op.x)).ravel()
    assert len(set(y[:512 - 64].tolist())) == 1 and len(set(y[512 + 64:].tolist())) == 1
    assert op.error_bound is not None


@pytest.mark.parametrize(("size", "range_", "message"), [
    (1, None, "t: table_size must be at least 2, not 1"),
    (8, (1.0, -1.0), "t: table_range must ascend, not 1.0 to -1.0")])
def test_says_what_is_wrong(size, range_, message):
    with pytest.raises(ConfigError) as caught:
        design_lookup("t", tensor((1,), -8, 7), np.tanh, Quantizer(FixedType(8)), size, range_)
    assert str(caught.value) == message
