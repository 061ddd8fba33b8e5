# SPDX-License-Identifier: Apache-2.0
"""Primitives for adders held against what they mean."""

from nnhw.program.adders import assignment, instance
from nnhw.program.builder import Kind
from nnhw.synth.yosys import run_yosys


def proved(work, text, models):
    """Whether output ``ok`` of the module ``bench`` is always 1, by SAT; ``models`` of cells."""
    (work / "bench.v").write_text(text)
    log = run_yosys(["read_verilog bench.v", f"read_verilog -overwrite {models}",
                     "hierarchy -top bench", "proc", "flatten", "opt_clean",
                     "sat -verify -prove ok 1 bench"], work)
    return "SUCCESS!" in log


def operand(step, name):
    """As ``nnhw.program.verilog`` names operands."""
    if step.kind is Kind.CONST:
        return f"-32'sd{-step.low}" if step.low < 0 else f"32'sd{step.low}"
    return name if step.type.signed else f"$signed({{1'b0, {name}}})"


def both(program, *, constant=False):
    """A module in which every sum is made twice, as an expression and as an instance."""
    ports, lines, equal = [], [], []
    for k, step in enumerate(program.steps):
        kind = f"{'signed' if step.type.signed else ''} [{step.type.width - 1}:0]"
        if step.kind is Kind.INPUT:
            ports.append(f"input {kind} v{k}")
        if step.kind is not Kind.SUM:
            continue
        args = [program.steps[i] for i in step.args]
        operands = [operand(arg, f"v{i}") for i, arg in zip(step.args, args, strict=True)]
        lines += [f"wire {kind} plain{k}, mapped{k};", assignment(f"plain{k}", step, operands),
                  *instance(f"mapped{k}", step, operands, args, constant=constant)]
        equal.append(f"(plain{k} == mapped{k})")
    return (f"module bench({', '.join(ports)}, output ok);\n" + "\n".join(lines)
            + f"\nassign ok = {' & '.join(equal)};\nendmodule\n")
