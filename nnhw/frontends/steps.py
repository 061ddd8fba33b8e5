# SPDX-License-Identifier: Apache-2.0
"""Elementwise float32 operations of a source model, kept until something says what they become."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nnhw.frontends.functions import FUNCTIONS
from nnhw.ir.graph import HostStep
from nnhw.layers.reshape.op import refit

__all__ = ["Affine", "Step", "affine_run", "apply_steps"]

#: Kinds that are an affine map of their operand, and that a host can do.
AFFINE = frozenset({"add", "sub", "rsub", "mul", "div"})


@dataclass(frozen=True, eq=False)
class Step:
    """One float32 operation by a constant.

    Parameters
    ----------
    kind : str
        ``add``, ``sub``, ``rsub``, ``mul``, ``div``, ``rdiv``, ``clip``, ``leaky``, or the name
        of a function of ``functions.FUNCTIONS``.
    constant : array
        Operand, float32, broadcasting to the tensor's shape; for ``clip`` low and high along
        axis 0; the slope for ``leaky``; the parameters for a function.
    origin : Any
        Node of the source model.
    """

    kind: str
    constant: Any
    origin: Any = None

    @property
    def is_affine(self) -> bool:
        """Whether the operation is ``a * x + b``."""
        return self.kind in AFFINE

    @property
    def is_elementwise(self) -> bool:
        """Whether the constant broadcasts to the tensor."""
        return self.is_affine or self.kind in ("rdiv", "leaky")

    def apply(self, x: Any) -> Any:
        """The operation in float32, as a framework would do it."""
        return np.asarray(self.real(x)).astype(np.float32)

    def real(self, x: Any) -> Any:
        """The operation in the precision of the operand."""
        c = self.constant
        match self.kind:
            case "add":
                return x + c
            case "sub":
                return x - c
            case "rsub":
                return c - x
            case "mul":
                return x * c
            case "div":
                return x / c
            case "rdiv":
                return c / x
            case "clip":
                return np.minimum(np.maximum(x, c[0]), c[1])
            case "leaky":
                return np.where(x < 0, x * c, x)
        return FUNCTIONS[self.kind].apply(np.asarray(x, dtype=np.float64), *c)

    def sign(self) -> Any:
        """+1 where the operation ascends, -1 where it descends, 0 where neither is known."""
        match self.kind:
            case "mul" | "div":
                return np.where(np.asarray(self.constant) < 0, -1, 1)
            case "rsub":
                return np.int64(-1)
            case "rdiv":
                return np.int64(0)
            case "leaky":
                return np.where(np.asarray(self.constant) < 0, 0, 1)
            case "add" | "sub" | "clip":
                return np.int64(1)
        return np.int64(FUNCTIONS[self.kind].sign)

    def reshaped(self, old: tuple[int, ...], new: tuple[int, ...]) -> "Step":
        """The same operation after its tensor changes from shape ``old`` to ``new``."""
        if not self.is_elementwise:
            return self
        if np.size(self.constant) == 1:
            return replace(self, constant=np.reshape(self.constant, ()))
        return replace(self, constant=refit(self.constant, old, new))

    def transposed(self, rank: int, axes: tuple[int, ...]) -> "Step":
        """The same operation after a transpose of its tensor."""
        if not self.is_elementwise or np.ndim(self.constant) == 0:
            return self
        shape = np.shape(self.constant)
        full = np.reshape(self.constant, (1,) * (rank - len(shape)) + shape)
        return replace(self, constant=full.transpose(axes))

    def host(self) -> HostStep:
        """The same operation on the host."""
        return HostStep(self.kind, np.asarray(self.constant, dtype=np.float32))


@dataclass(frozen=True, eq=False)
class Affine:
    """``factor * x + term`` in float64: what a run of affine steps amounts to."""

    factor: Any = 1.0
    term: Any = 0.0

    def after(self, step: Step) -> "Affine":
        """This map followed by one more step."""
        c = np.asarray(step.constant, dtype=np.float64)
        match step.kind:
            case "add":
                return Affine(self.factor, self.term + c)
            case "sub":
                return Affine(self.factor, self.term - c)
            case "rsub":
                return Affine(-np.asarray(self.factor), c - self.term)
            case "mul":
                return Affine(self.factor * c, self.term * c)
            case "div":
                return Affine(self.factor / c, self.term / c)
        raise AssertionError(step.kind)

    @property
    def is_identity(self) -> bool:
        """Whether nothing changes."""
        return bool(np.all(np.asarray(self.factor) == 1) and np.all(np.asarray(self.term) == 0))


def affine_run(steps: tuple[Step, ...]) -> tuple[Affine, tuple[Step, ...]]:
    """The leading affine steps as one map, and the steps behind them."""
    affine = Affine()
    for at, step in enumerate(steps):
        if not step.is_affine:
            return affine, steps[at:]
        affine = affine.after(step)
    return affine, ()


def apply_steps(steps: tuple[Step, ...], x: Any) -> Any:
    """Every step in turn, in float32."""
    for step in steps:
        x = step.apply(x)
    return x
