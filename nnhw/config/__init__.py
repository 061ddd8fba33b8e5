# SPDX-License-Identifier: Apache-2.0
"""What a user can choose: the dataclass, its TOML file, and hls4ml's configurations."""

from nnhw.config.config import (
    AUTO,
    IO_STYLES,
    MULTIPLIERS,
    PORT_STYLES,
    TARGETS,
    Config,
    LayerConfig,
)
from nnhw.config.load import as_config, load, save

__all__ = [
    "AUTO",
    "IO_STYLES",
    "MULTIPLIERS",
    "PORT_STYLES",
    "TARGETS",
    "Config",
    "LayerConfig",
    "as_config",
    "load",
    "save",
]
