# SPDX-License-Identifier: Apache-2.0
"""Every choice a user can make about a build, as plain frozen data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nnhw.errors import ConfigError, suggest
from nnhw.numeric.types import FixedType, Quantizer, parse_type

__all__ = ["AUTO", "IO_STYLES", "PORT_STYLES", "TARGETS", "Config", "LayerConfig"]

#: FPGA families a build can be aimed at.
TARGETS = ("xc7", "xcup", "ecp5", "ice40", "gowin", "nexus", "cyclonev", "cyclone10lp")

#: How tensors cross the ports of the network.
IO_STYLES = ("parallel", "stream")

#: Signals of a port.
PORT_STYLES = ("bare", "axi")
MULTIPLIERS = ("block", "logic")

#: Precision word: types are chosen for each layer from calibration data.
AUTO = "auto"


@dataclass(frozen=True)
class LayerConfig:
    """Choices for one layer; None means what the model or ``Config`` says.

    Parameters
    ----------
    weight, bias : Quantizer or None
        Types of the coefficients (float models only).
    accum : Quantizer or None
        Type the exact sum is brought into; None keeps it exact.
    result : Quantizer or None
        Type of the layer's result (float models only).
    auto : Quantizer or None
        Type that precision ``auto`` chose for the layer's result, written by ``build``; with it the
        layer needs no calibration data.
    table : Quantizer or None
        Type of the entries of a lookup table.
    table_size : int or None
        Largest number of entries of a table.
    table_range : pair of float or None
        Operands between which the table is placed; beyond, its end entries hold.
    reuse : int or None
        Products per multiplier.
    multiplier : str or None
        ``block``: a block of the FPGA for each multiplier; ``logic``: all in LUTs. None: in LUTs
        where a block would be wasted, two in one where it can hold them
        (``nnhw.folding.products``).
    writable_weights : bool or None
        Whether weights and biases can be replaced in the finished circuit; needs a reuse above 1.
    """

    weight: Quantizer | None = None
    bias: Quantizer | None = None
    accum: Quantizer | None = None
    result: Quantizer | None = None
    auto: Quantizer | None = None
    table: Quantizer | None = None
    table_size: int | None = None
    table_range: tuple[float, float] | None = None
    reuse: int | None = None
    multiplier: str | None = None
    writable_weights: bool | None = None

    def __post_init__(self) -> None:
        for name in ("weight", "bias", "accum", "result", "auto", "table"):
            value: Any = getattr(self, name)
            if isinstance(value, str):
                object.__setattr__(self, name, parse_type(value))
        for name, least in (("reuse", 1), ("table_size", 2)):
            _check_whole(name, getattr(self, name), least, optional=True)
        if self.multiplier is not None:
            _check_word("multiplier", self.multiplier, MULTIPLIERS)
        if self.writable_weights not in (None, True, False):
            raise ConfigError("writable_weights must be true or false, "
                              f"not {self.writable_weights!r}")
        if self.table_range is not None:
            low, high = self.table_range
            if not low < high:
                raise ConfigError(f"table_range must ascend, not [{low}, {high}]")


@dataclass(frozen=True)
class Config:
    """Choices for a whole build.

    Parameters
    ----------
    precision : Quantizer or "auto"
        Type of weights, biases, inputs and results of a float model; ``auto`` needs calibration.
    reuse : int
        Products per multiplier, for every layer that does not say otherwise.
    io : str
        ``parallel``: a whole tensor in one beat; ``stream``: ``lanes`` elements a beat.
    lanes : int or None
        Elements in a beat of the network's own ports when ``io`` is ``stream``; None is 1 for a
        vector, the channels of one pixel for anything larger.
    ports : str
        ``bare`` (payload, valid, ready) or ``axi`` (AXI4-Stream with TLAST).
    clock_mhz : float
        Clock goal for pipelining.
    target : str
        FPGA family, one of ``TARGETS``.
    board : str or None
        Name of a board, which then decides target and clock.
    table_size : int
        Largest number of entries of a lookup table.
    layers : mapping of str to LayerConfig
        By name of a layer of the model.
    kinds : mapping of str to LayerConfig
        By operator of the model (``Gemm``, ``Softmax``, ...), case ignored.
    notes : tuple of str
        What a reader of the report should know of where these choices came from.

    Raises
    ------
    ConfigError
        If a value is out of its range; types may be given as text, as ``parse_type`` reads it.
    """

    precision: Quantizer | str = field(default_factory=lambda: Quantizer(FixedType(16, 10)))
    reuse: int = 1
    io: str = "parallel"
    lanes: int | None = None
    ports: str = "bare"
    clock_mhz: float = 200.0
    target: str = "xcup"
    board: str | None = None
    table_size: int = 2048
    layers: Mapping[str, LayerConfig] = field(default_factory=dict)
    kinds: Mapping[str, LayerConfig] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.precision, str) and self.precision != AUTO:
            object.__setattr__(self, "precision", parse_type(self.precision))
        _check_whole("reuse", self.reuse, 1)
        _check_whole("lanes", self.lanes, 1, optional=True)
        _check_whole("table_size", self.table_size, 2)
        _check_word("io", self.io, IO_STYLES)
        _check_word("ports", self.ports, PORT_STYLES)
        _check_word("target", self.target, TARGETS)
        clock: Any = self.clock_mhz
        if isinstance(clock, bool) or not isinstance(clock, int | float) or not 0 < clock < 1e5:
            raise ConfigError(f"clock_mhz must be a positive number of megahertz, not {clock!r}")
        object.__setattr__(self, "kinds", {k.lower(): v for k, v in self.kinds.items()})

    def layer(self, name: str, kind: str = "") -> LayerConfig:
        """What holds for a layer: its own entry over its kind's over the empty one."""
        own = self.layers.get(name, LayerConfig())
        general = self.kinds.get(kind.lower(), LayerConfig())
        merged = {key: getattr(own, key) if getattr(own, key) is not None else value
                  for key, value in vars(general).items()}
        return LayerConfig(**merged)


def _check_whole(name: str, value: Any, least: int, *, optional: bool = False) -> None:
    if value is None and optional:
        return
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ConfigError(f"{name} must be a whole number of at least {least}, not {value!r}")


def _check_word(name: str, value: Any, known: Iterable[str]) -> None:
    if value not in known:
        raise ConfigError(f"{name} {value!r} is unknown; {suggest(str(value), known)}")
