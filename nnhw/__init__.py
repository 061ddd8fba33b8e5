# SPDX-License-Identifier: Apache-2.0
"""Trained neural networks to FPGA gateware: golden model, RTL and HLS equal to the last bit.

``nnhw.compile(model, config)`` gives a ``CompiledModel`` that predicts, verifies and writes
Verilog; ``nnhw.Sequential`` and ``nnhw.Network`` describe networks in Python.
"""

from nnhw.api import CompiledModel, DataSet, Goal, Verification, compile, load, load_data
from nnhw.config import Config, LayerConfig
from nnhw.dsl import (
    Argmax,
    Dense,
    Fixed,
    Flatten,
    Input,
    LeakyReLU,
    Network,
    Quantize,
    ReLU,
    Reshape,
    Sequential,
    Sigmoid,
    Softmax,
    Table,
    Tanh,
    Tensor,
    add,
    argmax,
    dense,
    flatten,
    leaky_relu,
    quantize,
    relu,
    reshape,
    sigmoid,
    softmax,
    table,
    tanh,
)
from nnhw.errors import NNHWError
from nnhw.version import __version__

__all__ = [
    "Argmax",
    "CompiledModel",
    "Config",
    "DataSet",
    "Dense",
    "Fixed",
    "Flatten",
    "Goal",
    "Input",
    "LayerConfig",
    "LeakyReLU",
    "NNHWError",
    "Network",
    "Quantize",
    "ReLU",
    "Reshape",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "Table",
    "Tanh",
    "Tensor",
    "Verification",
    "__version__",
    "add",
    "argmax",
    "compile",
    "dense",
    "flatten",
    "leaky_relu",
    "load",
    "load_data",
    "quantize",
    "relu",
    "reshape",
    "sigmoid",
    "softmax",
    "table",
    "tanh",
]
