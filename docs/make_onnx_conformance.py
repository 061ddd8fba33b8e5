# SPDX-License-Identifier: Apache-2.0
"""Runs ONNX's own node tests through the front end and writes ``onnx-conformance.md``.

The tests are those of the installed ``onnx`` package (``onnx.backend.test.case.node``): models of
one node with inputs and expected outputs. The first axis is taken for the batch. Operands that are
parameters become constants; where several operands could depend on the input, that is tried too.
"""

import sys
import tempfile
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnhw import golden
from nnhw.config.config import Config
from nnhw.errors import NNHWError
from nnhw.frontends import load
from nnhw.frontends.onnx_ops import HANDLERS
from nnhw.layers import Lookup, Softmax
from nnhw.numeric.types import parse_type

__all__ = ["Outcome", "cases", "outcome", "table"]

#: Far finer than the tests' own tolerance, for everything that is exact or affine.
WIDE = Config(precision=parse_type("fixed<40,16>"))
#: For tables and Softmax: so narrow a range that 65536 entries make a fine table.
FINE = Config(precision=parse_type("fixed<24,5>"), table_size=1 << 16)
#: Steps of the wide type that rounding of constants and results may add up to.
EXACT = 2e-5
PAGE = Path(__file__).parent / "onnx-conformance.md"


@dataclass(frozen=True)
class Outcome:
    """What became of one test: ``passed``, ``refused`` with the sentence, or ``failed``."""

    operator: str
    name: str
    result: str
    reason: str = ""


def cases() -> Iterator[Any]:
    """ONNX's tests of single nodes whose operator the front end knows."""
    from onnx.backend.test.case.node import collect_testcases

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        collected = collect_testcases(None)
    for case in sorted(collected, key=lambda case: str(case.name)):
        nodes = case.model.graph.node
        if case.name.endswith("_expanded") or "_expanded_" in case.name or len(nodes) != 1:
            continue
        plain = all(not isinstance(a, list) for a in case.data_sets[0][0])
        if plain and nodes[0].op_type in HANDLERS and nodes[0].domain in ("", "ai.onnx"):
            yield case


def outcome(case: Any, folder: Path) -> Outcome:
    """The worst of all ways to read a case, refusals set aside where another way works."""
    operator = case.model.graph.node[0].op_type
    found: list[Outcome] = []
    for lives in _choices(case):
        try:
            wrong = _differs(case, lives, folder)
        except NNHWError as error:
            found.append(Outcome(operator, case.name, "refused",
                                 str(error).replace(str(folder / "case.onnx"), "the model")))
            continue
        except Exception as error:  # whatever it is, it is ours to mend
            return Outcome(operator, case.name, "failed", f"{type(error).__name__}: {error}")
        if wrong:
            return Outcome(operator, case.name, "failed", wrong)
        found.append(Outcome(operator, case.name, "passed"))
    return min(found, key=lambda one: one.result)


def _choices(case: Any) -> list[tuple[int, ...]]:
    """Which operands shall depend on the input: the first, or all that share its first axis."""
    arrays = [_array(a) for a in case.data_sets[0][0]]
    first = np.shape(arrays[0])
    kinds = [np.asarray(a).dtype for a in arrays]
    alike = tuple(at for at, a in enumerate(arrays) if np.ndim(a) == len(first) > 0
                  and np.shape(a)[0] == first[0] and kinds[at] == kinds[0])
    kind = case.model.graph.node[0].op_type
    several = kind in ("Add", "Sub", "Mul", "Div", "Sum", "Mean", "Max", "Min", "Concat")
    choices = [(0,)]
    if several and len(alike) > 1:
        choices.append(alike)
    if several and len(arrays) > 1 and np.ndim(arrays[1]) > len(first):
        choices.append((1,))
    return choices


def _array(value: Any) -> Any:
    """A test's tensor; some are given in ONNX's own form."""
    from onnx import TensorProto, numpy_helper

    return numpy_helper.to_array(value) if isinstance(value, TensorProto) else value


