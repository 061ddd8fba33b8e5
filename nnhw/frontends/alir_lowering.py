# SPDX-License-Identifier: Apache-2.0
"""Operations of DAIS and ALIR programs as integer instructions.

Every value of the buffer is a mantissa with the fraction bits of its declared type, as in the
tools' own interpreters. Only inputs, ReLU, quantizations and selections wrap to that type; all
else is exact, so declared intervals are not relied upon.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from nnhw.errors import UnsupportedError
from nnhw.frontends.alir_file import AlirProgram
from nnhw.frontends.alir_records import NAMES, Operation
from nnhw.frontends.alir_types import AlirType, lowest_bit, precision
from nnhw.layers.program.listing import Code, Listing
from nnhw.numeric.types import Mantissas

__all__ = ["Lowered", "lower"]

_BITWISE = (Code.AND, Code.OR, Code.XOR)


@dataclass(frozen=True, eq=False)
class Lowered:
    """Instructions, those that are results, fraction bits of each result, and tables."""

    listing: Listing
    results: list[int]
    fracs: list[int]
    tables: tuple[Mantissas, ...]


@dataclass(frozen=True, slots=True)
class _Term:
    """An instruction's value as an operand: ``sign * value * 2**-frac``."""

    value: int
    frac: int
    sign: int = 1


def lower(program: AlirProgram, fracs: Sequence[int], *, aligned: bool) -> Lowered:
    """Translate a block whose inputs have ``fracs`` fraction bits.

    With ``aligned`` all results get the fraction bits of the finest one.
    """
    lowering = _Lowering(program, fracs)
    for k, op in enumerate(program.operations):
        lowering.listing.origin = k
        lowering.buffer.append(lowering.operation(k, op))
    return lowering.finish(aligned)


