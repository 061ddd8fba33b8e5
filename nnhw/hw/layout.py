# SPDX-License-Identifier: Apache-2.0
"""How tensors lie on the ports of a finished design, and what is known of its timing."""

from dataclasses import dataclass

from nnhw.ir.types import TensorType
from nnhw.numeric.types import FixedType

__all__ = ["DesignInterface", "LayerFigures", "PortLayout"]


@dataclass(frozen=True, eq=False)
class PortLayout:
    """A tensor on a stream port: beats of ``lanes`` elements in row-major order.

    Element ``k`` of a beat lies at bits ``k * stride`` to ``k * stride + width - 1`` of the
    payload, the first element lowest. Bare ports are ``{name}_payload``, ``{name}_valid``,
    ``{name}_ready``; AXI4-Stream ports are ``{name}_tdata``, ``_tvalid``, ``_tready``, ``_tlast``
    and have elements sign- or zero-extended to whole bytes.

    Parameters
    ----------
    name : str
        Verilog name of the port, without suffix.
    type : TensorType
        Of the tensor that crosses it.
    lanes : int
        Elements in a beat.
    axi : bool
        AXI4-Stream or bare.
    """

    name: str
    type: TensorType
    lanes: int
    axi: bool = False

    @property
    def element(self) -> FixedType:
        """Type of the element in its bits."""
        return self.type.element

    @property
    def width(self) -> int:
        """Bits of an element."""
        return self.element.width

    @property
    def stride(self) -> int:
        """Bits from one element to the next."""
        return -(-self.width // 8) * 8 if self.axi else self.width

    @property
    def beats(self) -> int:
        """Beats of one tensor; the last may be partly unused."""
        return -(-self.type.size // self.lanes)

    @property
    def payload_width(self) -> int:
        """Bits of a whole beat."""
        return self.lanes * self.stride


@dataclass(frozen=True, eq=False)
class LayerFigures:
    """What is known of one layer of a design; None is unknown.

    ``latency`` is the cycles the layer adds to the way of the first beat; ``interval`` the cycles
    between frames that the layer by itself needs. ``utilisation`` is the share of cycles in which
    its multipliers work when frames follow without a gap, None where it has none; ``limits`` says
    whether no other layer or port needs more cycles for a frame.
    """

    name: str
    op: str
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    type: str
    reuse: int | None
    interval: int | None
    latency: int | None
    multipliers: int | None
    weight_bits: int | None
    utilisation: float | None = None
    limits: bool = False


@dataclass(frozen=True, eq=False)
class DesignInterface:
    """What a test bench needs to know of a design: top module, ports and promised timing.

    The clock is ``clk`` and the synchronous reset ``rst`` (active high); with AXI ports they are
    ``aclk`` and ``aresetn`` (active low).

    Parameters
    ----------
    top : str
        Name of the top module.
    inputs, outputs : tuple of PortLayout
        In the model's order.
    latency : int
        Cycles from the first input beat offered to the first output beat offered, the design being
        empty and frames following each other without a gap.
    interval : int
        Cycles from one frame's first accepted beat to the next one's, when nothing stalls.
    probes : tuple of PortLayout
        Streams to watch only: payload, and a valid that is high while a beat moves.
    """

    top: str
    inputs: tuple[PortLayout, ...]
    outputs: tuple[PortLayout, ...]
    latency: int
    interval: int
    probes: tuple[PortLayout, ...] = ()

    @property
    def axi(self) -> bool:
        """Whether the ports are AXI4-Stream."""
        return self.inputs[0].axi
