# SPDX-License-Identifier: Apache-2.0
import pytest

from nnhw.layers.argmax.op import Argmax
from tests.layers.support import every_input, golden_of, tensor


@pytest.mark.parametrize("last", [False, True])
def test_first_or_last_of_equals(last):
    x = tensor((4,), -1, 2)
    inputs = every_input(x)
    expected = []
    for row in inputs.tolist():
        places = [k for k, v in enumerate(row) if v == max(row)]
        expected.append([places[-1 if last else 0]])
    assert golden_of(Argmax("best", x, last), inputs).tolist() == expected