class _Lowering:
    def __init__(self, program: AlirProgram, fracs: Sequence[int]) -> None:
        self.program, self.fracs = program, fracs
        self.listing = Listing()
        self.buffer: list[int] = []
        self.types = [precision(op.interval, program.single) for op in program.operations]

    def finish(self, aligned: bool) -> Lowered:
        """Results as the program shows them."""
        terms: list[_Term | None] = []
        for k, by, negated in self.program.outputs:
            if k < 0:
                terms.append(None)
                continue
            value = self.listing.negate(self.buffer[k]) if negated else self.buffer[k]
            terms.append(_Term(value, self.types[k].frac - by))
        finest = max((term.frac for term in terms if term), default=0)
        zero = _Term(self.listing.add(Code.CONST), finest)
        shown = [term or zero for term in terms]
        if aligned:
            shown = [_Term(self._aligned(term, finest), finest) for term in shown]
        return Lowered(self.listing, [term.value for term in shown], [term.frac for term in shown],
                       tuple(table.values for table in self.program.tables))

    def operation(self, k: int, op: Operation) -> int:
        """The instruction that makes the value of an operation, at its declared fraction bits."""
        to, terms = self.types[k], self._operands(op)
        match op.opcode:
            case -2:
                return self._aligned(_Term(self.listing.negate(terms[0].value), terms[0].frac),
                                     to.frac)
            case -1:
                return self._input(op.data[0], to)
            case 0 | 1 | 4 | 11:
                return self._aligned(self._sum(_addends(self.listing, op, terms)), to.frac)
            case 2:
                positive = self.listing.add(Code.RELU, (terms[0].value,))
                return self._wrapped(_Term(positive, terms[0].frac), to)
            case 3:
                return self._wrapped(_Term(terms[0].value, terms[0].frac - op.data[0]), to)
            case 5:
                return self.listing.add(Code.CONST, (), op.data[0])
            case 6:
                return self._select(op, terms, to)
            case 7:
                product = self.listing.add(Code.MULTIPLY, [term.value for term in terms])
                return self._aligned(_Term(product, terms[0].frac + terms[1].frac), to.frac)
            case 8:
                return self._lookup(op, terms[0], to)
            case 9:
                return self._unary(k, op, terms[0], to)
            case _:
                return self._binary(k, op, terms, to)

    def _operands(self, op: Operation) -> list[_Term]:
        return [_Term(self.listing.negate(self.buffer[a]) if negated else self.buffer[a],
                      self.types[a].frac)
                for a, negated in zip(op.args, op.negated, strict=True)]

    def _aligned(self, term: _Term, frac: int) -> int:
        """The term's mantissa with other fraction bits, toward minus infinity."""
        return self.listing.shift(term.value, frac - term.frac)

    def _wrapped(self, term: _Term, to: AlirType) -> int:
        if to.width == 0:
            return self.listing.add(Code.CONST)
        return self.listing.add(Code.WRAP, (self._aligned(term, to.frac),), to.width,
                                int(to.signed))

    def _input(self, element: int, to: AlirType) -> int:
        value = self.listing.add(Code.INPUT, (), element)
        return self._wrapped(
            _Term(value, self.fracs[element] - self.program.input_shifts[element]), to)

    def _sum(self, terms: list[_Term]) -> _Term:
        """Exact sum as a balanced tree; the first term of each pair keeps its sign."""
        while len(terms) > 1:
            pairs = [self._pair(a, b) for a, b in zip(terms[::2], terms[1::2], strict=False)]
            terms = pairs + terms[len(terms) - len(terms) % 2:]
        last = terms[0]
        return last if last.sign > 0 else _Term(self.listing.negate(last.value), last.frac)

    def _pair(self, a: _Term, b: _Term) -> _Term:
        if a.sign < b.sign:
            a, b = b, a
        frac = max(a.frac, b.frac)
        code = Code.ADD if a.sign == b.sign else Code.SUBTRACT
        value = self.listing.add(code, (a.value, b.value), frac - a.frac, frac - b.frac)
        return _Term(value, frac, a.sign)

    def _select(self, op: Operation, terms: list[_Term], to: AlirType) -> int:
        """The first operand where the top bit of the third is set, else the second."""
        then, other, condition = terms
        width = self.types[op.args[2]].width
        if width == 0:
            return self._wrapped(_Term(other.value, other.frac - op.data[0]), to)
        top = self.listing.add(Code.BIT, (condition.value,), width - 1)
        values = [self._aligned(then, to.frac),
                  self._aligned(_Term(other.value, other.frac - op.data[0]), to.frac)]
        return self._wrapped(_Term(self.listing.add(Code.SELECT, (top, *values)), to.frac), to)

    def _lookup(self, op: Operation, place: _Term, to: AlirType) -> int:
        low, _, step = self.program.operations[op.args[0]].interval
        entry = self.listing.add(Code.TABLE, (place.value,), op.data[0], round(low / step))
        return self._aligned(_Term(entry, lowest_bit(self.program.tables[op.data[0]].step)),
                             to.frac)

    def _unary(self, k: int, op: Operation, term: _Term, to: AlirType) -> int:
        """All bits inverted, or 1 where any bit is set, or where all are; the bits stay put."""
        width = self.types[op.args[0]].width
        if op.data[0] == 0:
            ones = self.listing.add(Code.CONST, (), -1)
            inverted = self.listing.add(Code.SUBTRACT, (ones, term.value))
            return inverted if to.signed else self._bits(inverted, width)
        if op.data[0] == 1:
            none = self.listing.add(Code.EQUAL, (term.value,), 0)
            return self.listing.add(Code.SUBTRACT, (self.listing.add(Code.CONST, (), 1), none))
        if op.data[0] == 2:
            bits = self._bits(term.value, width)
            return self.listing.add(Code.EQUAL, (bits,), (1 << width) - 1)
        raise _refused(k, op, op.data[0], "0 (not), 1 (any) and 2 (all)")

    def _bits(self, value: int, width: int) -> int:
        """Low bits as a number without sign."""
        return self._wrapped(_Term(value, 0), AlirType(width, 0, False))

    def _binary(self, k: int, op: Operation, terms: list[_Term], to: AlirType) -> int:
        if not 0 <= op.data[1] < len(_BITWISE):
            raise _refused(k, op, op.data[1], "0 (and), 1 (or) and 2 (exclusive or)")
        a, b = terms[0], _Term(terms[1].value, terms[1].frac - op.data[0])
        frac = max(a.frac, b.frac)
        value = self.listing.add(_BITWISE[op.data[1]],
                                 (self._aligned(a, frac), self._aligned(b, frac)))
        return self._aligned(_Term(value, frac), to.frac)


def _addends(listing: Listing, op: Operation, terms: list[_Term]) -> list[_Term]:
    """Terms of a sum: the second one of an addition shifted, or a constant, or many."""
    match op.opcode:
        case 4:
            return [*terms, _Term(listing.add(Code.CONST, (), op.data[0]), op.data[1])]
        case 11:
            if not terms or len(op.data) < 2 * len(terms):
                raise UnsupportedError(f"a sum of {len(terms)} operands with {len(op.data)} "
                                       "numbers is not supported; each operand needs two")
            return [_Term(term.value, term.frac - shift, 1 if plus else -1)
                    for term, plus, shift in zip(terms, op.data[::2], op.data[1::2], strict=False)]
    a, b = terms
    return [a, _Term(b.value, b.frac - op.data[0], 1 if op.opcode == 0 else -1)]


def _refused(k: int, op: Operation, number: int, known: str) -> UnsupportedError:
    return UnsupportedError(f"operation {k} ({NAMES[op.opcode]}) of kind {number} is not "
                            f"supported; kinds {known} are")
