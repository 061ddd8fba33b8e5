# SPDX-License-Identifier: Apache-2.0
"""Users' arrays, checked before anything is computed from them; made-up ones where none are."""

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from nnhw.errors import DataError, suggest
from nnhw.ir.graph import Graph, InputPort, OutputPort
from nnhw.numeric.types import Mantissas

__all__ = ["DataSet", "by_name", "check_floats", "check_mantissas", "encode", "load_array",
           "load_data", "random_mantissas"]

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, eq=False)
class DataSet:
    """What an ``.npz`` given with ``--data`` holds.

    Parameters
    ----------
    inputs : array or mapping of str to array
        Floats, batch first; by name where a model has several inputs.
    outputs : array or mapping, or None
        What the source model answers.
    labels : array or None
        True classes.
    name : str
        Where it came from, for errors.
    """

    inputs: Any
    outputs: Any = None
    labels: Array | None = None
    name: str = field(default="data")


def load_data(path: str | Path) -> DataSet:
    """Read an ``.npz`` with ``inputs`` and optionally ``outputs`` and ``labels``.

    Where a model has several inputs, the file holds ``inputs/NAME`` for each (and so for outputs).

    Raises
    ------
    DataError
        If the file cannot be read or has no ``inputs``.
    """
    arrays = _load(Path(path), ".npz")
    if not isinstance(arrays, dict):
        raise DataError(f"{path}: must be an .npz archive with an array 'inputs', not one array")
    inputs, outputs = _group(arrays, "inputs"), _group(arrays, "outputs")
    if inputs is None:
        raise DataError(f"{path}: has no array 'inputs'; "
                        + (suggest("inputs", arrays) if arrays else "it is empty"))
    return DataSet(inputs, outputs, arrays.get("labels"), str(path))


def _group(arrays: dict[str, Array], name: str) -> Any:
    if name in arrays:
        return arrays[name]
    members = {k.removeprefix(f"{name}/"): v for k, v in arrays.items() if k.startswith(f"{name}/")}
    return members or None


def load_array(path: str | Path) -> Any:
    """One array of an ``.npy``, or a dictionary of arrays of an ``.npz``."""
    return _load(Path(path), ".npy")


