# SPDX-License-Identifier: Apache-2.0
import subprocess
import time
from pathlib import Path

import pytest

from nnhw import golden
from nnhw.config.config import Config
from nnhw.errors import UnsupportedError
from nnhw.hls.engine import FLAGS, Csim
from nnhw.hls.headers import find_headers
from nnhw.hls.places import Spot, needs_streams, spots
from nnhw.hls.project import write
from nnhw.hw.design import build
from nnhw.hw.serial_softmax import SerialSoftmax
from nnhw.sim.tools import require_compiler
from nnhw.sim.verify import compare
from tests.hls.check import QUICK, check_graph, random_inputs
from tests.hls.conftest import mlp, residual

SHARED = Path(__file__).parents[2].parent / "shared"


def compile_bench(folder, *flags):
    """The test bench as a program."""
    sources = [str(path) for path in sorted(folder.glob("*.cpp"))]
    done = subprocess.run([require_compiler(), *flags, f"-I{folder / 'gxx'}", "-isystem",
                           str(find_headers()), *sources, "-o", str(folder / "tb")],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return folder / "tb"


def run_bench(folder):
    return subprocess.run([str(folder / "tb")], cwd=folder, capture_output=True, text=True)


@pytest.mark.slow
@pytest.mark.parametrize("io", ["parallel", "stream"])
@pytest.mark.parametrize("reuse", [1, 2, 4, 16, 1024])
def test_tagger_equals_golden(reuse, io, tmp_path):
    outcome = check_graph(mlp(), tmp_path, Config(reuse=reuse, io=io), samples=100)
    assert outcome.equal and outcome.words == 500, outcome.first


@pytest.mark.parametrize("io", ["parallel", "stream"])
def test_a_softmax_one_by_one_in_rtl_needs_no_streams(io):
    design = build(mlp(), Config(reuse=1024, io=io))
    assert any(isinstance(unit, SerialSoftmax) for _, unit in design.netlist.units)
    assert not needs_streams(design)
    assert spots(design)["softmax"] == Spot((5,), 5)


@pytest.mark.slow
@pytest.mark.parametrize("config", [
    Config(), Config(reuse=3), Config(io="stream"), Config(io="stream", lanes=4, reuse=2),
    Config(ports="axi", reuse=6), Config(io="stream", ports="axi", lanes=5)],
    ids=lambda c: f"{c.io}_{c.ports}_{c.reuse}_{c.lanes}")
def test_join_and_fork_equal_golden(config, tmp_path):
    outcome = check_graph(residual(), tmp_path, config)
    assert outcome.equal, outcome.first


def test_port_words_wider_than_the_headers_allow_by_default(tmp_path):
    outcome = check_graph(mlp((80, 4, 3)), tmp_path, Config(ports="axi"), samples=20)
    assert outcome.equal, outcome.first
    assert "#define AP_INT_MAX_W 1280" in (tmp_path / "tagger.h").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("io", ["parallel", "stream"])
def test_what_is_synthesised_equals_what_is_simulated(io, project):
    """Table entries and sums in ap_int, as an HLS tool sees them, instead of the fast ones."""
    folder, inputs, expected, _ = project(mlp((8, 6, 4, 3)), Config(io=io, reuse=2), samples=200)
    outputs = Csim(folder, flags=(*QUICK, "-DNNHW_AS_SYNTHESIZED")).run(inputs)
    assert compare(expected, outputs).equal


@pytest.mark.parametrize("graph", [mlp((6, 5, 3)), residual()], ids=["mlp", "residual"])
@pytest.mark.parametrize("config", [Config(), Config(reuse=2), Config(io="stream"),
                                    Config(ports="axi")],
                         ids=lambda c: f"{c.io}_{c.ports}_{c.reuse}")
@pytest.mark.parametrize("flags", [("-std=c++11",), ("-std=c++14", "-DNNHW_VIVADO_HLS"),
                                   ("-std=c++14", "-DNNHW_AS_SYNTHESIZED")], ids=lambda f: f[-1])
@pytest.mark.slow
def test_bench_passes_without_warnings(graph, config, flags, project):
    folder, *_ = project(graph, config)
    compile_bench(folder, *flags, "-O0", "-Wall", "-Wextra", "-Werror", "-Wno-unknown-pragmas")
    done = run_bench(folder)
    assert done.returncode == 0, done.stdout
    assert " 0 of " in f" {done.stdout}" and "6 samples" in done.stdout


def test_optimized_build_has_no_warnings(project):
    folder, *_ = project(mlp((6, 5, 3)), Config(io="stream", reuse=3))
    compile_bench(folder, *FLAGS, "-Werror")


@pytest.mark.slow
@pytest.mark.parametrize("config", [Config(), Config(reuse=4), Config(io="stream", reuse=2)],
                         ids=lambda c: f"{c.io}_{c.reuse}")
def test_bench_is_clean_under_sanitizers(config, project):
    """C++20 gives shifts of negative numbers, which the ap headers are full of, a meaning."""
    for k, graph in enumerate((mlp((8, 6, 4, 3)), residual())):
        folder, *_ = project(graph, config, name=f"hls{k}")
        compile_bench(folder, "-std=c++20", "-O1", "-w", "-fsanitize=undefined,address",
                      "-fno-sanitize-recover=all")
        done = run_bench(folder)
        assert done.returncode == 0, done.stdout + done.stderr


def test_bench_names_what_differs(project):
    folder, *_ = project(mlp((6, 5, 3)))
    compile_bench(folder, *QUICK)
    vectors = folder / "vectors" / "y.txt"
    rows = [line.split() for line in vectors.read_text().splitlines()]
    right, rows[4][1] = rows[4][1], "12345"
    vectors.write_text("".join(" ".join(row) + "\n" for row in rows))
    done = run_bench(folder)
    assert done.returncode == 1
    assert done.stdout.startswith(f"sample 4, y[1]: expected 12345, got {right}\n")
    assert "1 of 18 words differ in 6 samples" in done.stdout
    vectors.write_text("".join(vectors.read_text().splitlines(keepends=True)[:3]))
    assert run_bench(folder).returncode == 2
    (folder / "vectors" / "x.txt").unlink()
    assert run_bench(folder).returncode == 2


def test_files_are_the_same_from_run_to_run_and_name_no_machine(project, tmp_path):
    one, _, _, paths = project(mlp(), Config(io="stream", reuse=4), name="one")
    two, *_ = project(mlp(), Config(io="stream", reuse=4), name="two")
    assert paths[0] == one / "tagger.cpp"
    for path in paths:
        text = path.read_text()
        assert text == (two / path.relative_to(one)).read_text()
        assert not any(word in text for word in (str(tmp_path), str(Path.home()), "/usr/", "/tmp"))
    assert {path.name for path in one.rglob("ap_*")} == set()
    assert sorted(paths) == sorted(path for path in one.rglob("*") if path.is_file())


def test_pragmas_follow_the_folding(project):
    folder, *_ = project(mlp((16, 8, 4)), Config(reuse=8))
    text = (folder / "tagger_layers.h").read_text()
    assert "column_blocks = 1, row_blocks = 8, steps = 8" in text
    assert "#pragma HLS DATAFLOW" in (folder / "tagger.cpp").read_text()
    folder, *_ = project(mlp((16, 8, 4)), Config(), name="spatial")
    assert "#pragma HLS PIPELINE II=1" in (folder / "tagger.cpp").read_text()
    folder, *_ = project(mlp((16, 8, 4)), Config(io="stream"), name="stream")
    text = (folder / "tagger.cpp").read_text()
    assert "#pragma HLS INTERFACE axis port=x" in text and "#pragma HLS STREAM" in text


def test_lines_are_short(project):
    folder, *_ = project(mlp(), Config(reuse=4))
    for path in [*folder.glob("*.h"), *folder.glob("*.cpp"), *folder.glob("weights/*")]:
        assert max(map(len, path.read_text().splitlines())) <= 110, path.name


def test_a_layer_without_cpp_is_named(monkeypatch, tmp_path):
    graph = mlp((4, 3))
    design = build(graph, Config())
    monkeypatch.setattr("nnhw.hls.route.facet", lambda op, name: None)
    with pytest.raises(UnsupportedError, match="fc0: layer dense has no HLS C"):
        write(graph, design, Config(), tmp_path, {}, {})


def test_emission_of_the_jet_tagger_takes_less_than_two_seconds(tmp_path):
    graph, config = mlp(), Config()
    design, inputs = build(graph, config), random_inputs(graph, 6, 0)
    expected = golden.run(graph, inputs)
    begun = time.process_time()  # whatever else the machine does
    write(graph, design, config, tmp_path / "project", inputs, expected)
    assert time.process_time() - begun < 2

@pytest.mark.slow
@pytest.mark.skipif(not (SHARED / "models" / "jet_mlp" / "model.onnx").exists(),
                    reason="needs ../shared/models/jet_mlp")
@pytest.mark.parametrize("reuse", [1, 16])
def test_jet_mlp(reuse, tmp_path):
    from nnhw.frontends import load
    from nnhw.passes.pipeline import optimize

    config = Config(reuse=reuse)
    graph = optimize(load(SHARED / "models" / "jet_mlp" / "model.onnx", config, None))
    outcome = check_graph(graph, tmp_path, config, samples=1000, flags=FLAGS)
    assert outcome.equal, outcome.first
