# SPDX-License-Identifier: Apache-2.0
"""When the windows of a frame come out, counted in pushes."""

from nnhw.layers.window.op import Window

__all__ = ["WindowSchedule", "is_streamable"]


def _corner(op: Window, place: tuple[int, int]) -> int:
    """Pixel, counted along the rows, of a window's last tap; it may lie beyond its row."""
    at = [place[k] * op.stride[k] - op.before[k] + (op.kernel[k] - 1) * op.dilation[k]
          for k in range(2)]
    return at[0] * op.x.shape[1] + at[1]


def is_streamable(op: Window) -> bool:
    """Whether windows come out in order, at most one a push, and frames do not overtake.

    It fails only where the padding is wider than usual; a Gather that pads then helps.
    """
    rows, columns = op.places
    first, last = _corner(op, (0, 0)), _corner(op, (rows - 1, columns - 1))
    row_gap = _corner(op, (1, 0)) - _corner(op, (0, columns - 1))
    pixels = op.x.shape[0] * op.x.shape[1]
    return first >= 0 and (rows == 1 or row_gap > 0) and last - pixels < first


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
        assert is_streamable(op), op.name
        self.beats = beats
        self.rows, self.columns = op.places
        self.pushes = op.x.shape[0] * op.x.shape[1] * beats
        self.first = _corner(op, (0, 0)) * beats
        self.last = (_corner(op, (self.rows - 1, self.columns - 1)) + 1) * beats - 1
        self.column_gap = (op.stride[1] - 1) * beats + 1
        row_step = _corner(op, (1, 0)) - _corner(op, (0, self.columns - 1))
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
