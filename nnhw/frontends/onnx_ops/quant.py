# SPDX-License-Identifier: Apache-2.0
"""The quantizers of QONNX, FINN and Brevitas exports."""

from dataclasses import replace

import numpy as np

from nnhw.frontends.quant_spec import QUANTIZERS, read_spec
from nnhw.frontends.quantizer import quantize_live
from nnhw.frontends.registry import Call, handles, refuse, without_batch
from nnhw.frontends.value import Live

__all__: list[str] = []


@handles(*QUANTIZERS)
def quant(call: Call) -> Live:
    """Codes of the value that the source model computes."""
    spec = read_spec(call.node, [call.value(at) for at in range(len(call))])
    live = call.live()
    scale = without_batch(spec.scale, live)
    if np.broadcast_shapes(scale.shape, live.shape) != live.shape:
        raise refuse(call.node, f"a scale of shape {scale.shape} does not fit a tensor of shape "
                                f"{live.shape}")
    return quantize_live(call.lowering, live, replace(spec, scale=scale), call.origin)
