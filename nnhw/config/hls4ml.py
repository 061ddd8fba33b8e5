# SPDX-License-Identifier: Apache-2.0
"""hls4ml configurations, read unchanged.

Accepted are the whole YAML file and its ``HLSConfig`` part alone. A precision without modes means
what it means there: truncation and wrapping (``TRN,WRAP``). What a key asks for and nnhw does
otherwise is listed in the notes; what cannot be honoured without changing results is refused.
"""

import re
from collections.abc import Mapping
from typing import Any

from nnhw.config.config import AUTO, Config, LayerConfig
from nnhw.errors import ConfigError, suggest
from nnhw.numeric.types import Quantizer, parse_type

__all__ = ["from_hls4ml", "is_hls4ml", "parse_precision"]

#: Keys of the file that change nothing here, or are decided elsewhere.
_TOP_NOTED = frozenset(
    "Backend OutputDir ProjectName ProjectDir KerasJson KerasH5 KerasModel KerasWeights OnnxModel "
    "PytorchModel PytorchDict InputShape InputData OutputPredictions Board ClockUncertainty "
    "Version Stamp WriterConfig Interface Driver TBOutputStream WriteWeightsTxt WriteTar "
    "Namespace AllocateMemory Platform InputType OutputType".split())
_TOP_USED = frozenset({"HLSConfig", "ClockPeriod", "IOType", "Part", "XilinxPart"})
_MODEL_NOTED = frozenset(
    "Strategy BramFactor TraceOutput PipelineStyle Compression Debug FIFO_opt PipelineInterval "
    "ChannelsLastConversion InputsChannelLast TransposeOutputs ParallelizationFactor "
    "ConvImplementation Name".split())
_LAYER_NOTED = frozenset(
    "Strategy Trace ParallelizationFactor ConvImplementation Compression BramFactor inline "
    "accelerator_cfg".split())
_PRECISION_NAMES = {"weight": "weight", "kernel": "weight", "bias": "bias", "result": "result",
                    "default": "default", "accum": "accum", "table": "table"}
#: Precisions of inner values of a layer, which nnhw sizes from the real range.
_PRECISION_NOTED = frozenset(
    "exp_table inv_table inv_inp inp_norm scale mean variance pointwise depthwise pointwise_accum "
    "pointwise_result depthwise_accum depthwise_result recurrent_weight recurrent_bias "
    "input slope param maximum".split())
_PARTS = {"xc7": "xc7", "xcku": "xcup", "xcvu": "xcup", "xczu": "xcup", "xcu": "xcup",
          "xck26": "xcup", "xa7": "xc7", "5c": "cyclonev", "10cl": "cyclone10lp"}


def is_hls4ml(data: Mapping[str, Any]) -> bool:
    """Whether nested mappings look like hls4ml's rather than nnhw's own."""
    return bool({"HLSConfig", "Model", "LayerName", "LayerType"} & set(data))


def from_hls4ml(data: Mapping[str, Any], where: str = "hls4ml configuration") -> Config:
    """Config of an hls4ml dictionary.

    Raises
    ------
    ConfigError
        If a key is unknown to hls4ml, or asks for what cannot be honoured.
    """
    return _Reader(where).read(data)


def parse_precision(text: Any, where: str) -> Quantizer | None:
    """A type in hls4ml's reading (modes left out are ``TRN,WRAP``); None for ``auto``."""
    if not isinstance(text, str):
        raise ConfigError(f"{where}: a precision must be text such as 'ap_fixed<16,6>', "
                          f"not {text!r}")
    if text.strip().lower() == AUTO:
        return None
    match = re.fullmatch(r"\s*(.*<)([^<>]*)>\s*", text)
    fields = match.group(2).split(",") if match else []
    numbers = 2 if match and "fixed" in match.group(1).lower() else 1
    modes = ["TRN", "WRAP"][max(0, len(fields) - numbers):]
    full = f"{match.group(1)}{','.join(fields + modes)}>" if match else text
    try:
        return parse_type(full)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from error


