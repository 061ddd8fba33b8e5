# SPDX-License-Identifier: Apache-2.0
"""HGQ2 (Keras 3) models to graphs: every weight and every activation with its own precision.

Source: Sun, Que, Arrestad, Loncar, Ngadiuba, Luk, Spiropulu, "HGQ: High Granularity Quantization
for Real-time Neural Networks on FPGAs", 2024, and the library's own arithmetic, version 0.2.
"""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from nnhw.frontends.hgq2_calls import Call
from nnhw.frontends.hgq2_file import read_hgq2
from nnhw.frontends.hgq2_input import input_ports
from nnhw.frontends.hgq2_registry import add_layer
from nnhw.frontends.hgq2_tensor import Builder, Tensor
from nnhw.frontends.names import clean
from nnhw.ir.graph import Graph

#: Where layers are entered.
for _module in ("attention", "dense", "layers", "merge", "moves", "recurrent", "softmax", "sums",
                "table_dense", "tables"):
    import_module(f"nnhw.frontends.hgq2_{_module}")

__all__ = ["load_hgq2", "lower"]


def load_hgq2(path: Path) -> Graph:
    """Lower a saved HGQ2 model; its integers equal HGQ2's own outputs.

    Raises
    ------
    UnsupportedError
        If it holds a layer, an activation or a quantizer that is not known here.
    """
    model = read_hgq2(path)
    return lower(clean(path.stem), model.calls, model.outputs)


def lower(name: str, calls: Sequence[Call], outputs: dict[str, str]) -> Graph:
    """Lower layers, each behind those whose tensors it reads.

    Parameters
    ----------
    name : str
        Of the network.
    calls : sequence of Call
        Layers applied to tensors.
    outputs : dict of str to str
        Tensor that each output of the network shows.
    """
    builder, ports = Builder(name), input_ports(calls)
    tensors: dict[str, Tensor] = {}
    for call in calls:
        if call.result in ports:
            tensors[call.result] = builder.input(ports[call.result])
        elif call.operands:
            tensors[call.result] = add_layer(
                call.layer, [tensors[name].fork() for name in call.operands])
    return builder.graph({clean(key): tensors[name] for key, name in outputs.items()})
