# SPDX-License-Identifier: Apache-2.0
"""Words by which a configuration may call an operator."""

from nnhw.frontends.functions import FUNCTIONS

__all__ = ["words"]

_ACTIVATIONS = ("Relu", "LeakyRelu", "PRelu", "Clip", "HardSigmoid", "Softmax", *FUNCTIONS)

#: Beside the operator itself: our layer's name and hls4ml's word.
_SYNONYMS: dict[str, tuple[str, ...]] = {
    "MatMul": ("dense",),
    "Gemm": ("dense",),
    "Conv": ("conv", "conv1d", "conv2d"),
    "ConvTranspose": ("conv2dtranspose",),
    **dict.fromkeys(("MaxPool", "AveragePool"), ("pooling1d", "pooling2d")),
    **dict.fromkeys(("GlobalMaxPool", "GlobalAveragePool"), ("globalpooling1d", "globalpooling2d")),
    "Input": ("inputlayer",),
    **dict.fromkeys(_ACTIVATIONS, ("activation",)),
    **dict.fromkeys(FUNCTIONS, ("activation", "lookup")),
}


def words(kind: str) -> tuple[str, ...]:
    """Lower-case words for an ONNX operator, the most particular first.

    >>> words("Gemm"), words("Sigmoid")
    (('gemm', 'dense'), ('sigmoid', 'activation', 'lookup'))
    """
    return (kind.lower(), *_SYNONYMS.get(kind, ()))
