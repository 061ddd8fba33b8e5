# SPDX-License-Identifier: Apache-2.0
"""What is supported: read from the layers' folders, so that it cannot be out of date."""

import importlib
import importlib.util
import inspect

from nnhw.ir.op import FACETS, layer_names

__all__ = ["COLUMNS", "markdown", "support_rows"]

#: Facets of a layer in the words of a reader, after its name and meaning.
COLUMNS = ("layer", "meaning", "golden", "rtl", "hls")


def support_rows() -> list[list[str]]:
    """One row a layer: name, meaning, and for each engine whether it has the facet."""
    return [[name, _meaning(name), *("yes" if _has(name, facet) else "no"
                                     for facet in FACETS if facet != "op")]
            for name in layer_names()]


def _meaning(name: str) -> str:
    text = inspect.getdoc(importlib.import_module(f"nnhw.layers.{name}")) or name
    return text.splitlines()[0].partition(": ")[2].rstrip(".")


def _has(name: str, facet: str) -> bool:
    return importlib.util.find_spec(f"nnhw.layers.{name}.{facet}") is not None


def markdown() -> str:
    """The page ``docs/support.md``."""
    rule = ["---"] * len(COLUMNS)
    rows = [list(COLUMNS), rule, *support_rows()]
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    return ("# What is supported\n\n"
            "Written by `python docs/make_support.py` from the folders of `nnhw/layers`;\n"
            "`nnhw layers` prints the same.\n\n" + table + "\n")
