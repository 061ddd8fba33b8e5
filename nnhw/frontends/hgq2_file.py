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

import numpy as np

from nnhw.errors import ModelError, UnsupportedError

__all__ = ["Hgq2Layer", "is_hgq2", "read_hgq2"]

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


@dataclass(frozen=True, eq=False)
class Hgq2Layer:
    """A layer: its class, its configuration, its variables by path (``iq/quantizer/0``)."""

    kind: str
    config: dict[str, Any]
    variables: dict[str, Floats]

    @property
    def name(self) -> str:
        """As in the model."""
        return str(self.config["name"])

    def own(self, number: int) -> Floats:
        """A variable of the layer itself."""
        return self.variables[str(number)]

    def quantizer(self, which: str) -> tuple[dict[str, Any], dict[str, Floats]]:
        """Configuration of quantizer ``iq``, ``kq`` or ``bq``, and its k, i, f (or k, b, i)."""
        config = self.config[f"{which}_conf"]["config"]
        if config["q_type"] not in ("kif", "kbi"):
            raise UnsupportedError(f"{self.name}: quantizer {which} of type {config['q_type']} is "
                                   "not supported; kif and kbi are")
        names = ["b", "i"] if config["q_type"] == "kbi" else ["i", "f"]
        if config["overflow_mode"].upper() == "WRAP":
            names.remove("i")
            order = [*names, "k", "i"]
        else:
            order = [*names, "k"]
        if not config.get("trainable", True):
            order = ["k", *names]
        found = {name: self.variables[f"{which}/quantizer/{n}"] for n, name in enumerate(order)}
        if found["k"].dtype != np.uint8:
            raise ModelError(f"{self.name}: the variables of quantizer {which} are not in the "
                             "order of HGQ2 0.2; save the model with that version")
        return config, found


def is_hgq2(path: Path) -> bool:
    """Whether a file is a Keras 3 model with a layer of HGQ2 in it."""
    if path.suffix.lower() != ".keras" or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return b'"hgq.layers' in archive.read("config.json")


def read_hgq2(path: Path) -> list[Hgq2Layer]:
    """Layers of a Sequential model, in order.

    Raises
    ------
    ModelError
        If h5py is missing, or the file is not a Keras 3 model.
    UnsupportedError
        If the model is not Sequential.
    """
    try:
        h5py = import_module("h5py")
    except ImportError as error:
        raise ModelError(f"{path}: reading .keras files needs h5py; pip install h5py") from error
    with zipfile.ZipFile(path) as archive:
        model = json.loads(archive.read("config.json"))
        weights = io.BytesIO(archive.read("model.weights.h5"))
    if model.get("class_name") != "Sequential":
        raise UnsupportedError(f"{path}: HGQ2 models of class {model.get('class_name')} are not "
                               "supported; keras.Sequential is")
    counts: dict[str, int] = {}
    layers = []
    with h5py.File(weights) as file:
        for entry in model["config"]["layers"]:
            kind = entry["class_name"]
            group = _snake(kind)
            number = counts.get(group, 0)
            counts[group] = number + 1
            place = f"layers/{group}_{number}" if number else f"layers/{group}"
            variables = _variables(file[place]) if place in file else {}
            layers.append(Hgq2Layer(kind, entry["config"], variables))
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
