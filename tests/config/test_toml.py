# SPDX-License-Identifier: Apache-2.0
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnhw.config import (
    AUTO,
    IO_STYLES,
    MULTIPLIERS,
    PORT_STYLES,
    TARGETS,
    Config,
    LayerConfig,
    as_config,
    load,
)
from nnhw.config.text import format_type
from nnhw.config.tomlfile import parse, render
from nnhw.errors import ConfigError
from nnhw.numeric.types import FixedType, Overflow, Quantizer, Rounding, parse_type

ROUNDINGS = [r for r in Rounding if r not in (Rounding.CEIL, Rounding.AWAY)]

quantizers = st.builds(
    Quantizer, st.builds(FixedType, st.integers(1, 70), st.integers(-9, 80), st.booleans()),
    st.sampled_from(ROUNDINGS), st.sampled_from(Overflow))
ranges = st.tuples(st.floats(-100, -1), st.floats(1, 100))
layer_configs = st.builds(LayerConfig, **{
    name: st.none() | quantizers for name in ("weight", "bias", "accum", "result", "table")},
    table_size=st.none() | st.integers(2, 4096), table_range=st.none() | ranges,
    reuse=st.none() | st.integers(1, 99),
    multiplier=st.none() | st.sampled_from(MULTIPLIERS))
names = st.text("abc_/.:1", min_size=1, max_size=6)
configs = st.builds(
    Config, precision=quantizers | st.just(AUTO), reuse=st.integers(1, 999),
    io=st.sampled_from(IO_STYLES), lanes=st.none() | st.integers(1, 64),
    ports=st.sampled_from(PORT_STYLES), clock_mhz=st.floats(1, 900),
    target=st.sampled_from(TARGETS),
    layers=st.dictionaries(names, layer_configs, max_size=3),
    kinds=st.dictionaries(names, layer_configs, max_size=2), notes=st.just(("a note",)))


@given(configs)
def test_written_and_read_back_is_the_same(config):
    assert parse(render(config), "config.toml") == config


@given(quantizers)
def test_text_of_a_type_reads_back(quantizer):
    assert parse_type(format_type(quantizer)) == quantizer


def test_rounding_without_a_name_is_refused():
    with pytest.raises(ConfigError, match="rounding ceil has no ap_fixed name"):
        format_type(Quantizer(FixedType(4), Rounding.CEIL))


def test_strings_in_python_are_types():
    config = Config("fixed<8,3>", layers={"fc": LayerConfig(weight="int<4>")})
    assert config.precision == parse_type("fixed<8,3>")
    assert config.layers["fc"].weight == parse_type("int<4>")


@pytest.mark.parametrize(("text", "message"), [
    ("reuze = 3", "c.toml: key 'reuze' is unknown; did you mean reuse?"),
    ("reuse = 0", "c.toml: reuse must be a whole number of at least 1, not 0"),
    ("reuse = true", "c.toml: reuse must be a whole number of at least 1, not True"),
    ("io = 'streem'", "c.toml: io 'streem' is unknown; did you mean stream?"),
    ("target = 'ecp6'", "c.toml: target 'ecp6' is unknown; did you mean ecp5?"),
    ("clock_mhz = -1", "c.toml: clock_mhz must be a positive number of megahertz, not -1"),
    ("precision = 'fixd<1,2>'", "c.toml: precision 'fixd<1,2>' is not understood"),
    ("[layers.fc]\nwieght = 'int<4>'", "c.toml: layers.fc: key 'wieght' is unknown; did you mean"),
    ("[layers.fc]\nweight = 'int<four>'", "c.toml: layers.fc: precision 'int<four>' must have"),
    ("[layers.fc]\ntable_range = [1]", "c.toml: layers.fc.table_range must be two numbers"),
    ("[layers.fc]\ntable_range = [1, 0]", "layers.fc: table_range must ascend, not [1.0, 0.0]"),
    ("[layers.fc]\nmultiplier = 'blok'", "c.toml: layers.fc: multiplier"),
    ("[layers.fc]\nwritable_weights = 'yes'",
     "c.toml: layers.fc: writable_weights must be true or false, not 'yes'"),
    ("layers = 3", "c.toml: layers must be a table, not 3"),
    ("[layers]\nfc = 3", "c.toml: layers.fc must be a table, not 3"),
    ("reuse = ", "c.toml: not valid TOML"),
])
def test_mistakes_are_named(text, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        parse(text, "c.toml")


def test_load_picks_by_extension(tmp_path):
    toml, yml = tmp_path / "a.toml", tmp_path / "a.yml"
    toml.write_text("reuse = 3")
    yml.write_text("HLSConfig: {Model: {Precision: 'ap_fixed<16,6>', ReuseFactor: 5}}")
    assert (load(toml).reuse, load(yml).reuse) == (3, 5)
    (tmp_path / "a.json").write_text("{}")
    with pytest.raises(ConfigError, match=r"must end in \.toml .* or \.yml"):
        load(tmp_path / "a.json")
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load(tmp_path / "b.toml")


def test_as_config_takes_what_callers_have(tmp_path):
    assert as_config(None) == Config()
    assert as_config({"reuse": 3}).reuse == 3
    assert as_config({"Model": {"ReuseFactor": 3}}).reuse == 3
    with pytest.raises(ConfigError, match="must be a Config, a path or a dictionary, not int"):
        as_config(3)


def test_layer_entries_weigh_more_than_kinds():
    config = Config(layers={"fc": LayerConfig(reuse=2)},
                    kinds={"Gemm": LayerConfig(reuse=4, table_size=8)})
    assert (config.layer("fc", "gemm").reuse, config.layer("fc", "gemm").table_size) == (2, 8)
