# SPDX-License-Identifier: Apache-2.0
"""Configurations from files: TOML is nnhw's own, YAML is hls4ml's."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from nnhw.config.config import Config
from nnhw.config.hls4ml import from_hls4ml, is_hls4ml
from nnhw.config.tomlfile import from_mapping, parse, render
from nnhw.errors import ConfigError

__all__ = ["as_config", "load", "save"]


def load(path: str | Path) -> Config:
    """Read ``.toml`` (nnhw's own) or ``.yml``/``.yaml`` (hls4ml's).

    Raises
    ------
    ConfigError
        If the file cannot be read or holds what is not understood; the message names the key.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConfigError(f"configuration {path} cannot be read: {reason}") from error
    if path.suffix.lower() == ".toml":
        return parse(text, str(path))
    if path.suffix.lower() in (".yml", ".yaml"):
        return from_hls4ml(_parse_yaml(text, str(path)), str(path))
    raise ConfigError(f"configuration {path} must end in .toml (nnhw) or .yml (hls4ml)")


def save(config: Config, path: str | Path) -> None:
    """Write a ``.toml`` file that ``load`` reads back to an equal config."""
    Path(path).write_text(render(config), encoding="utf-8")


def as_config(config: "Config | str | Path | Mapping[str, Any] | None") -> Config:
    """Whatever a caller of the Python API may give: a Config, a file, a dictionary, or None."""
    match config:
        case None:
            return Config()
        case Config():
            return config
        case str() | Path():
            return load(config)
        case Mapping():
            read = from_hls4ml if is_hls4ml(config) else from_mapping
            return read(config, "configuration")
    raise ConfigError(f"a configuration must be a Config, a path or a dictionary, "
                      f"not {type(config).__name__}")


class _Text(yaml.SafeLoader):
    """YAML that reads every ``!!python`` object hls4ml may have written as plain data."""


def _ignore_tag(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return node.value


_Text.add_multi_constructor("", _ignore_tag)


def _parse_yaml(text: str, where: str) -> Mapping[str, Any]:
    try:
        data = yaml.load(text, Loader=_Text)  # reads plain data only: built on SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        at = f" at line {mark.line + 1}" if mark else ""
        raise ConfigError(f"{where}: not valid YAML{at}") from error
    if not isinstance(data, Mapping):
        raise ConfigError(f"{where}: must hold a mapping such as HLSConfig: {{Model: ...}}")
    return data
