# SPDX-License-Identifier: Apache-2.0
"""Programs as da4ml (DAIS) and alkaid (ALIR) save them: JSON, gzipped or not, of all versions.

A program is a list of operations on a buffer, each naming earlier ones. da4ml 0.3 to 0.6 write a
bare list (or one of several, for a pipeline) and fold a negation into the operation's code; later
versions write an object with a version, name any number of operands, and negate by an operation
of its own. Both are read into the form of version 4.

Source: "DA Instruction Set (DAIS)" in da4ml's documentation, and "Alkaid Low-Level Intermediate
Representation" in alkaid's.
"""

import gzip
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnhw.errors import ModelError, UnsupportedError
from nnhw.frontends.alir_records import RECORDS, Operation
from nnhw.numeric.golden import as_mantissas
from nnhw.numeric.types import Mantissas

__all__ = ["AlirProgram", "AlirTable", "is_alir", "read_alir"]

_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, eq=False)
class AlirTable:
    """Entries for the values of an operand in ascending order, each ``value * step``."""

    values: Mantissas
    step: float


@dataclass(frozen=True, eq=False)
class AlirProgram:
    """One block of combinational logic.

    Parameters
    ----------
    inputs : int
        Number of elements that enter.
    input_shifts : sequence of int
        Powers of two that elements are multiplied by when read.
    outputs : sequence of (int, int, bool)
        Operation, or -1 for 0; power of two that its value is multiplied by; whether negated.
    operations : sequence of Operation
        Buffer, in order.
    tables : sequence of AlirTable
        What lookups read.
    single : bool
        Whether the tool takes logarithms of interval ends in float32 rather than float64.
    """

    inputs: int
    input_shifts: Sequence[int]
    outputs: Sequence[tuple[int, int, bool]]
    operations: Sequence[Operation]
    tables: Sequence[AlirTable]
    single: bool


def is_alir(path: Path) -> bool:
    """Whether a file is JSON, plain or gzipped, or says so: among models, that is a program."""
    try:
        with path.open("rb") as file:
            head = file.read(64)
    except OSError:
        return False
    return (path.suffix.lower() == ".json" or head.startswith(_GZIP)
            or head.lstrip()[:1] in (b"{", b"["))


def read_alir(path: Path) -> list[AlirProgram]:
    """The blocks of a program: one, or those of a pipeline in order.

    Raises
    ------
    ModelError
        If the file is damaged or holds no program.
    UnsupportedError
        If its version or one of its operations is not known.
    """
    data = _parse(path)
    version, blocks = _version(path, data)
    if version not in RECORDS:
        raise UnsupportedError(f"{path}: version {version} of ALIR is not supported; versions "
                               f"{', '.join(str(v) for v in RECORDS if v)} are, and programs of "
                               "da4ml up to 0.6")
    try:
        return [_program(block, version) for block in blocks]
    except UnsupportedError as error:
        raise UnsupportedError(f"{path}: {error}") from error
    except (TypeError, ValueError, KeyError, IndexError, OverflowError) as error:
        raise ModelError(f"{path}: the program is damaged or none of da4ml's or alkaid's "
                         f"({type(error).__name__}: {error}); save it again") from error


def _parse(path: Path) -> Any:
    try:
        content = path.read_bytes()
        if content.startswith(_GZIP):
            content = gzip.decompress(content)
        return json.loads(content)
    except (OSError, EOFError, zlib.error, ValueError, RecursionError) as error:
        raise ModelError(f"{path}: not complete JSON ({error}); save the program again") from error


def _version(path: Path, data: Any) -> tuple[Any, list[Any]]:
    """Version (0: before there were any) and blocks."""
    match data:
        case {"meta": "ALIRModel" | "DAISModel", "model": model, "spec_version": version}:
            return version, [model]
        case {"meta": "ALIRFSM"}:
            raise UnsupportedError(f"{path}: a state machine of alkaid is not supported; its "
                                   "combinational program (comb.json.gz beside it) is")
        case [[[[_, _], *_], *_]]:
            return 0, data[0]
        case [[_, _], *_]:
            return 0, [data]
    raise ModelError(f"{path}: JSON, but no program of da4ml or alkaid; of JSON files only these "
                     "can be read, an .onnx or .keras file would work too")


def _program(data: Any, version: int) -> AlirProgram:
    if len(data) not in (8, 9):
        raise ValueError(f"{len(data)} parts instead of 8 or 9")
    (inputs, outputs), shifts, places, out_shifts, negations, records = data[:6]
    tables = [_table(entry) for entry in (data[8] if len(data) > 8 else None) or ()]
    operations = [_checked(k, RECORDS[version](k, record), inputs, len(tables))
                  for k, record in enumerate(records)]
    shown = [(int(k), int(by), bool(negated))
             for k, by, negated in zip(places, out_shifts, negations, strict=True)]
    if len(shifts) != inputs or len(shown) != outputs or not inputs or not outputs:
        raise ValueError(f"{inputs} inputs and {outputs} outputs, but {len(shifts)} and "
                         f"{len(shown)} are described")
    if any(not -1 <= k < len(operations) for k, _, _ in shown):
        raise ValueError("an output shows an operation that is not there")
    return AlirProgram(int(inputs), [int(by) for by in shifts], shown, operations, tables,
                       version > 0)


def _table(entry: Any) -> AlirTable:
    values = np.array([int(value) for value in entry["table"]], dtype=object)
    if not values.size:
        raise ValueError("a table is empty")
    return AlirTable(as_mantissas(values), float(entry["spec"]["out_qint"]["step"]))


def _checked(k: int, op: Operation, inputs: int, tables: int) -> Operation:
    """An operation whose references are there."""
    if any(not 0 <= a < k for a in op.args):
        raise ValueError(f"operation {k} reads one that does not stand before it")
    if op.opcode == -1 and not 0 <= op.data[0] < inputs:
        raise ValueError(f"operation {k} reads input {op.data[0]} of {inputs}")
    if op.opcode == 8 and not 0 <= op.data[0] < tables:
        raise ValueError(f"operation {k} reads table {op.data[0]} of {tables}")
    return op
