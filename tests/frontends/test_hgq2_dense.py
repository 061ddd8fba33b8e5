# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.errors import UnsupportedError
from tests.frontends.hgq2_networks import Quantizers, layer, results

#: Equations, shapes of kernels and biases, axes of biases.
EINSUMS = [
    ("bnc,cC->bnC", (3, 5), (5,), "C"), ("bnc,nN->bNc", (4, 5), (5, 1), "N"),
    ("bnc,n->bc", (4,), (3,), "c"), ("bnc,ncC->bnC", (4, 3, 2), (4, 2), "nC"),
    ("bnc,cn->bnc", (3, 4), (4, 1), "n"), ("bnc,ncC->bC", (4, 3, 2), (2,), "C"),
    ("bnc,cCD->bDnC", (3, 2, 2), (2, 4, 2), "DnC"), ("bnc,Cc->bC", (5, 3), (5,), "C"),
    ("...c,cC->...C", (3, 5), (5,), "C"), ("bnc,cX->bnc", (3, 2), (3,), "c")]


def product(equation, kernel, bias, q, own, x):
    taken = np.einsum(equation, q("iq", x), q("kq", own[0].astype(np.float64)))
    return taken + (q("bq", own[1].astype(np.float64)) if bias else 0)


@pytest.mark.parametrize("biased", [True, False])
@pytest.mark.parametrize(("equation", "kernel", "bias", "axes"), EINSUMS)
def test_einsums(equation, kernel, bias, axes, biased):
    q = Quantizers(3).add("iq", (4, 3)).add("kq", kernel).add("bq", bias)
    own = [q.rng.normal(0, 1, shape).astype(np.float32) for shape in (kernel, bias)]
    x, y = results((4, 3), layer("QEinsumDense", q, own, equation=equation,
                                 bias_axes=axes if biased else None, activation="relu"))
    assert np.array_equal(y, np.maximum(product(equation, kernel, biased, q, own, x), 0))


@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize(("equation", "kernel", "bias", "axes"), EINSUMS[:2] + EINSUMS[3:6])
def test_einsums_with_batch_norm(equation, kernel, bias, axes, scale, counted):
    q = Quantizers(5).add("iq", (4, 3)).add("kq", kernel).add("bq", bias)
    rows, result = equation.split(",")[1].split("->")
    norm = [c for c in result if c in axes]
    size = dict(zip(rows, kernel, strict=True))
    shape = tuple(size[c] for c in norm)
    weight, offset, gamma, mean = (q.rng.normal(0, 1, s).astype(np.float32)
                                   for s in (kernel, bias, shape, shape))
    variance = q.rng.uniform(0.5, 2, shape).astype(np.float32)
    own = [weight, offset, *([gamma] if scale else []),
           *([np.zeros(()), np.zeros(())] if counted else []), mean, variance]
    x, y = results((4, 3), layer("QEinsumDenseBatchnorm", q, own, equation=equation, scale=scale,
                                 bias_axes=axes, normalize_axes="".join(norm)))
    factor = (gamma if scale else np.float32(1)) / np.sqrt(variance + np.float32(1e-7))
    folded = np.einsum(f"{rows},{''.join(norm)}->{rows}", weight, factor)
    wide = (-mean * factor).reshape([size[c] if c in norm else 1 for c in result if c in rows
                                     or result.index(c) > min(map(result.index, norm))])
    assert np.array_equal(y, product(equation, kernel, True, q, [folded, offset + wide], x))


@pytest.mark.parametrize("scale", [True, False])
def test_dense_behind_batch_norm(scale):
    q = Quantizers(6).add("iq", (4, 3)).add("kq", (3, 5)).add("bq", (5,))
    kernel, bias, gamma, mean = (q.rng.integers(-8, 9, s).astype(np.float32) / 8
                                 for s in ((3, 5), (5,), (3,), (3,)))
    variance = np.float32([0.5, 1, 2])
    own = [kernel, bias, *([gamma] if scale else []), mean, variance]
    x, y = results((4, 3), layer("QBatchNormDense", q, own, scale=scale, epsilon=1e-3))
    factor = (gamma if scale else np.float32(1)) / np.sqrt(variance + np.float32(1e-3))
    folded = [factor[:, None] * kernel, bias - mean @ kernel]
    assert np.array_equal(y, product("bnc,cC->bnC", (3, 5), True, q, folded, x))


@pytest.mark.parametrize("overflow", ["WRAP", "SAT"])
def test_biases_wrap_but_weights_do_not(overflow):
    q = Quantizers(0, overflow=overflow).add("iq", (1,), k=1, i=3, f=2)
    q.add("kq", (1, 1), k=1, i=1, f=1).add("bq", (1,), k=1, i=1, f=1)
    x, y = results((1,), layer("QDense", q, [np.array([[3.0]]), np.array([2.5])]))
    kernel, bias = (3.0, -1.5) if overflow == "WRAP" else (1.5, 1.5)
    assert np.array_equal(y, q("iq", x) * kernel + bias)


def test_stochastic_rounding_is_none_after_training():
    q = Quantizers(0).add("iq", (3,)).add("kq", (3, 2))
    own = [q.rng.normal(0, 1, (3, 2)).astype(np.float32)]
    _, y = results((3,), layer("QDense", q, own, use_bias=False))
    for which in ("iq", "kq"):
        q.config[f"{which}_conf"]["config"]["round_mode"] = "S_RND"
    assert np.array_equal(results((3,), layer("QDense", q, own, use_bias=False))[1], y)


@pytest.mark.parametrize("equation", ["bcc,cC->bC", "nbc,cC->bnC", "bnc,bC->bnC", "bnc,cC->bnX"])
def test_equations_that_are_refused(equation):
    q = Quantizers(0).add("iq", (3, 3)).add("kq", (3, 3))
    one = layer("QEinsumDense", q, [np.ones((3, 3))], equation=equation, bias_axes=None)
    with pytest.raises(UnsupportedError, match=f"one: equation {equation} is not supported"):
        results((3, 3), one)
