# SPDX-License-Identifier: Apache-2.0
"""Window: the HLS C++, line buffers and a window that move on by one beat a cycle."""

from nnhw.hls.kernel import Kernel, Place, number
from nnhw.hw.window_schedule import WindowSchedule
from nnhw.layers.window.op import Window

__all__ = ["kernel"]


def kernel(op: Window, place: Place) -> Kernel:
    """``lanes`` channels a beat; windows come out at the pushes that the schedule says."""
    height, width, channels = op.x.shape
    plan = WindowSchedule(op, channels // place.lanes)
    pairs = (("kernel", op.kernel), ("stride", op.stride), ("dilation", op.dilation),
             ("before", op.before))
    members = [
        f"static const int height = {height}, width = {width}, columns = {plan.columns};",
        *(f"static const int {name}_rows = {rows}, {name}_columns = {columns};"
          for name, (rows, columns) in pairs),
        f"static const int taps = {op.taps}, pixel_beats = {plan.beats};",
        f"static const bool padded = {str(op.is_padded).lower()};",
        "// Delays of one row and of one column of the kernel, in beats.",
        f"static const int line_length = {op.dilation[0] * width * plan.beats}, "
        f"step_length = {op.dilation[1] * plan.beats};",
        "// Beats of a frame; pushes until its last window is out; pushes between windows.",
        f"static const int frame_beats = {plan.pushes}, "
        f"pushes = {max(plan.pushes, plan.last + 1)};",
        f"static const int first = {plan.first}, column_gap = {plan.column_gap}, "
        f"row_gap = {plan.row_gap};",
        *number("padding", op.value if op.is_padded else 0, "y_t", op.y.element),
    ]
    return Kernel("window.h", "window<LAYER>", members)
