# SPDX-License-Identifier: Apache-2.0
import json
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

from nnhw.sim.cocotb import write_bench

pytestmark = pytest.mark.slow


class Built:
    """A build folder with its bench, run as a user would: elsewhere, without nnhw."""

    def __init__(self, folder, interface, designs):
        self.folder, self.interface = folder, interface
        (folder / "rtl").mkdir(parents=True)
        shutil.copy(designs / f"{interface.top}.v", folder / "rtl")

    def write(self, x, y):
        write_bench(self.folder, self.interface, [f"rtl/{self.interface.top}.v"], x, y)

    def run(self, *tests, command=None):
        # The pattern that `nnhw` matches must not be importable, nor a Verilator be on PATH.
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        environment |= {"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(command or [sys.executable, str(self.folder / "sim/run.py"), *tests],
                              cwd=self.folder.parent, env=environment, capture_output=True,
                              text=True)
        return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory, interfaces, designs):
    made = {}

    def get(name, folder="build"):
        if name not in made:
            made[name] = Built(tmp_path_factory.mktemp(name) / folder, interfaces[name], designs)
        return made[name]

    return get


@pytest.fixture
def adder(built, vectors):
    bench = built("adder")
    bench.write(*vectors("adder", 40))
    return bench


def test_passes_and_measures(adder):
    status, text = adder.run()
    assert status == 0, text
    assert "adder: 4 of 4 tests passed" in text
    assert "latency 1 cycles, promised 1" in text
    assert "interval 1 cycles, promised 1" in text


def test_writes_twenty_frames(adder):
    vectors = json.loads((adder.folder / "sim/vectors.json").read_text())
    assert [len(frames) for frames in (*vectors["inputs"].values(),
                                       *vectors["outputs"].values())] == [20, 20, 20]


def test_files_name_no_place_on_this_machine(adder):
    for path in (adder.folder / "sim").iterdir():
        if path.is_file():
            assert str(adder.folder) not in path.read_text()
            assert "/home/" not in path.read_text()
            assert "/tmp/" not in path.read_text()


def test_axi_and_folder_with_a_space(built, vectors):
    pytest.importorskip("cocotbext.axi")
    bench = built("triple", "my build")
    bench.write(*vectors("triple", 20))
    status, text = bench.run()
    assert status == 0, text
    assert "triple: 5 of 5 tests passed" in text


def test_make_runs_wide_ports(built, vectors):
    bench = built("accumulate")
    bench.write(*vectors("accumulate", 10))
    status, text = bench.run(command=["make", "-C", str(bench.folder / "sim"),
                                      f"PYTHON={sys.executable}"])
    assert status == 0, text
    assert "accumulate: 4 of 4 tests passed" in text


@pytest.mark.parametrize(("fault", "test", "message"), [
    (-128, "back_to_back", "sample 5, y[0]: expected {sum}, got {wrong}"),
    (-127, "back_to_back", "sample 5, y[0]: expected {sum}, got {next}"),
    (-126, "stalls_on_all_ports", "beat 0: changed while valid and not ready"),
    (-125, "stalls_on_all_ports", "beat 0: changed while valid and not ready"),
    (-124, "back_to_back", "hangs; nothing moved anywhere for 10020 cycles"),
    (-123, "back_to_back", "sample 6, y[0]: expected {next}, got {sum}"),
])
def test_faults_fail_the_bench(fault, test, message, adder, vectors):
    x, _ = vectors("adder", 20)
    x["a"][5, 0] = fault
    if "changed" in message:
        x["a"][5:, 0] = fault
    y = {"y": x["a"] + x["b__x"]}
    adder.write(x, y)
    status, text = adder.run(*(["stalls_on_all_ports/seed=1"] if "stalls" in test else [test]))
    assert status == 1, text
    total = int(y["y"][5, 0])
    assert message.format(sum=total, wrong=total ^ 1, next=y["y"][6, 0]) in text


def test_wrong_last_tlast_fails_the_bench(built, vectors):
    bench = built("triple", "my build")
    x, _ = vectors("triple", 20)
    x["x"][7, 2] = -16
    bench.write(x, {"y": 3 * x["x"]})
    status, text = bench.run("back_to_back")
    assert status == 1
    assert "output y, frame 7, beat 1: tlast is False" in text


@pytest.mark.parametrize(("key", "message"), [("latency", "latency 1, promised 2"),
                                          ("interval", "interval 1, promised 2")])
def test_broken_promise_fails_the_bench(key, message, adder):
    path = adder.folder / "sim/design.json"
    path.write_text(re.sub(f'"{key}": 1', f'"{key}": 2', path.read_text()))
    status, text = adder.run("back_to_back")
    assert status == 1
    assert message in text


def test_beat_too_many_fails_the_bench(adder, vectors):
    x, y = vectors("adder", 20)
    x["a"][19, 0] = -123
    y["y"] = np.asarray(x["a"] + x["b__x"])
    adder.write(x, y)
    status, text = adder.run("back_to_back")
    assert status == 1
    assert "output y: a beat too many" in text


def test_unknown_test_fails(adder):
    assert adder.run("no_such_test")[0] != 0


def test_verilog_that_does_not_build_is_reported(tmp_path, interfaces, designs, vectors):
    bench = Built(tmp_path / "build", interfaces["adder"], designs)
    bench.write(*vectors("adder", 3))
    (bench.folder / "rtl/adder.v").write_text("module adder(input clk; endmodule\n")
    status, text = bench.run()
    assert status == 1
    assert "syntax error" in text
    assert "the design was not built" in text
    assert "Traceback" not in text
