# SPDX-License-Identifier: Apache-2.0
import threading

import numpy as np
import pytest

from nnhw.numeric import blocks
from nnhw.numeric.blocks import in_blocks


@pytest.mark.parametrize("shape", [(1, 3), (1000, 8), (4097, 3, 5), (70_000,), (3, 100_000)])
def test_blocks_are_put_together_in_order(monkeypatch, shape):
    monkeypatch.setattr(blocks, "_BLOCK", 512)
    x = np.arange(np.prod(shape)).reshape(shape)
    seen = []
    def work(part):
        seen.append((threading.get_ident(), len(part)))
        return part * 2
    assert (in_blocks(work, x) == 2 * x).all()
    most = max(1, 512 // x[0].size)
    assert max(length for _, length in seen) == min(most, len(x))
    assert sum(length for _, length in seen) == len(x)


def test_errors_come_through():
    def work(part):
        raise ValueError("no")
    with pytest.raises(ValueError, match="no"):
        in_blocks(work, np.zeros((200_000, 2)))
