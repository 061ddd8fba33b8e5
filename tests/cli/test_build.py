# SPDX-License-Identifier: Apache-2.0
import json
import re
from pathlib import Path

import numpy as np
import pytest

from nnhw.config import load


def tree(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*")) if path.is_file()}


def test_build_writes_the_folder(run, model):
    result = run("build", model, "-o", "out", "--reuse", "2", "--clock", "100")
    assert result.exit_code == 0, result.stderr
    names = set(tree(Path("out")))
    assert {"report.json", "report.html", "config.toml", "model/graph.json", "rtl/small.v",
            "sim/test_design.py"} <= names
    report = json.loads(Path("out/report.json").read_text())
    assert (report["model"], report["clock_mhz"], report["verify"]["samples"]) == (
        "small.py", 100, None)
    assert re.search(r"hidden +dense +6 +4 .* 2 ", result.stdout)
    assert re.search(r"latency \d+ cycles, interval 2 cycles: at 100 MHz", result.stdout)


def test_nothing_is_written_outside(run, model, tmp_path):
    before = set(tree(tmp_path))
    run("build", model, "-o", "a/b/out")
    assert all(name.startswith("a/b/out/") for name in set(tree(tmp_path)) - before)


def test_resolved_config_gives_the_same_verilog(run, model):
    run("build", model, "-o", "one", "--reuse", "5", "--io", "stream", "--lanes", "2",
        "--ports", "axi", "--target", "ecp5")
    config = load("one/config.toml")
    assert (config.io, config.lanes, config.ports, config.target) == ("stream", 2, "axi", "ecp5")
    assert config.layers["hidden"].reuse == 4  # the nearest to 5 that divides
    assert run("build", model, "-o", "two", "--config", "one/config.toml").exit_code == 0
    assert tree(Path("one/rtl")) == tree(Path("two/rtl"))


def test_options_weigh_more_than_the_file(run, model):
    Path("c.toml").write_text("reuse = 2\nclock_mhz = 50\n")
    run("build", model, "-o", "out", "--config", "c.toml", "--clock", "75")
    config = load("out/config.toml")
    assert (config.reuse, config.clock_mhz) == (2, 75)


def test_data_feeds_the_bench(run, model):
    np.savez("d.npz", inputs=np.full((3, 6), 0.5))
    assert run("build", model, "-o", "out", "--data", "d.npz").exit_code == 0
    vectors = json.loads(Path("out/sim/vectors.json").read_text())
    assert vectors["inputs"]["x"] == [[8] * 6] * 3


def test_force_replaces_a_build_and_nothing_else(run, refused, model):
    run("build", model, "-o", "out")
    Path("out/mine.txt").write_text("keep")
    assert "out holds a build already; replace it with --force" in refused(
        "build", model, "-o", "out")
    assert run("build", model, "-o", "out", "--force", "--reuse", "2").exit_code == 0
    assert Path("out/mine.txt").read_text() == "keep"
    assert load("out/config.toml").reuse == 2


def test_a_folder_that_is_no_build_is_left_alone(refused, model):
    Path("out").mkdir()
    Path("out/mine.txt").write_text("keep")
    message = refused("build", model, "-o", "out", "--force")
    assert message == ("output folder out is not empty and no nnhw build; name a new or empty "
                       "folder")
    assert tree(Path("out")) == {"mine.txt": b"keep"}


def test_a_failed_build_leaves_nothing(refused, model, monkeypatch):
    def fail(*args):
        raise OSError(28, "No space left on device")
    monkeypatch.setattr("nnhw.api.build.write_report", fail)
    assert refused("build", model, "-o", "out") == (
        "output folder out cannot be written: No space left on device")
    assert not Path("out").exists()


@pytest.mark.parametrize(("args", "message"), [
    (["--reuse", "0"], "--reuse: reuse must be a whole number of at least 1, not 0"),
    (["--reuse", "two"], "Invalid value for '--reuse': 'two' is not a valid integer."),
    (["--lanes", "0"], "--lanes: lanes must be a whole number of at least 1, not 0"),
    (["--clock", "0"], "--clock: clock_mhz must be a positive number of megahertz, not 0.0"),
    (["--clock", "nan"], "--clock: clock_mhz must be a positive number of megahertz, not nan"),
    (["--precision", "fixd<16,6>"], "--precision: precision 'fixd<16,6>' is not understood"),
    (["--precision", "fixed<16,6,RDN>"], "rounding mode RDN is unknown; did you mean"),
    (["--target", "ecp6"], "--target: target 'ecp6' is unknown; did you mean ecp5?"),
    (["--board", "arty"], "board 'arty' is unknown"),
    (["--io", "serial"], "Invalid value for '--io': 'serial' is not one of"),
    (["--ruse", "3"], "No such option '--ruse'"),
    (["--config", "none.toml"], "configuration none.toml cannot be read: No such file"),
    (["--config", "bad.toml"], "bad.toml: key 'reuze' is unknown; did you mean reuse?"),
    (["--config", "layer.toml"], "layer 'hiden' is not in the network small; did you mean hidden?"),
    (["--data", "none.npz"], "none.npz: cannot be read: No such file"),
    (["--data", "nan.npz"], "data: input x has NaN or infinity in 1 of 2 samples"),
    (["--data", "wide.npz"], "data: input x must have shape (batch, 6), not (2, 7)"),
    (["--data", "text.npz"], "data: input x must hold numbers, not <U1"),
    (["--data", "other.npz"], "other.npz: has no array 'inputs'; did you mean input"),
])
def test_mistakes_in_options(refused, model, args, message):
    Path("bad.toml").write_text("reuze = 3")
    Path("layer.toml").write_text("[layers.hiden]\nreuse = 3")
    np.savez("nan.npz", inputs=[[0.0] * 6, [np.nan] * 6])
    np.savez("wide.npz", inputs=np.zeros((2, 7)))
    np.savez("text.npz", inputs=np.full((2, 6), "a"))
    np.savez("other.npz", input=np.zeros((2, 6)))
    assert message in refused("build", model, "-o", "out", *args)
    assert not Path("out").exists()


@pytest.mark.parametrize(("name", "content", "message"), [
    ("none.onnx", None, "none.onnx does not exist"),
    ("empty.onnx", b"", "empty.onnx"),
    ("text.onnx", b"hello, world\n" * 99, "text.onnx"),
    ("zeros.onnx", bytes(999), "zeros.onnx"),
    ("model.tflite", b"TFL3", ".tflite files cannot be read yet"),
    ("model", b"what", "model"),
    ("broken.py", b"1 / 0", "broken.py raised ZeroDivisionError: division by zero"),
    ("other.py", b"x = 1", "other.py must define 'model'"),
])
def test_files_that_are_no_model(refused, name, content, message):
    if content is not None:
        Path(name).write_bytes(content)
    assert message in refused("build", name, "-o", "out")
    assert not Path("out").exists()


def test_a_truncated_onnx_file(refused, digits):
    whole = (digits / "digits.onnx").read_bytes()
    for size in (1, 10, len(whole) // 2, len(whole) - 1):
        Path("cut.onnx").write_bytes(whole[:size])
        assert "cut.onnx" in refused("build", "cut.onnx", "-o", "out")


def test_an_unsupported_operator_is_named(refused):
    import onnx
    from onnx import TensorProto, helper
    info = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["n", 4]) for n in "xy"]
    graph = helper.make_graph([helper.make_node("Det", ["x"], ["y"], "strange")], "g", info[:1],
                              info[1:])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)]), "det.onnx")
    message = refused("build", "det.onnx", "-o", "out")
    assert "operator Det is not supported" in message


