# SPDX-License-Identifier: Apache-2.0
"""Weights of a retrained model for a circuit that is finished."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from nnhw.api.engines import Job
from nnhw.errors import ConfigError, ModelError
from nnhw.hw.layout import DesignInterface
from nnhw.ir.graph import Graph, Node
from nnhw.ir.op import Op
from nnhw.ir.types import TensorType
from nnhw.layers.dense.design import fits
from nnhw.numeric.types import Mantissas
from nnhw.shell.wire import design_hash

__all__ = ["load_words", "retrained", "save"]

#: What may differ of an operation whose weights are writable.
_OWN = ("weight", "bias", "weight_bits", "writable")


def retrained(built: Graph, other: Graph) -> Graph:
    """``built`` with the coefficients of ``other`` in every layer whose weights are writable.

    Raises
    ------
    ConfigError
        If ``built`` has no such layer.
    ModelError
        If the two differ in anything else, or a coefficient does not fit its memory.
    """
    if not any(getattr(node.op, "writable", None) for node in built):
        raise ConfigError(f"{built.name} was built without writable weights; build it with "
                          "writable_weights = true in its configuration")
    for name, same in _compare(built, other):
        if not same:
            raise ModelError(f"{name}: the retrained model differs from the built one in more than "
                             "writable weights; build it anew")
    nodes = tuple(Node(_with_weights(node.op, new.op), node.inputs)
                  for node, new in zip(built, other, strict=True))
    return dataclasses.replace(built, nodes=nodes)


def _compare(built: Graph, other: Graph) -> Iterator[tuple[str, bool]]:
    """Places of two graphs, and whether they mean the same there."""
    names = [[node.name for node in graph] for graph in (built, other)]
    yield built.name, names[0] == names[1]
    for a, b in zip(built, other, strict=True):
        skip = _OWN if getattr(a.op, "writable", None) else ()
        yield a.name, a.inputs == b.inputs and _alike(a.op, b.op, skip)
    for ports in ("inputs", "outputs"):
        yield f"{ports} of {built.name}", _alike(getattr(built, ports), getattr(other, ports))


def _alike(a: Any, b: Any, skip: tuple[str, ...] = ()) -> bool:
    """Equal to the last bit; types of tensors by shape and binary point, not by interval."""
    if type(a) is not type(b):
        return False
    if isinstance(a, TensorType):
        return a.shape == b.shape and np.array_equal(a.frac, b.frac)
    if dataclasses.is_dataclass(a):
        return all(_alike(getattr(a, f.name), getattr(b, f.name))
                   for f in dataclasses.fields(a) if f.name not in skip)
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(_alike, a, b))
    return bool(np.array_equal(a, b))


def _with_weights(op: Op, new: Any) -> Op:
    """The built operation with the new coefficients, if they are writable."""
    types = getattr(op, "writable", None)
    if types is None:
        return op
    for what, to in zip(("weight", "bias"), types, strict=True):
        values = getattr(new, what)
        if values.shape != getattr(op, what).shape:
            raise ModelError(f"{op.name}: the retrained {what} has shape {values.shape}, the built "
                             f"one {getattr(op, what).shape}; build it anew")
        if not fits(to, values):
            raise ModelError(f"{op.name}: a {what} of {max(values.flat, key=abs)} does not fit the "
                             f"{to.width} bits of its memory; build with a wider type")
    changed: Op = dataclasses.replace(op, weight=new.weight, bias=new.bias)  # type: ignore[call-arg]
    return changed


def load_words(interface: DesignInterface, graph: Graph) -> Mantissas:
    """Address and data of every write that gives a circuit the weights of ``graph``.

    Returns
    -------
    Mantissas, shape (writes, 2)
    """
    ops = {node.name: node.op for node in graph}
    return np.array([write for memory in interface.memories
                     for write in memory.writes(getattr(ops[memory.node], memory.what))],
                    dtype=np.int64).reshape(-1, 2)


def save(path: Path, job: Job) -> int:
    """Write an ``.npz`` that the driver of a board loads; returns the number of words in it."""
    words = load_words(job.interface, job.graph)
    design = design_hash(job.interface, job.sources)
    with path.open("wb") as file:
        np.savez_compressed(file, words=words.astype("<u4"), design=np.array(design))
    return len(words)
