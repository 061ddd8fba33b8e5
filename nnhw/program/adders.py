# SPDX-License-Identifier: Apache-2.0
"""Three-operand adders as text: a plain expression, or an instance of a primitive."""

from collections.abc import Sequence

from nnhw.program.builder import Kind, Program, Step
from nnhw.program.schedule import live_steps

__all__ = ["CONSTANT_MACRO", "MACRO", "adder_bits", "adds_constant", "assignment", "instance",
           "trailing_zeros"]

#: Defined where instances of ``nnhw_add3`` are wanted; see ``nnhw.synth.add3``.
MACRO = "NNHW_ADD3"

#: Defined where instances of ``nnhw_add_constant`` are; see ``nnhw.synth.add_constant``.
CONSTANT_MACRO = "NNHW_ADD_CONSTANT"


def assignment(name: str, step: Step, operands: Sequence[str]) -> str:
    """``a + b - c``, an operand with a plus first, so that nothing is negated apart."""
    terms = sorted(zip(operands, step.param, strict=True), key=lambda term: -term[1][1])
    signed = [(f"({text} <<< {by})" if by else text, sign) for text, (by, sign) in terms]
    body = "".join(f" {'+' if sign > 0 else '-'} {text}" for text, sign in signed[1:])
    return f"  assign {name} = {signed[0][0]}{body};"


def adds_constant(step: Step, args: Sequence[Step]) -> bool:
    """Whether a sum is of two operands with a plus and a constant, which comes last."""
    return args[-1].kind is Kind.CONST and all(sign > 0 for _, sign in step.param)


def instance(name: str, step: Step, operands: Sequence[str], args: Sequence[Step], *,
             constant: bool = False) -> list[str]:
    """The primitive, only as wide as two operands overlap; below them bits pass as they are.

    With ``constant`` that for two operands and a constant (see ``adds_constant``).
    """
    lows = [0 if arg.kind is Kind.CONST and not arg.low else by + trailing_zeros(arg)
            for arg, (by, _) in zip(args, step.param, strict=True)]
    width, base = step.type.width, _passing(lows, [sign for _, sign in step.param])
    base = min(base, width - 1)
    # Wires of the full width, for not all tools extend an expression at a port before shifting it.
    moved = {port: _moved(text, by - base) for port, text, (by, _)
             in zip("abc", operands, step.param, strict=True)}
    lines = []
    if base:
        lowest = lows.index(min(lows))
        by = step.param[lowest][0]
        text = f"({operands[lowest]} <<< {by})" if by else operands[lowest]
        lines.append(f"  assign {name}[{base - 1}:0] = {text};")
    width -= base
    if constant:
        del moved["c"]
        number = (args[2].low << step.param[2][0]) >> base & (1 << width) - 1
        module, parameters = "nnhw_add_constant", f"{width}, {width}'d{number}"
    else:
        module = "nnhw_add3"
        parameters = ", ".join([str(width), *(str(int(sign < 0)) for _, sign in step.param)])
    wires = ", ".join(f"{name}_{port} = {text}" for port, text in moved.items())
    ports = ", ".join(f"{name}_{port}" for port in moved)
    return [f"  wire signed [{width - 1}:0] {wires};", *lines,
            f"  {module} #({parameters}) {name}_add ({ports}, {name}[{base + width - 1}:{base}]);"]


def _moved(text: str, by: int) -> str:
    return f"{text} <<< {by}" if by > 0 else f"{text} >>> {-by}" if by < 0 else text


def _passing(lows: Sequence[int], signs: Sequence[int]) -> int:
    """Bits at the bottom that one operand alone decides: none if that operand is negative."""
    order = sorted(range(len(lows)), key=lambda k: lows[k])
    return lows[order[1]] if signs[order[0]] > 0 else lows[order[0]]


def trailing_zeros(step: Step) -> int:
    """Zero bits at the bottom of a constant; 0 for all else."""
    if step.kind is not Kind.CONST or not step.low:
        return 0
    return (step.low & -step.low).bit_length() - 1


def adder_bits(program: Program) -> int:
    """Bits of all adders that cost a LUT each."""
    total = 0
    for k in live_steps(program):
        step = program.steps[k]
        if step.kind not in (Kind.ADD, Kind.SUM):
            continue
        shifts = (step.param if step.kind is Kind.SUM
                  else ((step.param[0], 1), (step.param[1], step.param[2])))
        lows = [by + trailing_zeros(program.steps[i])
                for i, (by, _) in zip(step.args, shifts, strict=True)]
        total += max(step.type.width - _passing(lows, [sign for _, sign in shifts]), 1)
    return total
