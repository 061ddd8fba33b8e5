# SPDX-License-Identifier: Apache-2.0
"""What may be done to the positions of a tensor of shape (4, 3, 2)."""

import numpy as np

from nnhw.layers.gather.op import Gather
from tests.layers.support import tensor

__all__ = ["MOVES", "make"]


def _pad(at, *widths):
    return np.pad(at, widths, constant_values=-1)


MOVES = {
    "as it is": lambda at: at,
    "transpose": lambda at: at.transpose(1, 0, 2),
    "channels first": lambda at: at.transpose(2, 0, 1),
    "channels last": lambda at: at.reshape(2, 4, 3).transpose(1, 2, 0),
    "crop": lambda at: at[1:3, 1:],
    "first": lambda at: at[:1, :1, :1],
    "last": lambda at: at[-1:, -1:, -1:],
    "every other": lambda at: at[::2, ::2],
    "one channel": lambda at: at[..., 1:],
    "flip": lambda at: at[::-1],
    "flip of channels": lambda at: at[..., ::-1],
    "upsample": lambda at: at.repeat(2, axis=0).repeat(3, axis=1),
    "tile": lambda at: np.tile(at, (2, 1, 1)),
    "pad": lambda at: _pad(at, (1, 1), (1, 1), (0, 0)),
    "pad in front": lambda at: _pad(at, (2, 0), (0, 0), (0, 0)),
    "pad behind": lambda at: _pad(at, (0, 2), (0, 1), (0, 0)),
    "pad of channels": lambda at: _pad(at, (0, 0), (0, 0), (1, 2)),
    "shuffle": lambda at: np.random.default_rng(0).permutation(at.reshape(-1)),
    "depth to space": lambda at: at.reshape(4, 3, 1, 2).transpose(0, 2, 1, 3).reshape(4, 6),
    "any": lambda at: np.random.default_rng(1).integers(-1, at.size, (5, 7)),
    "one many times": lambda at: np.full((3, 3), 5),
    "nothing but padding": lambda at: np.full((2, 2), -1),
}


def make(move, low=-8, high=7, value=0):
    """The Gather of a move's name."""
    x = tensor((4, 3, 2), low, high)
    return Gather("g", x, MOVES[move](Gather.positions(x)), value)
