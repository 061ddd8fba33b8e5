# SPDX-License-Identifier: Apache-2.0
import re

import pytest

from nnhw.config import load
from nnhw.config.hls4ml import from_hls4ml, parse_precision
from nnhw.errors import ConfigError
from nnhw.numeric.types import Overflow, Rounding, parse_type

YAML = """
Backend: Vitis
OutputDir: my-prj
Part: xcvu13p-flga2577-2-e
ClockPeriod: 5
IOType: io_stream
HLSConfig:
  Model:
    Precision: {default: "fixed<16,6>", maximum: "fixed<64,32>"}
    ReuseFactor: 2
    Strategy: Resource
  LayerName:
    fc1:
      Precision: {weight: "ap_fixed<8,2,AP_RND,AP_SAT>", bias: auto, result: "ap_ufixed<9,4>"}
      ReuseFactor: 8
      Trace: false
    fc1_linear: {Precision: {result: auto}}
    softmax:
      Precision: {result: "fixed<16,6>", exp_table: "fixed<18,8>"}
      TableSize: 1024
      Implementation: stable
  LayerType:
    Dense: {Precision: "ap_fixed<7,3>", ReuseFactor: 4}
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "hls4ml.yml"
    path.write_text(YAML)
    return load(path)


def test_whole_file(config):
    assert (config.clock_mhz, config.target, config.io, config.reuse) == (200, "xcup", "stream", 2)
    assert config.precision == parse_type("fixed<16,6,TRN,WRAP>")
    assert sorted(config.layers) == ["fc1", "softmax"]


def test_layer(config):
    layer = config.layers["fc1"]
    assert layer.weight == parse_type("fixed<8,2,RND,SAT>")
    assert layer.result == parse_type("ufixed<9,4,TRN,WRAP>")
    assert (layer.bias, layer.accum, layer.reuse) == (None, None, 8)
    assert config.layers["softmax"].table_size == 1024


def test_one_precision_for_a_kind_is_for_all_its_types(config):
    wrapped = parse_type("fixed<7,3,TRN,WRAP>")
    kind = config.kinds["dense"]
    assert (kind.weight, kind.bias, kind.result, kind.reuse) == (wrapped, wrapped, wrapped, 4)


def test_what_is_not_used_is_noted(config):
    notes = "\n".join(config.notes)
    for key in ("Backend", "OutputDir", "Model.Strategy", "LayerName.fc1.Trace", "exp_table",
                "LayerName.fc1_linear", "maximum"):
        assert key in notes
    assert "accumulators are exact" in notes


def test_inner_part_alone():
    assert from_hls4ml({"Model": {"Precision": "ap_fixed<12,4>"}}).precision == parse_type(
        "fixed<12,4,TRN,WRAP>")


@pytest.mark.parametrize(("text", "rounding", "overflow"), [
    ("ap_fixed<16,6>", Rounding.FLOOR, Overflow.WRAP),
    ("ap_fixed<16,6,AP_RND>", Rounding.HALF_UP, Overflow.WRAP),
    ("ap_fixed<16, 6, AP_RND_CONV, AP_SAT>", Rounding.HALF_EVEN, Overflow.SATURATE),
    ("ap_int<8>", Rounding.FLOOR, Overflow.WRAP),
])
def test_modes_left_out_are_those_of_hls4ml(text, rounding, overflow):
    quantizer = parse_precision(text, "here")
    assert (quantizer.rounding, quantizer.overflow) == (rounding, overflow)


@pytest.mark.parametrize(("data", "message"), [
    ({"Modle": {}, "Model": {}}, "key Modle is unknown; did you mean Model?"),
    ({"Model": {"ReuseFacter": 1}}, "key Model.ReuseFacter is unknown; did you mean ReuseFactor?"),
    ({"Model": {"ReuseFactor": 0}}, "Model.ReuseFactor must be a whole number of at least 1"),
    ({"Model": {"Precision": 16}}, "Model.Precision must be a mapping, not 16"),
    ({"Model": {"Precision": "float"}}, "Model.Precision.default: precision 'float' is not"),
    ({"LayerName": {"a": {"Precison": "x"}}}, "key LayerName.a.Precison is unknown; did you mean"),
    ({"LayerName": {"a": {"Precision": {"wieght": "int<4>"}}}}, "wieght is unknown; did you mean"),
    ({"LayerName": {"a": {"Implementation": "argmax"}}}, "Implementation argmax changes"),
    ({"HLSConfig": {}, "IOType": "io_serial"}, "IOType 'io_serial' is unknown; did you mean"),
    ({"HLSConfig": {}, "ClockPeriod": "5ns"}, "ClockPeriod must be nanoseconds above 0"),
])
def test_mistakes_are_named(data, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        from_hls4ml(data)


@pytest.mark.parametrize(("text", "message"), [
    ("a: [1", "not valid YAML at line"),
    ("3", "must hold a mapping"),
])
def test_broken_yaml(tmp_path, text, message):
    path = tmp_path / "h.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        load(path)
