# SPDX-License-Identifier: Apache-2.0
"""Layer names and operators that a configuration may use for a model."""

from dataclasses import replace

from nnhw.config.config import Config, LayerConfig
from nnhw.errors import ConfigError, suggest
from nnhw.frontends.kinds import words
from nnhw.frontends.names import clean
from nnhw.frontends.onnx_file import Source
from nnhw.frontends.precision import Types

__all__ = ["canonical", "check_keys"]


def check_keys(config: Config, source: Source) -> None:
    """Refuse keys of ``layers`` and ``kinds`` that no node of the model carries."""
    names = _names(source)
    for key in config.layers:
        if key not in names:
            raise ConfigError(f"layers: the model has no layer '{key}'; "
                              + suggest(key, set(names.values())))
    kinds = {"Input", *(node.kind for node in source.nodes)}
    known = {word for kind in kinds for word in words(kind)}
    for key in config.kinds:
        if key.lower() not in known:
            raise ConfigError(f"kinds: the model has no operator '{key}'; "
                              + suggest(key.lower(), known))


def canonical(config: Config, source: Source) -> Config:
    """The same configuration with every layer under the readable name of its node.

    What holds for an operator is entered for each of its nodes too, since a graph's nodes no
    longer know what the model called their operator.
    """
    types, names = Types(config), _names(source)
    layers = {names[key]: value for key, value in config.layers.items()}
    for node in source.nodes:
        choice = types.choice(node.origin)
        if choice != LayerConfig():
            layers[node.origin.name] = choice
    return replace(config, layers=layers)


def _names(source: Source) -> dict[str, str]:
    """Readable name by every name that means the same."""
    names = {alias: node.origin.name for node in source.nodes for alias in node.origin.aliases}
    names |= {node.origin.name: node.origin.name for node in source.nodes}
    for name, _ in source.inputs:
        names |= {name: clean(name), clean(name): clean(name)}
    return names