@pytest.mark.parametrize("out", ["/dev/null/out", "file/out", "file"])
def test_a_folder_that_cannot_be_made(refused, model, out):
    Path("file").write_text("")
    assert "output" in refused("build", model, "-o", out)


def test_commands_and_help(run, refused):
    assert refused("buidl") == "command 'buidl' is unknown; did you mean build?"
    assert "Missing argument 'MODEL'" in refused("build")
    for command in ("build", "predict", "verify", "layers", "report"):
        result = run(command, "--help")
        assert result.exit_code == 0 and len(result.output) > 250, command
    assert run("--version").output.startswith("nnhw, version ")
    assert run("-h").exit_code == 0


def test_goals_choose_and_store_the_reuse_factors(run, refused, model):
    result = run("build", model, "-o", "out", "--target-fps", "2e7", "--max-latency", "1us")
    assert result.exit_code == 0, result.stderr
    config = load("out/config.toml")
    assert {name: layer.reuse for name, layer in config.layers.items()} == {
        "hidden": 8, "scores": 6}
    assert re.search(r"hidden .* 100 +%|hidden .*\d+ % ", result.stdout)
    assert "reuse factors were chosen for 20,000,000 inferences/s and" in result.stdout
    run("build", model, "-o", "again", "--config", "out/config.toml")
    assert tree(Path("out/rtl")) == tree(Path("again/rtl"))
    assert "notes = " in Path("again/config.toml").read_text()


def test_goals_that_contradict(refused, model):
    assert "--reuse: a goal (--target-fps, --max-latency, --fit) chooses" in refused(
        "build", model, "-o", "out", "--reuse", "2", "--fit", "up5k")
    assert "part up5k is of family ice40, not ecp5" in refused(
        "build", model, "-o", "out", "--fit", "up5k", "--target", "ecp5")
    assert "max_latency 'soon' is no time" in refused(
        "build", model, "-o", "out", "--max-latency", "soon")
    assert not Path("out").exists()