def _differs(case: Any, lives: tuple[int, ...], folder: Path) -> str:
    """What is wrong with the outputs; nothing if they are right."""
    feeds = [_array(a) for a in case.data_sets[0][0]]
    model = _prepared(case, lives, feeds)
    path = folder / "case.onnx"
    path.write_bytes(model.SerializeToString())
    graph = load(path, WIDE)
    narrow = all(np.abs(feeds[at][np.isfinite(feeds[at])]).max(initial=0) < 15 for at in lives)
    if narrow and any(isinstance(node.op, Lookup | Softmax) for node in graph):
        graph = load(path, FINE)
    bound = EXACT + 2 * sum(float(node.op.error_bound or 0) for node in graph
                            if isinstance(node.op, Lookup | Softmax))
    mantissas = {port.name: port.encode(np.asarray(feeds[at], dtype=np.float32))
                 for port, at in zip(graph.inputs, lives, strict=True)}
    results = golden.run(graph, mantissas)
    for port, expected in zip(graph.outputs, map(_array, case.data_sets[0][1]), strict=False):
        got = port.decode(results[port.name])
        wanted = np.asarray(expected, dtype=np.float64)
        if got.shape != wanted.shape:
            return f"shape {got.shape}, not {wanted.shape}"
        if np.issubdtype(np.asarray(expected).dtype, np.integer):
            if not np.array_equal(got, wanted):
                return f"{int((got != wanted).sum())} of {wanted.size} codes differ"
            continue
        real = np.isfinite(wanted)  # NaN and infinity have no mantissa
        if not np.allclose(got[real], wanted[real], rtol=_tolerance(case, expected), atol=bound):
            return f"off by {np.abs(got - wanted)[real].max():.3g}"
    return ""


def _tolerance(case: Any, expected: Any) -> float:
    """The test's own, or what its result's type can tell apart."""
    name = str(np.asarray(expected).dtype)
    return max(float(case.rtol), {"float16": 2.0**-10, "bfloat16": 2.0**-7}.get(name, 0.0))


def _prepared(case: Any, lives: tuple[int, ...], feeds: Any) -> Any:
    """The model with an open batch axis, its parameters as constants."""
    import onnx
    from onnx import numpy_helper

    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    graph = model.graph
    inputs = list(graph.input)
    del graph.input[:]
    for at, value in enumerate(inputs):
        if at in lives:
            dims = value.type.tensor_type.shape.dim
            if dims:
                dims[0].Clear()
                dims[0].dim_param = "N"
            graph.input.append(value)
        elif isinstance(feeds[at], np.ndarray | np.generic):
            graph.initializer.append(numpy_helper.from_array(np.asarray(feeds[at]), value.name))
    return model


def table(outcomes: list[Outcome]) -> str:
    """The page."""
    import onnx

    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for one in outcomes:
        counts[one.operator][one.result] += 1
    total = Counter(one.result for one in outcomes)
    lines = ["# ONNX conformance", "",
             f"The node tests of onnx {onnx.__version__}, run through the front end and the golden "
             "model by `docs/make_onnx_conformance.py`.",
             "A refused test is one that `load` refuses with a sentence that names the node: most "
             "of them treat the first",
             "axis, which nnhw takes for the batch, as any other, or use types and attributes that "
             "have no integer meaning.", "",
             "| operator | passed | refused | failed |", "|---|---:|---:|---:|"]
    lines += [f"| {name} | {c['passed']} | {c['refused']} | {c['failed']} |"
              for name, c in sorted(counts.items())]
    lines += [f"| **all** | **{total['passed']}** | **{total['refused']}** | "
              f"**{total['failed']}** |", "", "## What is refused, and why", ""]
    lines += [f"- `{one.name}`: {one.reason}" for one in outcomes if one.result == "refused"]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the page, and say which tests fail."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outcomes = [outcome(case, Path(folder)) for case in cases()]
    PAGE.write_text(table(outcomes), encoding="utf-8")
    for one in outcomes:
        if one.result == "failed":
            print(one.operator, one.name, one.reason)
    print(Counter(one.result for one in outcomes))
    sys.exit(any(one.result == "failed" for one in outcomes))


if __name__ == "__main__":
    main()
