# SPDX-License-Identifier: Apache-2.0
"""A layer of an HGQ2 model: class, configuration, variables, and where its quantizers lie."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nnhw.errors import ModelError, UnsupportedError

__all__ = ["Floats", "Hgq2Layer", "function_name", "listed"]

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float32]]
#: What configurations of their own class leave unsaid.
_PRESETS: dict[str, dict[str, Any]] = {
    "HardTanhConfig": {"overflow_mode": "SAT"},
    "HardSigmoidConfig": {"overflow_mode": "SAT", "affine": [0.25, 0.5]},
}


@dataclass(frozen=True, eq=False)
class Hgq2Layer:
    """A layer: its class, its configuration, its variables by path (``iq/quantizer/0``).

    A whole model may be a layer of another one; it has ``inner`` layers.
    """

    kind: str
    config: dict[str, Any]
    variables: dict[str, Floats]
    inner: tuple["Hgq2Layer", ...] = ()

    @property
    def name(self) -> str:
        """As in the model."""
        return str(self.config["name"])

    def named(self, name: str) -> "Hgq2Layer":
        """The same layer under another name."""
        return replace(self, config=self.config | {"name": name})

    def own(self, number: int) -> Floats:
        """A variable of the layer itself; negative numbers count from the last one."""
        count = sum(key.isdecimal() for key in self.variables)
        return self.variable(str(number + count if number < 0 else number))

    def variable(self, place: str) -> Floats:
        """A variable by its path; raises ModelError where the file has none."""
        if place not in self.variables:
            raise ModelError(f"{self.name}: the file holds no variable {place} of this layer; a "
                             "model that was built, saved by HGQ2 0.2, would work")
        return self.variables[place]

    def part(self, place: str, kind: str, config: dict[str, Any]) -> "Hgq2Layer":
        """A layer inside this one, whose variables lie below ``place``."""
        inside = {key.removeprefix(f"{place}/"): value for key, value in self.variables.items()
                  if key.startswith(f"{place}/")}
        return Hgq2Layer(kind, config, inside)

    def settings(self, which: str) -> dict[str, Any] | None:
        """Configuration of a quantizer; None where there is none, or one that does nothing."""
        if which.startswith("iq") and not self.config.get("enable_iq", True):
            return None
        if which == "oq" and not self.config.get("enable_oq"):
            return None
        entry = self._entry(which)
        if entry["config"]["q_type"] == "dummy":
            return None
        return {**_PRESETS.get(entry.get("class_name", ""), {}), **entry["config"]}

    def _entry(self, which: str) -> dict[str, Any]:
        if which == "":
            found = self.config["config"]
        elif _number(which):
            found = listed(self.config["iq_confs"])[int(_number(which))]
        else:
            found = self.config[f"{which}_conf"]
        entry: dict[str, Any] = found
        return entry

    def quantizer(self, which: str) -> tuple[dict[str, Any], dict[str, Floats]]:
        """Configuration of a quantizer, and its k, i, f (or k, b, i).

        Parameters
        ----------
        which : str
            ``iq``, ``kq``, ``bq``, ``oq`` ...; ``iq0``, ``iq1`` ... of a layer of several operands;
            nothing for the only one of a Quantizer.
        """
        config = self.settings(which)
        assert config is not None, (self.name, which)
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
        found = {name: self.variable(f"{_place(which)}quantizer/{n}")
                 for n, name in enumerate(order)}
        if found["k"].dtype != np.uint8:
            raise ModelError(f"{self.name}: the variables of quantizer {which} are not in the "
                             "order of HGQ2 0.2; save the model with that version")
        return config, found


def _place(which: str) -> str:
    """Where the variables of a quantizer lie.

    >>> _place("kq"), _place("iq0"), _place("iq1"), _place("")
    ('kq/', 'iq/quantizers/quantizer/', 'iq/quantizers/quantizer_1/', '')
    """
    if _number(which):
        return f"iq/quantizers/quantizer_{_number(which)}/".replace("_0/", "/")
    return f"{which}/" if which else ""


def _number(which: str) -> str:
    """Of an operand's quantizer among those of a layer.

    >>> _number("iq1"), _number("iq"), _number("praq")
    ('1', '', '')
    """
    number = which.removeprefix("iq")
    return number if number.isdecimal() else ""


def listed(value: Any) -> list[Any]:
    """A list that was saved as such, as a tuple, or as its only entry."""
    if isinstance(value, dict) and value.get("class_name") == "__tuple__":
        value = value["items"]
    return list(value) if isinstance(value, list | tuple) else [value]


def function_name(value: Any) -> str:
    """Name of an activation, however it was saved.

    >>> function_name(None), function_name({"class_name": "function", "config": "tanh"})
    ('linear', 'tanh')
    """
    if isinstance(value, dict):
        return str(value["config"] if value["class_name"] == "function" else value["class_name"])
    return value or "linear"
