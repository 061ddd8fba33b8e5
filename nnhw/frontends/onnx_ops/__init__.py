# SPDX-License-Identifier: Apache-2.0
"""One function for each ONNX operator; importing this package fills the registry."""

from importlib import import_module
from pkgutil import iter_modules

from nnhw.frontends.registry import HANDLERS, Call

__all__ = ["HANDLERS", "Call"]

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
