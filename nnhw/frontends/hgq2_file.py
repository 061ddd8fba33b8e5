# SPDX-License-Identifier: Apache-2.0
"""HGQ2 models as Keras 3 saves them: configuration and weights, read without Keras.

A ``.keras`` file is a zip of ``config.json`` and ``model.weights.h5``. Weights lie by layer class
and number; variables of an object are numbered, trainable ones first, in the order in which the
layer makes them (HGQ2 0.2).
"""

import io
import json
import re
import zipfile
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from nnhw.errors import ModelError, UnsupportedError
from nnhw.frontends.hgq2_calls import Call, model_calls
from nnhw.frontends.hgq2_layer import Floats, Hgq2Layer

__all__ = ["Hgq2Model", "is_hgq2", "read_hgq2"]

#: Operators between tensors that do the same as layers of their name.
_FUNCTIONS = ("Add", "Subtract", "Multiply", "Maximum", "Minimum")


@dataclass(frozen=True, eq=False)
class Hgq2Model:
    """Layers applied in order, and which tensors leave the model under which names."""

    calls: list[Call]
    outputs: dict[str, str]

    @property
    def layers(self) -> list[Hgq2Layer]:
        """Every layer once."""
        return list(dict.fromkeys(call.layer for call in self.calls))


def is_hgq2(path: Path) -> bool:
    """Whether a file is a Keras 3 model with a layer of HGQ2 in it."""
    if path.suffix.lower() != ".keras" or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return b'"hgq.' in archive.read("config.json")


def read_hgq2(path: Path) -> Hgq2Model:
    """A Sequential or Functional model.

    Raises
    ------
    ModelError
        If h5py is missing, or the file is not a Keras 3 model.
    UnsupportedError
        If the model is neither, or calls a layer in a way that is not known.
    """
    try:
        h5py = import_module("h5py")
    except ImportError as error:
        raise ModelError(f"{path}: reading .keras files needs h5py; pip install h5py") from error
    with zipfile.ZipFile(path) as archive:
        model = json.loads(archive.read("config.json"))
        weights = io.BytesIO(archive.read("model.weights.h5"))
    kind = model.get("class_name")
    if kind not in ("Sequential", "Functional"):
        raise UnsupportedError(f"{path}: HGQ2 models of class {kind} are not supported; "
                               "keras.Sequential and keras.Model of inputs and outputs are")
    with h5py.File(weights) as file:
        layers = _layers(model["config"]["layers"], file)
    return Hgq2Model(*model_calls(kind, model["config"], layers))


def _layers(entries: list[dict[str, Any]], file: Any) -> list[Hgq2Layer]:
    """Layers with their variables; those of a class are numbered in order."""
    counts: dict[str, int] = {}
    layers = []
    for entry in entries:
        kind, config = entry["class_name"], entry["config"]
        if entry.get("module", "").startswith("keras.src.ops"):  # functions are no layers
            layers.append(Hgq2Layer(kind if kind in _FUNCTIONS else f"ops.{kind}", config, {}))
            continue
        snake = _snake(kind)
        number = counts.get(snake, 0)
        counts[snake] = number + 1
        place = f"layers/{snake}_{number}" if number else f"layers/{snake}"
        if kind in ("Sequential", "Functional"):
            inner = _layers(config["layers"], file.get(place, {}))
            layers.append(Hgq2Layer(kind, config, {}, tuple(inner)))
            continue
        group = file.get(f"{place}/cell") or file.get(place)  # recurrent layers have cells
        layers.append(Hgq2Layer(kind, config, {} if group is None else _variables(group)))
    return layers


def _variables(group: Any) -> dict[str, Floats]:
    found: dict[str, Floats] = {}

    def visit(name: str, item: Any) -> None:
        if hasattr(item, "dtype"):
            found[re.sub(r"(^|/)vars/", r"\1", name)] = item[()]

    group.visititems(visit)
    return found


def _snake(name: str) -> str:
    """Keras's name of a class in file paths.

    >>> _snake("QEinsumDenseBatchnorm"), _snake("QDense")
    ('q_einsum_dense_batchnorm', 'q_dense')
    """
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
