# SPDX-License-Identifier: Apache-2.0
"""Convolutional networks: equal to golden at every folding, free of warnings and of faults."""

from pathlib import Path

import pytest

from nnhw.config.config import Config
from nnhw.hls.engine import FLAGS, Csim
from nnhw.sim.verify import compare
from tests.hls.check import QUICK, check_graph
from tests.hls.nets import depthwise_net, moves_net, pool_net, residual_net
from tests.hls.test_project import compile_bench, run_bench

SHARED = Path(__file__).parents[2].parent / "shared"
NETS = [pool_net, depthwise_net, residual_net, moves_net]
CONFIGS = [Config(io="stream", reuse=4), Config(io="stream", lanes=2, reuse=36),
           Config(io="stream", ports="axi"), Config(io="parallel", reuse=9)]


def label(config):
    return f"{config.io}_{config.ports}_{config.reuse}_{config.lanes}"


@pytest.mark.parametrize("net", NETS, ids=lambda f: f.__name__)
def test_equals_golden(net, tmp_path):
    outcome = check_graph(net(), tmp_path, CONFIGS[0], samples=30)
    assert outcome.equal, outcome.first


@pytest.mark.slow
@pytest.mark.parametrize("config", [*CONFIGS[1:], Config(io="stream", reuse=2000)], ids=label)
@pytest.mark.parametrize("net", NETS, ids=lambda f: f.__name__)
def test_equals_golden_at_every_folding(net, config, tmp_path):
    outcome = check_graph(net(1), tmp_path, config, samples=30)
    assert outcome.equal, outcome.first


@pytest.mark.slow
@pytest.mark.parametrize("flags", [("-std=c++11", "-O0"), ("-std=c++14", "-O2"),
                                   ("-std=c++14", "-O0", "-DNNHW_VIVADO_HLS")],
                         ids=lambda f: f[-1])
@pytest.mark.parametrize("net", NETS, ids=lambda f: f.__name__)
def test_bench_passes_without_warnings(net, flags, project):
    for k, config in enumerate(CONFIGS):
        folder, *_ = project(net(), config, name=f"hls{k}")
        compile_bench(folder, *flags, *FLAGS[2:], "-Werror")
        done = run_bench(folder)
        assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("net", NETS, ids=lambda f: f.__name__)
def test_bench_is_clean_under_sanitizers(net, project):
    for k, config in enumerate(CONFIGS[:2]):
        folder, *_ = project(net(), config, name=f"hls{k}")
        compile_bench(folder, "-std=c++20", "-O1", "-w", "-fsanitize=undefined,address",
                      "-fno-sanitize-recover=all")
        done = run_bench(folder)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("net", NETS, ids=lambda f: f.__name__)
def test_what_is_synthesised_equals_what_is_simulated(net, project):
    folder, inputs, expected, _ = project(net(), CONFIGS[0])
    outputs = Csim(folder, flags=(*QUICK, "-DNNHW_AS_SYNTHESIZED")).run(inputs)
    assert compare(expected, outputs).equal


def test_a_table_of_an_upsampling_repeats_row_by_row(project):
    folder, *_ = project(moves_net(), CONFIGS[0])
    text = (folder / "net_layers.h").read_text()
    assert "again = " in text


@pytest.mark.slow
@pytest.mark.skipif(not (SHARED / "models").exists(), reason="needs ../shared/models")
@pytest.mark.parametrize(("name", "reuse"), [
    ("jet_conv1d_small", 1), ("jet_conv1d_small", 8), ("mnist_cnn", 8), ("mnist_cnn", 72),
    ("hello_sine_int8_qdq", 1), ("hello_sine_int8_qdq", 4), ("kws_dscnn_int8_qdq", 64),
    ("resnet8_cifar10", 1152)])
def test_models(name, reuse, tmp_path):
    from nnhw.frontends import load
    from nnhw.passes.pipeline import optimize

    config = Config(reuse=reuse, io="stream")
    graph = optimize(load(SHARED / "models" / name / "model.onnx", config, None))
    outcome = check_graph(graph, tmp_path, config, samples=20, flags=FLAGS)
    assert outcome.equal, outcome.first