def _load(path: Path, wanted: str) -> Any:
    try:
        with path.open("rb") as file:
            loaded = np.load(file, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                return loaded
            with loaded:
                return {key: loaded[key] for key in loaded.files}
    except OSError as error:
        reason = error.strerror or "it is truncated"
        raise DataError(f"{path}: cannot be read: {reason}") from error
    except (ValueError, EOFError, zipfile.BadZipFile, KeyError, SyntaxError) as error:
        raise DataError(f"{path}: is damaged or no NumPy {wanted} file of plain numbers") from error


def by_name(ports: Sequence[InputPort | OutputPort], x: Any, where: str) -> dict[str, Any]:
    """Arrays by name of their port, from one array or a mapping."""
    names = [port.name for port in ports]
    if not isinstance(x, Mapping):
        if len(names) != 1:
            raise DataError(f"{where}: must hold one array for each of {', '.join(names)}")
        return {names[0]: x}
    for name in x:
        if name not in names:
            raise DataError(f"{where}: {name!r} names no port; {suggest(str(name), names)}")
    missing = [name for name in names if name not in x]
    if missing:
        raise DataError(f"{where}: an array for {missing[0]!r} is missing")
    return dict(x)


def check_floats(graph: Graph, x: Any, where: str) -> dict[str, Array]:
    """Float32 arrays by input's name, of the model's own shapes and finite throughout.

    Raises
    ------
    DataError
        If they are not; the message names the file, the input and what is wrong.
    """
    arrays = by_name(graph.inputs, x, where)
    checked = {port.name: _check_one(port, arrays[port.name], where) for port in graph.inputs}
    _same_batch(checked, where)
    return checked


def _check_one(port: InputPort, array: Any, where: str) -> Array:
    array = _shaped(port.name, array, port.shape, where)
    if array.dtype.kind not in "fiub":
        raise DataError(f"{where}: input {port.name} must hold numbers, not {array.dtype}")
    with np.errstate(over="ignore"):
        floats: Array = array.astype(np.float32)
    finite = np.isfinite(floats.reshape(len(floats), -1))
    bad = ~np.asarray(finite.all(axis=1))
    if bad.any():
        raise DataError(f"{where}: input {port.name} has NaN or infinity in "
                        f"{int(bad.sum())} of {len(bad)} samples, the first is sample "
                        f"{int(np.argmax(bad))}; every value must be finite in float32")
    return floats


def _shaped(name: str, values: Any, shape: tuple[int, ...], where: str) -> Array:
    try:
        array: Array = np.asarray(values)
    except ValueError as error:
        raise DataError(f"{where}: input {name} is ragged, not an array") from error
    wanted = f"(batch, {', '.join(map(str, shape))})" if shape else "(batch,)"
    if array.shape[1:] != shape or array.ndim == 0:
        raise DataError(f"{where}: input {name} must have shape {wanted}, not {array.shape}")
    if len(array) == 0:
        raise DataError(f"{where}: input {name} must have at least one sample, not 0")
    return array


def _same_batch(arrays: Mapping[str, Array], where: str) -> None:
    sizes = {name: len(array) for name, array in arrays.items()}
    if len(set(sizes.values())) > 1:
        raise DataError(f"{where}: inputs must have one number of samples, not {sizes}")


def check_mantissas(graph: Graph, x: Any, where: str) -> dict[str, Mantissas]:
    """Mantissas by input's name, each within its type.

    Raises
    ------
    DataError
        If the shape is wrong, the numbers are not whole, or one is outside its type.
    """
    arrays = by_name(graph.inputs, x, where)
    checked = {}
    for port in graph.inputs:
        array = _shaped(port.name, arrays[port.name], port.type.shape, where)
        if array.dtype.kind not in "iuO":
            raise DataError(f"{where}: raw input {port.name} must hold whole numbers, "
                            f"not {array.dtype}; leave out --raw for floats")
        outside = (array < port.type.low) | (array > port.type.high)
        if outside.any():
            raise DataError(f"{where}: raw input {port.name} holds {array[outside].flat[0]}, "
                            f"which is outside {port.type.bounds} of {port.type.element}")
        checked[port.name] = array.astype(np.int64) if array.dtype != object else array
    _same_batch(checked, where)
    return checked


def encode(graph: Graph, x: Any, where: str = "x") -> dict[str, Mantissas]:
    """Checked floats as mantissas by input's name."""
    floats = check_floats(graph, x, where)
    return {port.name: port.encode(floats[port.name]) for port in graph.inputs}


def random_mantissas(graph: Graph, samples: int, seed: int = 0) -> dict[str, Mantissas]:
    """Seeded inputs within each element's interval: all lowest, all highest, then random ones."""
    rng = np.random.default_rng(seed)
    return {port.name: _random(port, samples, rng) for port in graph.inputs}


def _random(port: InputPort, samples: int, rng: np.random.Generator) -> Mantissas:
    shape = (samples, *port.type.shape)
    low, high = (np.broadcast_to(b, shape) for b in (port.type.low, port.type.high))
    if port.bipolar:
        drawn: Mantissas = 2 * rng.integers(0, 2, shape) - 1
    elif object in (low.dtype, high.dtype):
        bits = rng.integers(0, 1 << 62, shape).astype(object)
        drawn = low + (high - low) * bits // (1 << 62)
    else:
        drawn = rng.integers(low, high, endpoint=True)
    drawn = drawn.copy()
    if samples > 0:
        drawn[0] = low[0]
    if samples > 1:
        drawn[1] = high[0]
    return drawn
