# SPDX-License-Identifier: Apache-2.0
"""When the windows of a frame come out, counted in pushes."""

from nnhw.errors import FoldingError
from nnhw.layers.window.op import Window

__all__ = ["WindowSchedule"]


class WindowSchedule:
    """Pushes of a frame at which windows come out.

    A window comes out at the pushes of its last tap's pixel, ``beats`` of them. Taps are fixed
    distances along the rows; what lies beyond an edge is masked.

    Parameters
    ----------
    op : Window
        Operation.
    beats : int
        Beats of a pixel.

    Members
    -------
    pushes : int
        Beats of a frame.
    first, last : int
        Push of the first window's first beat and of the last window's last beat.
    column_gap, row_gap : int
        Pushes between the last beat of a window and the first of the next, less one.
    """

    def __init__(self, op: Window, beats: int) -> None:
        if not op.is_streamable:
            raise FoldingError(f"{op.name}: padding {op.before} and {op.after} is wider than a "
                               "stream of windows allows; nnhw.passes.pipeline.optimize splits it "
                               "off")
        self.beats = beats
        self.rows, self.columns = op.places
        self.pushes = op.x.shape[0] * op.x.shape[1] * beats
        self.first = op.corner((0, 0)) * beats
        self.last = (op.corner((self.rows - 1, self.columns - 1)) + 1) * beats - 1
        self.column_gap = (op.stride[1] - 1) * beats + 1
        row_step = op.corner((1, 0)) - op.corner((0, self.columns - 1))
        self.row_gap = (row_step - 1) * beats + 1

    @property
    def windows(self) -> int:
        """Beats that come out of a frame."""
        return self.rows * self.columns * self.beats

    @property
    def interval(self) -> int:
        """Cycles between frames: one push a cycle."""
        return max(self.pushes, self.windows)

    def due(self) -> list[int]:
        """Pushes of a frame at which its windows' beats come out."""
        due, at = [], self.first
        for _ in range(self.rows):
            for column in range(self.columns):
                due += range(at, at + self.beats)
                at += self.beats - 1
                at += self.column_gap if column < self.columns - 1 else self.row_gap
        return due
