# SPDX-License-Identifier: Apache-2.0
"""Graphs and interfaces on disk: readable JSON beside one ``.npz`` of arrays, without pickle.

Every frozen dataclass of the package is written as its class and its fields; arrays of more than
``_INLINE`` elements go to the ``.npz``. Integers above 62 bits survive, as decimal text.
"""

import dataclasses
import importlib
import json
import zipfile
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

from nnhw.errors import ModelError
from nnhw.ir.graph import Graph, HostStep, InputPort, Node, OutputPort
from nnhw.ir.op import Op
from nnhw.ir.types import TensorType
from nnhw.numeric.types import FixedType, Overflow, Quantizer, Rounding

__all__ = ["Arrays", "decode", "encode", "load_graph", "read", "save_graph", "write"]

Arrays = dict[str, np.ndarray[Any, Any]]

#: Arrays of at most so many elements stand in the JSON itself.
_INLINE = 16
#: Columns that a line of JSON may have before it is broken.
_LINE = 96
_SHARED: dict[str, type] = {cls.__name__: cls for cls in (
    FixedType, Quantizer, TensorType, HostStep, InputPort, OutputPort, Node, Graph)}
_ENUMS: dict[str, type[Enum]] = {"Rounding": Rounding, "Overflow": Overflow}


def encode(value: Any, arrays: Arrays, hint: str = "array") -> Any:
    """``value`` as JSON; long arrays are added to ``arrays`` under a name made from ``hint``."""
    match value:
        case None | bool() | int() | str():
            return value
        case np.ndarray() | np.generic():
            return _encode_array(np.asarray(value), arrays, hint)
        case float():
            return value if np.isfinite(value) else {"float": str(value)}
        case Enum():
            return {"enum": type(value).__name__, "is": value.value}
        case tuple() | list():
            return [encode(item, arrays, hint) for item in value]
    assert dataclasses.is_dataclass(value), f"{type(value).__name__} has no JSON form"
    return _encode_fields(value, arrays, hint)


def _encode_fields(value: Any, arrays: Arrays, hint: str) -> dict[str, Any]:
    hint = getattr(value, "name", hint)
    is_op = isinstance(value, Op)
    tag = {"layer": value.kind, "class": type(value).__name__} if is_op else {
        "class": type(value).__name__}
    fields = {f.name: encode(getattr(value, f.name), arrays, f"{hint}.{f.name}")
              for f in dataclasses.fields(value)}
    return tag | fields


def _encode_array(array: np.ndarray[Any, Any], arrays: Arrays, hint: str) -> dict[str, Any]:
    kind = "integers" if array.dtype == object else array.dtype.name
    if array.size <= _INLINE:
        return {kind: array.tolist(), "shape": list(array.shape)}
    key = _free(hint.replace("/", "."), arrays)
    arrays[key] = array.astype(np.str_) if array.dtype == object else array
    return {"npz": key, "kind": kind}


def _free(name: str, arrays: Arrays) -> str:
    numbered = (f"{name}.{i}" for i in range(1, len(arrays) + 2))
    return name if name not in arrays else next(n for n in numbered if n not in arrays)


def decode(value: Any, arrays: Arrays, classes: dict[str, type] | None = None) -> Any:
    """The inverse of ``encode``; ``classes`` are those to know beside the graph's own."""
    known = _SHARED | (classes or {})
    if isinstance(value, list):
        return tuple(decode(item, arrays, known) for item in value)
    if not isinstance(value, dict):
        return value
    if "class" in value:
        cls = _class_of(value, known)
        fields = {k: v for k, v in value.items() if k not in ("class", "layer")}
        return cls(**{k: decode(v, arrays, known) for k, v in fields.items()})
    if "enum" in value:
        return _ENUMS[value["enum"]](value["is"])
    if "float" in value:
        return float(value["float"])
    return _decode_array(value, arrays)


def _class_of(value: dict[str, Any], known: dict[str, type]) -> type:
    if "layer" not in value:
        return known[value["class"]]
    module = importlib.import_module(f"nnhw.layers.{value['layer']}.op")
    cls: type = getattr(module, value["class"])
    return cls


def _decode_array(value: dict[str, Any], arrays: Arrays) -> np.ndarray[Any, Any]:
    if "npz" in value:
        array = arrays[value["npz"]]
        if value["kind"] != "integers":
            return array
        return np.array([int(text) for text in array.flat], dtype=object).reshape(array.shape)
    (kind, items), shape = next(iter(value.items())), value["shape"]
    dtype = object if kind == "integers" else np.dtype(kind)
    return np.array(items, dtype=dtype).reshape(shape)


def write(value: Any, path: Path, arrays_path: Path) -> None:
    """Write one value to ``path`` (JSON) and its long arrays to ``arrays_path`` (``.npz``)."""
    arrays: Arrays = {}
    text = _pretty(encode(value, arrays))
    path.write_text(text + "\n", encoding="utf-8")
    np.savez_compressed(arrays_path, **arrays)  # type: ignore[arg-type]


def _pretty(value: Any, margin: str = "") -> str:
    """JSON with whatever fits on one line; the rest one member a line."""
    flat = json.dumps(value)
    if len(flat) + len(margin) <= _LINE or not isinstance(value, dict | list):
        return flat
    inner = margin + " "
    if isinstance(value, list):
        items = [_pretty(item, inner) for item in value]
        return "[\n" + ",\n".join(inner + item for item in items) + f"\n{margin}]"
    items = [f"{json.dumps(key)}: {_pretty(item, inner)}" for key, item in value.items()]
    return "{\n" + ",\n".join(inner + item for item in items) + f"\n{margin}}}"


def read(path: Path, arrays_path: Path, classes: dict[str, type] | None = None) -> Any:
    """Read what ``write`` wrote.

    Raises
    ------
    ModelError
        If a file is missing or damaged.
    """
    try:
        with np.load(arrays_path, allow_pickle=False) as stored:
            arrays = {key: stored[key] for key in stored.files}
        return decode(json.loads(path.read_text(encoding="utf-8")), arrays, classes)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, AssertionError, ImportError,
            EOFError, StopIteration, zipfile.BadZipFile) as error:
        raise ModelError(f"{path}: the stored model is missing or damaged "
                         f"({type(error).__name__}); build it again") from error


def save_graph(graph: Graph, folder: Path) -> list[Path]:
    """Write ``graph.json`` and ``weights.npz`` into ``folder``."""
    paths = [folder / "graph.json", folder / "weights.npz"]
    write(graph, *paths)
    return paths


def load_graph(folder: Path) -> Graph:
    """The graph that ``save_graph`` wrote into ``folder``; raises ModelError if it cannot."""
    graph = read(folder / "graph.json", folder / "weights.npz")
    if not isinstance(graph, Graph):
        raise ModelError(f"{folder / 'graph.json'}: holds no graph; build it again")
    return graph
