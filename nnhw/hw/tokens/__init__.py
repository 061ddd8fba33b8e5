# SPDX-License-Identifier: Apache-2.0
"""The exact token schedule of a design: when each beat crosses each stream, without data.

A stream's beat ``n`` is there from cycle ``V[n]`` on, is offered when the beat before has crossed,
and crosses in cycle ``A[n]``. Every component turns known times into later ones by maxima and sums
(a timed event graph: Baccelli et al., "Synchronization and Linearity", 1992, chapter 2), so the
order of evaluation does not matter, and the cost is that of the beats, not of the cycles. Each
model mirrors one component of ``nnhw.hw``; ``core`` joins them.
"""

from nnhw.hw.tokens.core import Link, Sink, Source, Tokens, run
from nnhw.hw.tokens.folded import NarrowFoldedTokens, ReplayFoldedTokens
from nnhw.hw.tokens.moves import ReorderTokens, WindowTokens
from nnhw.hw.tokens.pipeline import PipelineTokens, ReplayTokens
from nnhw.hw.tokens.plumbing import ForkTokens, NarrowTokens, QueueTokens, WidenTokens
from nnhw.hw.tokens.serial import SerialTokens, TotalTokens

__all__ = ["ForkTokens", "Link", "NarrowFoldedTokens", "NarrowTokens", "PipelineTokens",
           "QueueTokens", "ReorderTokens", "ReplayFoldedTokens", "ReplayTokens", "SerialTokens",
           "Sink", "Source", "Tokens", "TotalTokens", "WidenTokens", "WindowTokens", "run"]
