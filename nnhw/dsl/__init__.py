# SPDX-License-Identifier: Apache-2.0
"""Networks described in Python with NumPy weights."""

from nnhw.dsl.constants import Fixed
from nnhw.dsl.functions import (
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
from nnhw.dsl.network import Network, Sequential
from nnhw.dsl.steps import (
    Argmax,
    Dense,
    Flatten,
    LeakyReLU,
    Quantize,
    ReLU,
    Reshape,
    Sigmoid,
    Softmax,
    Step,
    Table,
    Tanh,
)
from nnhw.dsl.tensor import Input, Tensor

__all__ = [
    "Argmax",
    "Dense",
    "Fixed",
    "Flatten",
    "Input",
    "LeakyReLU",
    "Network",
    "Quantize",
    "ReLU",
    "Reshape",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "Step",
    "Table",
    "Tanh",
    "Tensor",
    "add",
    "argmax",
    "dense",
    "flatten",
    "leaky_relu",
    "quantize",
    "relu",
    "reshape",
    "sigmoid",
    "softmax",
    "table",
    "tanh",
]
