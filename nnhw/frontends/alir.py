# SPDX-License-Identifier: Apache-2.0
"""Programs of da4ml (DAIS) and alkaid (ALIR) to graphs: one operation for each block of logic."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nnhw.errors import UnsupportedError
from nnhw.frontends.alir_file import AlirProgram, read_alir
from nnhw.frontends.alir_lowering import Lowered, lower
from nnhw.frontends.alir_types import precision
from nnhw.frontends.names import clean
from nnhw.ir.graph import Graph, InputPort, Node, OutputPort
from nnhw.ir.types import TensorType
from nnhw.layers.program.op import StraightLine
from nnhw.numeric.golden import as_mantissas
from nnhw.numeric.types import FixedType, Overflow, Rounding

__all__ = ["load_alir", "node_names"]

#: Widest input that the host can make of a float.
_WIDEST = 60


def node_names(blocks: int) -> list[str]:
    """Names of the nodes that the blocks of a program become.

    >>> node_names(1), node_names(2)
    (['program'], ['stage_0', 'stage_1'])
    """
    return ["program"] if blocks == 1 else [f"stage_{k}" for k in range(blocks)]


def load_alir(path: Path) -> Graph:
    """A graph that equals the tool's own interpreter on every input.

    Raises
    ------
    ModelError
        If the file cannot be read.
    UnsupportedError
        If it holds something that is not known here.
    """
    programs = read_alir(path)
    port = _port(path, programs[0])
    tensor, fracs = port.type, [int(port.type.frac)] * programs[0].inputs
    nodes: list[Node] = []
    last = port.name
    for name, program in zip(node_names(len(programs)), programs, strict=True):
        found = _lowered(path, name, program, fracs, aligned=len(nodes) == len(programs) - 1)
        code = found.listing.array()
        op = StraightLine(name, tensor, code, as_mantissas(found.results), found.tables,
                          np.array(found.fracs, dtype=np.int64))
        nodes.append(Node(op, (last,)))
        last, tensor, fracs = name, op.y, found.fracs
    output = OutputPort("outputs", last, tensor.shape, tensor)
    return Graph(clean(path.name.split(".")[0]), (port,), tuple(nodes), (output,))


def _port(path: Path, program: AlirProgram) -> InputPort:
    """Elements at the finest step and the largest range of all; the program narrows each."""
    signed, frac, whole = False, None, None
    for op in program.operations:
        to = precision(op.interval, program.single)
        if op.opcode == -1 and to.width:
            by = program.input_shifts[op.data[0]]
            frac = to.frac + by if frac is None else max(frac, to.frac + by)
            top = to.width - to.frac - by
            whole = top if whole is None else max(whole, top)
            signed = signed or to.signed
    frac, whole = frac or 0, whole if whole is not None else 1
    code = FixedType(max(frac + whole, 1), frac, signed)
    if code.width > _WIDEST:
        raise UnsupportedError(f"{path}: inputs from 2**{-frac} to 2**{whole} need {code.width} "
                               f"bits; at most {_WIDEST} are supported")
    shape = (program.inputs,)
    return InputPort("inputs", shape, TensorType.of(shape, code), code, 2.0**-frac,
                     rounding=Rounding.FLOOR, overflow=Overflow.WRAP)


def _lowered(path: Path, name: str, program: AlirProgram, fracs: Sequence[int], *,
             aligned: bool) -> Lowered:
    if len(fracs) != program.inputs:
        raise UnsupportedError(f"{path}: {name} has {program.inputs} inputs, but the stage before "
                               f"it has {len(fracs)} outputs; stages must fit each other")
    try:
        return lower(program, fracs, aligned=aligned)
    except UnsupportedError as error:
        raise UnsupportedError(f"{path}: {error}") from error
