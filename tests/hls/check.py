# SPDX-License-Identifier: Apache-2.0
"""Hold layers' C++ against golden: what the tests of every ``hls`` facet use."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nnhw import golden
from nnhw.config.config import Config
from nnhw.hls.engine import FLAGS, Csim
from nnhw.hls.project import write
from nnhw.ir.graph import Graph, InputPort, Node, OutputPort
from nnhw.ir.op import Op
from nnhw.ir.types import TensorType
from nnhw.numeric.types import Mantissas
from nnhw.sim.verify import Comparison, compare

__all__ = ["QUICK", "check_graph", "check_layers", "layers_graph", "random_inputs"]

#: Compiling costs more than running here.
QUICK = ("-O0", *(flag for flag in FLAGS if flag != "-O2"))


def layers_graph(ops: Sequence[Op]) -> Graph:
    """A graph of independent layers, each between ports of its own; one program runs them all."""
    inputs, nodes, outputs = [], [], []
    for op in ops:
        names = tuple(f"{op.name}_{k}" for k in range(len(op.inputs)))
        inputs += [InputPort(name, x.shape, x, x.element)
                   for name, x in zip(names, op.inputs, strict=True)]
        nodes.append(Node(op, names))
        outputs.append(OutputPort(f"{op.name}_out", op.name, op.y.shape, op.y))
    return Graph("layers", tuple(inputs), tuple(nodes), tuple(outputs))


def random_inputs(graph: Graph, samples: int, seed: int) -> dict[str, Mantissas]:
    """Inputs within each element's interval: all lowest, all highest, then random ones."""
    rng = np.random.default_rng(seed)
    return {port.name: _random(port.type, samples, rng) for port in graph.inputs}


def _random(tensor: TensorType, samples: int, rng: np.random.Generator) -> Mantissas:
    low, high = (bound.astype(object) for bound in tensor.flat_bounds())
    words = -(-max(int(b - a) for a, b in zip(low, high, strict=True)).bit_length() // 30) + 1
    drawn = sum(rng.integers(0, 1 << 30, (samples, tensor.size)).astype(object) << (30 * k)
                for k in range(words))
    x = low + drawn % (high - low + 1)
    x[0], x[1 % samples] = low, high
    small = tensor.element.width <= 62
    return (x.astype(np.int64) if small else x).reshape((samples, *tensor.shape))


def check_layers(ops: Sequence[Op], folder: Path, config: Config | None = None, *,
                 samples: int = 200, seed: int = 0, flags: tuple[str, ...] = QUICK) -> Comparison:
    """Run layers side by side on random inputs and compare every word with golden."""
    return check_graph(layers_graph(ops), folder, config, samples=samples, seed=seed, flags=flags)


def check_graph(graph: Graph, folder: Path, config: Config | None = None, *, samples: int = 200,
                seed: int = 0, flags: tuple[str, ...] = QUICK) -> Comparison:
    """Write the project of ``graph``, run it on random inputs, compare every word with golden."""
    from nnhw.hw.design import build

    config = config or Config()
    inputs = random_inputs(graph, samples, seed)
    expected = golden.run(graph, inputs)
    write(graph, build(graph, config), config, folder, {k: v[:4] for k, v in inputs.items()},
          {k: v[:4] for k, v in expected.items()})
    return compare(expected, Csim(folder, flags=flags).run(inputs))
