# SPDX-License-Identifier: Apache-2.0
"""Errors raised on behalf of the user's model, data or settings; each message is one sentence."""

import difflib
from collections.abc import Iterable

__all__ = [
    "ConfigError",
    "DataError",
    "FoldingError",
    "ModelError",
    "NNHWError",
    "ToolError",
    "UnsupportedError",
    "suggest",
]


class NNHWError(Exception):
    """Root of them all; the command line prints it in one line and exits with status 2."""


class ModelError(NNHWError):
    """The model file cannot be read or contradicts itself."""


class UnsupportedError(ModelError):
    """The model asks for something nnhw does not do; the message says what would work."""


class ConfigError(NNHWError):
    """A precision, option, key or layer name is not understood."""


class DataError(NNHWError):
    """Input data have the wrong shape, type or contents."""


class FoldingError(NNHWError):
    """The requested folding cannot be built."""


class ToolError(NNHWError):
    """An outside tool is missing or failed."""


def suggest(word: str, known: Iterable[str]) -> str:
    """Half a sentence that names the nearest known words, for the end of an error message.

    >>> suggest("rues", ["reuse", "precision"])
    'did you mean reuse?'
    >>> suggest("zzz", ["reuse", "precision"])
    'known are precision, reuse'
    """
    names = sorted(known)
    near = difflib.get_close_matches(word, names, n=2, cutoff=0.6)
    if near:
        return f"did you mean {' or '.join(near)}?"
    shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f"known are {shown}" if names else "none are known here"
