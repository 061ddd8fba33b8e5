# SPDX-License-Identifier: Apache-2.0
"""What tests of several rooms share: a small network and its build."""

import shutil
from pathlib import Path

import numpy as np
import pytest

import nnhw

ROOT = Path(__file__).parents[1]


def small_network(name="small"):
    """Six inputs, two dense layers, an output of three elements; seeded."""
    rng = np.random.default_rng(0)
    return nnhw.Sequential(
        nnhw.Input(6, "fixed<6,2>"),
        nnhw.Dense(rng.normal(size=(4, 6)), rng.normal(size=4), precision="fixed<5,2>",
                   name="hidden"),
        nnhw.ReLU(),
        nnhw.Quantize("ufixed<5,3>", name="narrowed"),
        nnhw.Dense(rng.integers(-7, 8, (3, 4)), rng.integers(-9, 9, 3), name="scores"),
        name=name)


def writable_network(seed, scores=None, precision="fixed<5,3>"):
    """As ``small_network``, its weights drawn by ``seed`` (or given ``scores``) and writable."""
    rng = np.random.default_rng(seed)
    return nnhw.Sequential(
        nnhw.Input(6, "fixed<6,2>"),
        nnhw.Dense(rng.normal(size=(4, 6)), rng.normal(size=4), precision="fixed<5,2>",
                   name="hidden", writable=True),
        nnhw.ReLU(),
        nnhw.Quantize("ufixed<5,3>", name="narrowed"),
        nnhw.Dense(rng.normal(size=(3, 4)) if scores is None else scores, rng.normal(size=3),
                   precision=precision, name="scores", writable=True),
        name="small")


@pytest.fixture
def network():
    return small_network()


@pytest.fixture(scope="session")
def _small_build(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small") / "build"
    nnhw.compile(small_network(), nnhw.Config(reuse=2)).write(folder)
    return folder


@pytest.fixture
def small_build(_small_build, tmp_path):
    """A build folder of ``small_network`` at reuse 2, of the test's own."""
    folder = tmp_path / "build"
    shutil.copytree(_small_build, folder)
    return folder


@pytest.fixture
def digits():
    """The folder of the committed digits example."""
    return ROOT / "examples" / "digits"
