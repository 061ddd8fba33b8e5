# SPDX-License-Identifier: Apache-2.0
"""nnhw's circuit of one network, from weights to Verilog on disk, in a process of its own.

``python spatial_generate.py graph.pickle family clock_mhz circuit.v`` prints seconds of processor
time and the most memory it had, as JSON. It loads what that takes and no more, as the peers'
script does.
"""

import json
import pickle
import sys
from pathlib import Path

from spatial_peer import cpu_seconds, peak_mib

from nnhw.ir.graph import Graph
from nnhw.ir.op import required
from nnhw.passes.pipeline import optimize
from nnhw.program.beat import Beat, lane_bounds
from nnhw.program.builder import Program
from nnhw.program.circuit import Circuit

__all__ = ["program_of"]


def main() -> None:
    """Entry point."""
    source, family, clock, target = sys.argv[1:]
    graph = pickle.loads(Path(source).read_bytes())
    begun = cpu_seconds()
    circuit = Circuit.of(program_of(optimize(graph)), family, float(clock))
    Path(target).write_text(circuit.verilog())
    print(json.dumps({"cpu_s": cpu_seconds() - begun, "mib": peak_mib()}))


def program_of(graph: Graph) -> Program:
    """A chain of layers as one program."""
    p, port = Program("case"), graph.inputs[0]
    values = p.port("x0", port.type.element, lane_bounds(port.type, port.type.size, 1))
    for node in graph.nodes:
        with p.scope(node.name):
            values = required(node.op, "rtl").kernel(node.op, Beat(p, len(values), None, 1),
                                                     values)
    p.output(values)
    return p


if __name__ == "__main__":
    main()
