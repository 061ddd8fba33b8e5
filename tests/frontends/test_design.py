# SPDX-License-Identifier: Apache-2.0
"""Tables for real functions keep the error they promise, at every operand."""

import numpy as np
import pytest

from nnhw.errors import ConfigError
from nnhw.frontends.functions import FUNCTIONS, OPERATORS
from nnhw.ir.types import TensorType
from nnhw.layers.lookup import golden
from nnhw.layers.lookup.design import design_lookup
from nnhw.numeric.types import FixedType, Quantizer


@pytest.mark.parametrize("kind", OPERATORS)
@pytest.mark.parametrize(("width", "frac"), [(6, 2), (12, 8), (16, 10), (20, 4)])
@pytest.mark.parametrize("size", [16, 100, 2048])
@pytest.mark.parametrize("scale", [1.0, 0.37])
def test_error_bound_holds_at_every_operand(kind, width, frac, size, scale):
    function = FUNCTIONS[kind]
    arguments = [value for _, value in function.attributes]
    x = TensorType.of((1,), FixedType(width, frac))
    out = Quantizer(function.result_type(16) or FixedType(24, 10))
    op = design_lookup("f", x, lambda v: function.apply(v, *arguments), out, size, scale=scale)
    operands = np.arange(x.bounds[0], x.bounds[1] + 1)
    real = function.apply(operands * scale * 2.0**-frac, *arguments)
    error = np.abs(golden.run(op, operands) * 2.0**-op.frac - real).max()
    assert op.error_bound is not None
    assert error == op.error_bound
    assert op.size <= size
    if 1 << width <= size:  # every operand has its own entry
        assert error <= 2.0**-(op.frac + 1) or np.abs(real).max() > out.type.max * 2.0**-op.frac


def test_saturating_function_gets_all_bins_where_it_moves():
    x = TensorType.of((1,), FixedType(24, 4))
    out = Quantizer(FixedType(8, 8, signed=False))
    op = design_lookup("f", x, FUNCTIONS["Sigmoid"].apply, out, 512)
    assert op.shift == 0
    assert op.error_bound is not None
    assert op.error_bound <= 2.0**-8


def test_requested_range():
    x = TensorType.of((1,), FixedType(16, 10))
    out = Quantizer(FixedType(16, 15))
    op = design_lookup("f", x, np.tanh, out, 1024, (-2, 2))
    assert (op.start, op.shift) == (-2048, 3)
    assert op.error_bound == pytest.approx(1 - np.tanh(2), abs=5e-3)
    with pytest.raises(ConfigError, match="f: table_range must ascend, not 2 to -2"):
        design_lookup("f", x, np.tanh, out, 1024, (2, -2))
    with pytest.raises(ConfigError, match="f: table_size must be at least 2, not 1"):
        design_lookup("f", x, np.tanh, out, 1)
