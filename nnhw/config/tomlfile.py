# SPDX-License-Identifier: Apache-2.0
"""The TOML form of a configuration, read strictly and written with every choice spelt out."""

import dataclasses
import tomllib
from collections.abc import Mapping
from typing import Any

import tomli_w

from nnhw.config.config import Config, LayerConfig
from nnhw.config.text import format_type
from nnhw.errors import ConfigError, suggest
from nnhw.numeric.types import Quantizer

__all__ = ["from_mapping", "parse", "render"]

_TOP = {f.name for f in dataclasses.fields(Config)}
_LAYER = {f.name for f in dataclasses.fields(LayerConfig)}
_HEAD = """\
# nnhw configuration: every choice of a build. Edit it and build again with
#   nnhw build MODEL --config THIS_FILE -o DIR
# A type is for instance "fixed<16,6,RND_CONV,SAT>": width, bits left of the point, rounding and
# overflow.
# Under [layers.NAME] and [kinds.OPERATOR]: weight, bias, accum, result, table (types), table_size,
# table_range, reuse, multiplier (block or logic), writable_weights; auto is the type that precision
# "auto" chose for a result.

"""


def parse(text: str, where: str) -> Config:
    """Read TOML text; ``where`` names it in errors.

    Raises
    ------
    ConfigError
        If it is no TOML, or holds a key or value that is not understood.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where}: not valid TOML, {error}") from error
    return from_mapping(data, where)


def from_mapping(data: Mapping[str, Any], where: str) -> Config:
    """Config of nested mappings shaped like the TOML file."""
    _refuse_unknown(data, _TOP, where)
    fields = dict(data)
    for group in ("layers", "kinds"):
        entries = fields.get(group, {})
        _need_table(entries, f"{where}: {group}")
        fields[group] = {name: _layer(entry, f"{where}: {group}.{name}")
                         for name, entry in entries.items()}
    fields["notes"] = tuple(fields.get("notes", ()))
    try:
        return Config(**fields)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from error


def _layer(entry: Any, where: str) -> LayerConfig:
    _need_table(entry, where)
    _refuse_unknown(entry, _LAYER, where)
    fields = dict(entry)
    if "table_range" in fields:
        pair = fields["table_range"]
        numbers = isinstance(pair, list) and all(isinstance(v, int | float) for v in pair)
        if not numbers or len(pair) != 2:
            raise ConfigError(f"{where}.table_range must be two numbers, not {pair!r}")
        fields["table_range"] = (float(pair[0]), float(pair[1]))
    try:
        return LayerConfig(**fields)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from error


def _need_table(entry: Any, where: str) -> None:
    if not isinstance(entry, Mapping):
        raise ConfigError(f"{where} must be a table, not {entry!r}")


def _refuse_unknown(entry: Mapping[str, Any], known: set[str], where: str) -> None:
    for key in entry:
        if key not in known:
            raise ConfigError(f"{where}: key {key!r} is unknown; {suggest(str(key), known)}")


def render(config: Config) -> str:
    """TOML text that ``parse`` reads back to an equal config."""
    return _HEAD + tomli_w.dumps(_plain(config))


def _plain(entry: Config | LayerConfig) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for field in dataclasses.fields(entry):
        value = getattr(entry, field.name)
        if isinstance(value, Quantizer):
            value = format_type(value)
        elif isinstance(value, Mapping):
            value = {name: _plain(layer) for name, layer in value.items()}
        elif isinstance(value, tuple):
            value = list(value)
        if value is not None and value not in ({}, []):
            plain[field.name] = value
    return plain
