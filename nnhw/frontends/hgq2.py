# SPDX-License-Identifier: Apache-2.0
"""HGQ2 (Keras 3) models to graphs: every weight and every activation with its own precision.

Source: Sun, Que, Arrestad, Loncar, Ngadiuba, Luk, Spiropulu, "HGQ: High Granularity Quantization
for Real-time Neural Networks on FPGAs", 2024, and the library's own arithmetic, version 0.2.
"""

from pathlib import Path

from nnhw.errors import UnsupportedError
from nnhw.frontends.hgq2_file import Hgq2Layer, read_hgq2
from nnhw.frontends.hgq2_layers import HANDLERS, activate
from nnhw.frontends.hgq2_quantizers import narrowing
from nnhw.frontends.hgq2_tensor import Tensor
from nnhw.frontends.names import clean
from nnhw.ir.graph import Graph

__all__ = ["add_layer", "load_hgq2"]


def load_hgq2(path: Path) -> Graph:
    """Lower a saved HGQ2 model; its integers equal HGQ2's own outputs.

    Raises
    ------
    UnsupportedError
        If it holds a layer, an activation or a quantizer that is not known here.
    """
    tensor = Tensor(clean(path.stem))
    for layer in read_hgq2(path):
        add_layer(tensor, layer)
    return tensor.graph()


def add_layer(tensor: Tensor, layer: Hgq2Layer) -> None:
    """Lower a layer between its quantizers; raises UnsupportedError if it is not known."""
    config, name = layer.config, clean(layer.name)
    if layer.kind == "InputLayer":
        tensor.begin(name, tuple(config["batch_shape"][1:]))
        return
    if layer.kind not in HANDLERS:
        raise UnsupportedError(f"{layer.name}: HGQ2 layer {layer.kind} is not supported; supported "
                               f"are {', '.join(HANDLERS)}")
    if layer.kind.startswith("Q") and config.get("enable_iq", True):
        tensor.quantize(name, narrowing(layer, "iq", tensor.shape))
    if not tensor.ports:
        raise UnsupportedError(f"{layer.name}: the network's input is not quantized; a first layer "
                               "with an input quantizer would work")
    HANDLERS[layer.kind](tensor, layer)
    if layer.kind.startswith("Q"):
        activate(tensor, layer, f"{name}_relu")
        if config.get("enable_oq"):
            tensor.quantize(f"{name}_out", narrowing(layer, "oq", tensor.shape))