class _Reader:
    """One reading, which collects its notes."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.notes: list[str] = []

    def read(self, data: Mapping[str, Any]) -> Config:
        top = data if "HLSConfig" in data else {"HLSConfig": data}
        self._sort(top, _TOP_USED, _TOP_NOTED, "")
        inner = self._table(top["HLSConfig"], "HLSConfig")
        self._sort(inner, {"Model", "LayerName", "LayerType"}, {"Optimizers", "SkipOptimizers"}, "")
        fields = self._top_fields(top) | self._model(self._table(inner.get("Model", {}), "Model"))
        groups = {"layers": "LayerName", "kinds": "LayerType"}
        for ours, theirs in groups.items():
            entries = self._table(inner.get(theirs, {}), theirs)
            fields[ours] = {name: self._layer(self._table(entry, f"{theirs}.{name}"),
                                              f"{theirs}.{name}")
                            for name, entry in entries.items()
                            if not self._is_linear_twin(name, entries)}
        try:
            return Config(**fields, notes=tuple(self.notes))
        except ConfigError as error:
            raise ConfigError(f"{self.where}: {error}") from error

    def _sort(self, entry: Mapping[str, Any], used: Any, noted: Any, path: str) -> None:
        """Note the keys that do nothing here and refuse those that hls4ml does not know."""
        for key in entry:
            if key in noted:
                self.notes.append(f"hls4ml {path}{key} is not used: {entry[key]!r}"[:160])
            elif key not in used:
                raise ConfigError(f"{self.where}: key {path}{key} is unknown; "
                                  + suggest(str(key), {*used, *noted}))

    def _table(self, entry: Any, path: str) -> Mapping[str, Any]:
        if not isinstance(entry, Mapping):
            raise ConfigError(f"{self.where}: {path} must be a mapping, not {entry!r}")
        return entry

    def _top_fields(self, top: Mapping[str, Any]) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        period = top.get("ClockPeriod")
        if period is not None:
            if isinstance(period, bool) or not isinstance(period, int | float) or period <= 0:
                raise ConfigError(f"{self.where}: ClockPeriod must be nanoseconds above 0, "
                                  f"not {period!r}")
            fields["clock_mhz"] = 1000 / period
        style = top.get("IOType", "io_parallel")
        if style not in ("io_parallel", "io_stream"):
            raise ConfigError(f"{self.where}: IOType {style!r} is unknown; "
                              + suggest(str(style), ["io_parallel", "io_stream"]))
        fields["io"] = style.removeprefix("io_")
        part = top.get("Part") or top.get("XilinxPart")
        if part is not None:
            fields |= self._family(str(part).lower())
        return fields

    def _family(self, part: str) -> dict[str, str]:
        matches = [prefix for prefix in _PARTS if part.startswith(prefix)]
        if not matches:
            self.notes.append(f"hls4ml Part {part} is of no known family; the target is unchanged")
            return {}
        return {"target": _PARTS[max(matches, key=len)]}

    def _model(self, model: Mapping[str, Any]) -> dict[str, Any]:
        self._sort(model, {"Precision", "ReuseFactor"}, _MODEL_NOTED, "Model.")
        fields: dict[str, Any] = {}
        if "Precision" in model:
            types = self._precisions(model["Precision"], "Model.Precision")
            fields["precision"] = types.pop("default", None) or AUTO
            self.notes.extend(f"hls4ml Model.Precision.{name} is not used; give it by layer"
                              for name, value in types.items() if value is not None)
            self.notes.append("accumulators are exact unless a layer's Precision names accum")
        if "ReuseFactor" in model:
            fields["reuse"] = self._reuse(model["ReuseFactor"], "Model")
        return fields

    def _layer(self, entry: Mapping[str, Any], path: str) -> LayerConfig:
        used = {"Precision", "ReuseFactor", "TableSize", "TableRange", "Implementation"}
        self._sort(entry, used, _LAYER_NOTED, f"{path}.")
        if str(entry.get("Implementation", "stable")).lower() == "argmax":
            raise ConfigError(f"{self.where}: {path}.Implementation argmax changes the result; "
                              "put an ArgMax into the model instead")
        types = self._precisions(entry.get("Precision", {}), f"{path}.Precision")
        default = types.pop("default", None)
        fields: dict[str, Any] = dict.fromkeys(("weight", "bias", "result"), default) | {
            name: value for name, value in types.items() if value is not None}
        if "ReuseFactor" in entry:
            fields["reuse"] = self._reuse(entry["ReuseFactor"], path)
        if "TableSize" in entry:
            fields["table_size"] = entry["TableSize"]
        if "TableRange" in entry:
            low, high = entry["TableRange"]
            fields["table_range"] = (float(low), float(high))
        try:
            return LayerConfig(**fields)
        except ConfigError as error:
            raise ConfigError(f"{self.where}: {path}: {error}") from error

    def _precisions(self, entry: Any, path: str) -> dict[str, Quantizer | None]:
        if isinstance(entry, str):
            entry = {"default": entry}
        types = {}
        for name, text in self._table(entry, path).items():
            ours = _PRECISION_NAMES.get(name.lower().removesuffix("_t"))
            if ours:
                types[ours] = parse_precision(text, f"{self.where}: {path}.{name}")
            else:
                self._sort({name: text}, set(_PRECISION_NAMES), _PRECISION_NOTED, f"{path}.")
        return types

    def _reuse(self, value: Any, path: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ConfigError(f"{self.where}: {path}.ReuseFactor must be a whole number of at "
                              f"least 1, not {value!r}")
        return value

    def _is_linear_twin(self, name: str, entries: Mapping[str, Any]) -> bool:
        """Whether this is the ``X_linear`` that hls4ml puts behind a Keras layer ``X``."""
        stem = name.removesuffix("_linear")
        if stem == name or stem not in entries:
            return False
        self.notes.append(f"hls4ml LayerName.{name} is not used: it is the identity behind {stem}")
        return True
