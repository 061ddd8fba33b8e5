# SPDX-License-Identifier: Apache-2.0
"""The digits test set through the ULX3S as it would be programmed, at the line's own speed."""

import numpy as np
import pytest

import nnhw
from nnhw.api.bitstream import shell_verilog
from nnhw.api.folder import sources
from nnhw.api.model import CompiledModel
from nnhw.boards import Accelerator, board
from nnhw.runtime.simulated import build_board, running_board


@pytest.mark.slow
def test_digits_on_a_simulated_ulx3s(digits, tmp_path):
    one, build = board("ulx3s_85f"), tmp_path / "build"
    nnhw.compile(digits / "digits.onnx", nnhw.Config(
        reuse=512, io="stream", target="ecp5", clock_mhz=25.0)).write(build)
    top, verilog = shell_verilog(build, one)
    (tmp_path / "top.v").write_text(verilog)
    program = build_board(top, [tmp_path / "top.v", *sources(build)], tmp_path / "obj")
    x = np.load(digits / "test.npz")["inputs"]
    with running_board(program, one.clock_hz // one.baud) as port, \
            Accelerator(port, build, timeout=10) as accelerator:
        y = accelerator.predict(x)
    assert len(x) > 300
    assert np.count_nonzero(y != CompiledModel.read(build).predict(x)) == 0
