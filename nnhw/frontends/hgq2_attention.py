# SPDX-License-Identifier: Apache-2.0
"""Attention of HGQ2: projections, products of keys and queries, QSoftmax, products with values."""

import math
from dataclasses import dataclass
from string import ascii_letters
from typing import Any

from nnhw.frontends.hgq2_dense import Einsum
from nnhw.frontends.hgq2_layer import Hgq2Layer
from nnhw.frontends.hgq2_merge import einsum
from nnhw.frontends.hgq2_registry import add_layer, handles, refused
from nnhw.frontends.hgq2_tensor import Tensor
from nnhw.frontends.names import clean

__all__: list[str] = []


@dataclass(frozen=True)
class _Scores:
    """Letters of the products, batch axis left out.

    Parameters
    ----------
    target, source : str
        Of projected queries, and of projected keys and values.
    product : str
        Of the scores.
    """

    target: str
    source: str
    product: str

    @classmethod
    def of(cls, rank: int, axes: tuple[int, ...]) -> "_Scores":
        """For projections with ``rank`` axes; attention runs along ``axes``, batch excluded."""
        target = ascii_letters[:rank]
        other = dict(zip(axes, ascii_letters[rank:], strict=False))
        source = "".join(other.get(n, c) for n, c in enumerate(target))
        rest = [c for n, c in enumerate(target[:-1]) if n not in axes]
        return cls(target, source, "".join([*rest, *(target[n] for n in axes), *other.values()]))


#: What attention made of tables hands on to its projections.
_TABLES = ("n_hl", "subnn_activation", "batch_norm", "bn_center", "bn_scale", "bn_epsilon")


@handles("QMultiHeadAttention", "QLinformerAttention", "QMultiHeadAttentionT",
         "QLinformerAttentionT", many=True)
def _attention(x: Tensor, layer: Hgq2Layer, *others: Tensor) -> None:
    config, name = layer.config, clean(layer.name)
    for setting in ("use_gate", "sliding_window"):
        if config.get(setting):
            raise refused(layer, setting, f"{setting} left out would work")
    if len(others) > 2:
        raise refused(layer, "a mask", "a call without masks would work")
    value = (others[0] if others else x).fork()
    key = others[1] if len(others) > 1 else value.fork()
    if layer.kind.startswith("QLinformer"):
        key, value = _shortened(layer, key, value)
    query = _projected(layer, "query_dense", x.fork(), 2)
    key, value = _projected(layer, "key_dense", key, 2), _projected(layer, "value_dense", value, 2)
    rank = len(value.shape)
    axes = tuple(int(a) - 1 for a in config.get("attention_axes") or range(1, rank - 1))
    letters = _Scores.of(rank, axes)
    einsum(key, f"{name}_scores", Einsum((letters.source, letters.target), letters.product), query)
    key = add_layer(_softmax(layer, len(key.shape), len(axes)), [key])
    einsum(key, f"{name}_mix", Einsum((letters.product, letters.source), letters.target), value)
    x.become(_projected(layer, "output_dense", key, len(config.get("output_shape") or [0])))


def _projected(layer: Hgq2Layer, place: str, x: Tensor, made: int) -> Tensor:
    """One of the dense layers: heads and their dimensions appear, or go away in the last one."""
    bound = 2 if place == "output_dense" else 1
    letters = ascii_letters[:len(x.shape) + 1 + made]
    free, gone = letters[:len(x.shape) + 1 - bound], letters[:-made][-bound:]
    new = letters[-made:]
    return _dense(layer, place, x, f"{free}{gone},{gone}{new}->{free}{new}", new)


def _dense(layer: Hgq2Layer, place: str, x: Tensor, equation: str, bias: str) -> Tensor:
    """A QEinsumDense or QEinsumDenseT inside, with the quantizers for which there are variables.

    Projections that share an input quantizer have it in the file once, with that of the keys.
    """
    variables, outer = dict(layer.variables), layer.config
    if outer.get("fuse", "none") != "none" and f"{place}/iq/quantizer/0" not in variables:
        shared = "key_dense/iq/"
        variables |= {f"{place}/iq/{key.removeprefix(shared)}": value
                      for key, value in variables.items() if key.startswith(shared)}
    config: dict[str, Any] = {
        "name": f"{clean(layer.name)}_{place.removeprefix('_')}", "equation": equation,
        "bias_axes": bias if f"{place}/bq/quantizer/0" in variables else None}
    for which in ("iq", "kq", "bq", "oq", "toq"):
        config[f"enable_{which}"] = f"{place}/{which}/quantizer/0" in variables
        config[f"{which}_conf"] = outer.get(f"qkvo_{which}_conf")
    whole = Hgq2Layer(layer.kind, outer, variables)
    if not config["enable_toq"]:
        return add_layer(whole.part(place, "QEinsumDense", config), [x])
    config |= {key: outer[key] for key in _TABLES}
    if outer.get("use_bias", True) and place != "key_dense":
        config["bias_axes"] = bias
    return add_layer(whole.part(place, "QEinsumDenseT", config), [x])


def _shortened(layer: Hgq2Layer, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
    """Linformer: keys and values are mixed along the axes of attention to fewer of them first."""
    rank = len(value.shape) + 1
    axes = [int(a) for a in layer.config.get("attention_axes") or range(1, rank - 1)]
    letters = ascii_letters[:rank]
    new = dict(zip(axes, ascii_letters[rank:], strict=False))
    result = "".join(new.get(n, c) for n, c in enumerate(letters))
    equation = f"{letters},{''.join(letters[a] for a in axes)}{''.join(new.values())}->{result}"
    places = ["_lin_k_proj", "_lin_k_proj" if layer.config.get("share_kv_proj") else "_lin_v_proj"]
    key, value = (_dense(layer, place, x, equation, "")
                  for place, x in zip(places, (key, value), strict=True))
    return key, value


def _softmax(layer: Hgq2Layer, rank: int, count: int) -> Hgq2Layer:
    """The QSoftmax inside, over the last ``count`` axes of scores with ``rank`` axes."""
    config, stable = layer.config, layer.config["stable_softmax"]
    inner = {f"{which}_conf": config[f"softmax_{which}_conf"]
             for which in ("exp_iq", "exp_oq", "inv_iq", "inv_oq", "oq")}
    if not stable:
        inner["exp_iq_conf"] = None
    return layer.part("_softmax", "QSoftmax", inner | {
        "name": f"{clean(layer.name)}_softmax", "stable": stable, "enable_iq": False,
        "iq_conf": None, "enable_oq": True, "axes": list(range(rank + 1 - count, rank + 1)),
        "input_scaler": 1 / math.sqrt(float(config["key_dim"]))})
