# SPDX-License-Identifier: Apache-2.0
"""Model files to graphs; a framework is imported only when its front end is used."""

from pathlib import Path
from typing import Any

from nnhw.config.config import Config
from nnhw.errors import ConfigError, ModelError
from nnhw.ir.graph import Graph

__all__ = ["describe", "load", "load_resolved", "resolve_names"]


def load(path: str | Path, config: Config | None = None, calibration: Any = None) -> Graph:
    """Read a trained model and give it its integer meaning.

    Parameters
    ----------
    path : str or Path
        An ``.onnx`` file: float, QONNX, or both mixed; a ``.keras`` file saved by HGQ2, or a
        program of da4ml or alkaid (``.json``, ``.json.gz``), whose types are all in the model.
    config : Config
        The user's choices; types matter for what the model leaves open.
    calibration : array or None
        Inputs, batch first, float: needed for precision ``auto``; with any other precision the
        graph's notes say how many values do not fit their type.

    Raises
    ------
    ModelError
        If the file cannot be read.
    UnsupportedError
        If the model asks for something that nnhw does not do.
    ConfigError
        If the configuration names layers or operators that the model does not have.
    """
    return load_resolved(path, config, calibration)[0]


def load_resolved(path: str | Path, config: Config | None = None, calibration: Any = None,
                  ) -> tuple[Graph, Config]:
    """Like ``load``, and the configuration with every type that ``auto`` chose.

    Loading with that configuration gives the same graph without calibration.
    """
    from nnhw.frontends.alir_file import is_alir
    from nnhw.frontends.hgq2_file import is_hgq2
    from nnhw.frontends.onnx_model import load_onnx

    config = config or Config()
    if is_alir(Path(path)):
        from nnhw.frontends.alir import load_alir

        _check_fixed(Path(path), config)
        return load_alir(Path(path)), config
    if is_hgq2(Path(path)):
        from nnhw.frontends.hgq2 import load_hgq2

        _check_fixed(Path(path), config)
        return load_hgq2(Path(path)), config
    return load_onnx(_onnx(path), config, calibration)


def _check_fixed(path: Path, config: Config) -> None:
    """Refuse writable weights of a model whose every weight has a type of its own."""
    for group, entries in (("layers", config.layers), ("kinds", config.kinds)):
        for key, entry in entries.items():
            if entry.writable_weights:
                raise ConfigError(f"{group}.{key}: weights of {path.name} cannot be writable, each "
                                  "having a type of its own; those of an ONNX model can")


def describe(path: str | Path) -> list[tuple[str, str, tuple[str, ...]]]:
    """Name, operator and further names of every node of a model file."""
    from nnhw.frontends.alir_file import is_alir, read_alir
    from nnhw.frontends.hgq2_file import is_hgq2, read_hgq2

    if is_alir(Path(path)):
        from nnhw.frontends.alir import node_names

        return [(name, "program", ()) for name in node_names(len(read_alir(Path(path))))]
    if is_hgq2(Path(path)):
        return [(layer.name, layer.kind, ()) for layer in read_hgq2(Path(path)).layers]
    from nnhw.frontends.onnx_file import read

    return [(n.origin.name, n.kind, n.origin.aliases) for n in read(_onnx(path)).nodes]


def resolve_names(path: str | Path, config: Config) -> Config:
    """The configuration with every layer under the readable name that graph nodes bear."""
    from nnhw.frontends.alir_file import is_alir
    from nnhw.frontends.hgq2_file import is_hgq2

    if is_alir(Path(path)) or is_hgq2(Path(path)):
        return config
    from nnhw.frontends.keys import canonical, check_keys
    from nnhw.frontends.onnx_file import read

    source = read(_onnx(path))
    check_keys(config, source)
    return canonical(config, source)


def _onnx(path: str | Path) -> Path:
    path = Path(path)
    if path.suffix.lower() in (".keras", ".h5", ".pt2", ".pt", ".pth", ".tflite", ".py"):
        raise ModelError(f"{path}: {path.suffix} files cannot be read yet; an .onnx file would "
                         "work (float, or QONNX)")
    return path
