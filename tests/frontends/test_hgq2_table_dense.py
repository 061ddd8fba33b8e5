# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest

from nnhw.errors import UnsupportedError
from tests.frontends.hgq2_networks import Quantizers, layer, results

HIDDEN = 3


class Tables:
    """A layer's small networks with random weights, and what they do to numbers."""

    def __init__(self, spread, weights, hidden=1, bias=True, norm=None, seed=2, first=1):
        self.q = Quantizers(seed, overflow="SAT").add("iq", spread).add("toq", (1,) * len(spread),
                                                                       k=1, i=1, f=4)
        self.rng, self.steps, self.norm, self.weights = self.q.rng, [], norm, weights
        width = first
        for number in range(hidden + 1):
            last = number == hidden
            kernel = self.draw(*weights, width, *(() if last else (HIDDEN,)))
            offset = self.draw(*weights, *(() if last else (HIDDEN,))) if bias else None
            self.steps.append((kernel, offset))
            place = "module/layers/einsum_dense" + f"_{number}" * bool(number)
            self.q.variables[f"{place}/0"] = kernel
            if bias:
                self.q.variables[f"{place}/1"] = offset
            width = HIDDEN
        self.config = {"n_hl": hidden, "subnn_activation": "tanh", "batch_norm": norm is not None,
                       "bn_center": True, "bn_scale": True, "bn_epsilon": 0.001}
        if norm:
            self.moments = [self.draw(*norm), self.draw(*norm), self.draw(*norm),
                            self.rng.uniform(0.5, 2, norm).astype(np.float32)]

    def draw(self, *shape):
        return self.rng.normal(0, 1, shape).astype(np.float32)

    def layer(self, kind, place="bn_module/", **config):
        """The layer as a file holds it."""
        if self.norm:
            self.q.variables |= {f"{place}{n}": value for n, value in enumerate(self.moments)}
        return layer(kind, self.q, **(self.config | config))

    def __call__(self, x, count):
        """Quantized results of all tables; ``x`` has the weights' axes last."""
        y = self.q("iq", x)[..., None]
        for kernel, offset in self.steps:
            last = kernel.ndim == len(self.weights) + 1
            kernel = kernel[..., None] if last else kernel
            y = np.broadcast_to(y, (*y.shape[:-1], kernel.shape[-2]))
            y = np.einsum("...d,...dh->...h", y, kernel.astype(np.float64))
            if offset is not None:
                y = y + (offset[..., None] if last else offset)
            y = y if last else np.tanh(y)
        y = y[..., 0]
        if self.norm:
            gamma, beta, mean, variance = (v.astype(np.float64) for v in self.moments)
            y = ((y - mean) * gamma / np.sqrt(variance + 0.001) + beta) / math.sqrt(count)
        return self.q("toq", y)


@pytest.mark.parametrize("norm", [None, (4,)])
@pytest.mark.parametrize("hidden", [0, 1, 2])
@pytest.mark.parametrize("shape", [(3,), (2, 3)])
def test_dense(shape, hidden, norm):
    tables = Tables((*shape, 4), (3, 4), hidden, norm=norm)
    one = tables.layer("QDenseT", activation="relu")
    x, y = results(shape, one)
    wide = np.broadcast_to(x[..., None], (*x.shape, 4))
    assert np.array_equal(y, np.maximum(tables(wide, 3).sum(axis=-2), 0))
    assert len(np.unique(y)) > 10


@pytest.mark.parametrize("norm", [None, (5,)])
def test_einsums(norm):
    tables = Tables((3, 2, 5), (3, 5), bias=False, norm=norm)  # n, c, N; weights of n and N
    one = tables.layer("QEinsumDenseT", "", equation="bnc,nN->bNc", bias_axes="N")
    x, y = results((3, 2), one)
    wide = np.broadcast_to(x[..., None], (*x.shape, 5)).transpose(0, 2, 1, 3)
    q = tables.q.bits
    q["iq"] = [v.transpose(1, 0, 2) for v in q["iq"]]
    assert np.array_equal(y, tables(wide, 3).sum(axis=2).transpose(0, 2, 1))


def test_weights_in_another_order_than_operands():
    tables = Tables((3, 2, 5), (5, 3), first=HIDDEN)
    for number, (_, offset) in enumerate(tables.steps):
        place = "module/layers/einsum_dense" + f"_{number}" * bool(number)
        tables.q.variables[f"{place}/1"] = offset.swapaxes(0, 1)[:, None]  # n, c, N
    x, y = results((3, 2), tables.layer("QEinsumDenseT", equation="bnc,Nn->bNc", bias_axes="N"))
    wide = np.broadcast_to(x[..., None], (*x.shape, 5)).transpose(0, 2, 3, 1)
    tables.q.bits["iq"] = [v.transpose(1, 2, 0) for v in tables.q.bits["iq"]]
    assert np.array_equal(y, tables(wide, 3).sum(axis=-1).transpose(0, 2, 1))


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_convolutions(padding):
    tables = Tables((3, 6, 4), (6, 4))
    one = tables.layer("QConvT1D", kernel_size=[3], strides=[2], dilation_rate=[1], filters=4,
                       padding=padding)
    x, y = results((7, 2) if padding == "valid" else (6, 2), one)
    full = np.pad(x, ((0, 0), (0, 1), (0, 0))) if padding == "same" else x
    patches = np.stack([full[:, at:at + 3].reshape(len(x), 6) for at in (0, 2, 4)], axis=1)
    wide = np.broadcast_to(patches[..., None], (*patches.shape, 4))
    assert np.array_equal(y, tables(wide, 6).sum(axis=-2))


@pytest.mark.parametrize(("kind", "config", "message"), [
    ("QDenseT", {"subnn_activation": {"class_name": "PReLU"}}, "one: subnn_activation PReLU is"),
    ("QConvT1D", {"padding": "causal", "kernel_size": 3, "strides": 1, "dilation_rate": 1},
     "one: padding causal is not supported in QConvT1D; valid and same would work")])
def test_what_is_not_known_is_refused(kind, config, message):
    with pytest.raises(UnsupportedError, match=message):
        results((5, 3), Tables((5, 3, 4), (3, 4)).layer(kind, **config))
