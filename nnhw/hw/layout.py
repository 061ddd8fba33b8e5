# SPDX-License-Identifier: Apache-2.0
"""How tensors lie on the ports of a finished design, and what is known of its timing."""

from collections.abc import Iterator
from dataclasses import dataclass

from nnhw.ir.types import TensorType
from nnhw.numeric.types import FixedType, Mantissas

__all__ = ["DesignInterface", "LayerFigures", "MemoryLayout", "PortLayout"]


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
class MemoryLayout:
    """A memory of weights or biases that can be written, 32 bits at a time.

    Word ``w`` has its parts at addresses ``base + w * 2**part_width`` and on, the lowest bits
    first; writing the last of ``parts`` stores it. Addresses count words of 32 bits.

    Parameters
    ----------
    node : str
        Name of the layer.
    what : str
        ``weight`` or ``bias``: the field of its operation.
    element : FixedType
        Type of any coefficient.
    places : Mantissas, shape (words, lanes)
        Which coefficient, counted in row-major order, lies at lane ``k`` of a word, which is at
        bits ``k * element.width`` and on.
    base : int
        First address, a multiple of ``span``.
    """

    node: str
    what: str
    element: FixedType
    places: Mantissas
    base: int = 0

    @property
    def width(self) -> int:
        """Bits of a word."""
        return int(self.places.shape[1]) * self.element.width

    @property
    def parts(self) -> int:
        """Writes that fill a word."""
        return -(-self.width // 32)

    @property
    def part_width(self) -> int:
        """Bits of address that count the parts of a word."""
        return (self.parts - 1).bit_length()

    @property
    def index_width(self) -> int:
        """Bits of address that count the words, 1 or more."""
        return max(1, (len(self.places) - 1).bit_length())

    @property
    def address_width(self) -> int:
        """Bits of address inside the memory."""
        return self.index_width + self.part_width

    @property
    def span(self) -> int:
        """Addresses that the memory takes, a power of two."""
        return 1 << self.address_width

    def writes(self, coefficients: Mantissas) -> Iterator[tuple[int, int]]:
        """Address and data of every write that stores these coefficients.

        They must be of type ``element``.
        """
        mask, width = (1 << self.element.width) - 1, self.element.width
        flat = [int(value) & mask for value in coefficients.flat]
        for index, lanes in enumerate(self.places.tolist()):
            word = sum(flat[place] << (k * width) for k, place in enumerate(lanes))
            at = self.base + (index << self.part_width)
            for part in range(self.parts):
                yield at + part, (word >> (32 * part)) & 0xFFFFFFFF


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
    memories : tuple of MemoryLayout
        What can be written through ``load_write``, ``load_address`` and ``load_data``, which the
        module has only if there are any.
    """

    top: str
    inputs: tuple[PortLayout, ...]
    outputs: tuple[PortLayout, ...]
    latency: int
    interval: int
    probes: tuple[PortLayout, ...] = ()
    memories: tuple[MemoryLayout, ...] = ()

    @property
    def load_pins(self) -> dict[str, int]:
        """Width of each input that writes memories, by its name."""
        if not self.memories:
            return {}
        last = max(memory.base + memory.span for memory in self.memories) - 1
        return {"load_write": 1, "load_address": last.bit_length(), "load_data": 32}

    @property
    def axi(self) -> bool:
        """Whether the ports are AXI4-Stream."""
        return self.inputs[0].axi
