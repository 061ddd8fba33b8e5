# SPDX-License-Identifier: Apache-2.0
"""Trained neural networks to FPGA gateware: golden model, RTL and HLS equal to the last bit.

``nnhw.compile(model, config)`` gives a ``CompiledModel`` that predicts, verifies and writes
Verilog; ``nnhw.Sequential`` and ``nnhw.Network`` describe networks in Python.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from nnhw.errors import NNHWError
from nnhw.version import __version__

if TYPE_CHECKING:
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

#: Where the names come from. They are imported when first asked for: whoever needs a part of the
#: package only, such as the circuits, does not load all of it.
_HOMES = {"CompiledModel": "api", "DataSet": "api", "Goal": "api", "Verification": "api",
          "compile": "api", "load": "api", "load_data": "api",
          "Config": "config", "LayerConfig": "config"}


def __getattr__(name: str) -> Any:
    if name in __all__:
        value = getattr(import_module(f"nnhw.{_HOMES.get(name, 'dsl')}"), name)
        globals()[name] = value
        return value
    if not name.startswith("_") and find_spec(f"nnhw.{name}") is not None:
        return import_module(f"nnhw.{name}")  # nnhw.boards, without a word of its own
    raise AttributeError(f"module 'nnhw' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
