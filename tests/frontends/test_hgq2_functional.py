# SPDX-License-Identifier: Apache-2.0
import io
import json
import zipfile

import numpy as np
import pytest

from nnhw import frontends, golden
from nnhw.errors import ModelError, UnsupportedError
from nnhw.frontends.hgq2_calls import Call
from nnhw.frontends.hgq2_layer import Hgq2Layer
from tests.frontends.hgq2_networks import Quantizers, applied, entered, layer

h5py = pytest.importorskip("h5py")


def tensor(name, number=0, index=0):
    """A tensor among the arguments of a call, as Keras 3 writes it."""
    return {"class_name": "__keras_tensor__", "config": {"keras_history": [name, number, index]}}


def entry(one, *calls):
    """A layer of a Functional model, and the arguments of each of its calls."""
    return {"class_name": one.kind, "module": "hgq.layers", "config": one.config,
            "inbound_nodes": [call if isinstance(call, dict) else {"args": call, "kwargs": {}}
                              for call in calls]}


def saved(path, entries, layers, inputs, outputs):
    """A Functional model as Keras 3 saves it; weights by the place of their layer."""
    weights = io.BytesIO()
    with h5py.File(weights, "w") as file:
        for place, one in layers.items():
            for name, value in one.variables.items():
                group, _, number = name.rpartition("/")
                file[f"layers/{place}/{group}/vars/{number}".replace("//", "/")] = value
    config = {"layers": entries, "input_layers": inputs, "output_layers": outputs}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps({"class_name": "Functional", "config": config}))
        archive.writestr("model.weights.h5", weights.getvalue())
    return path


@pytest.fixture
def model(tmp_path):
    """Two inputs, a layer that is called twice, a sum, two outputs; and its quantizers."""
    dense, add = Quantizers(1), Quantizers(2)
    dense.add("iq", (3,)).add("kq", (3, 2))
    add.add("iq0", (2,)).add("iq1", (2,))
    kernel = dense.rng.normal(0, 1, (3, 2)).astype(np.float32)
    first = layer("QDense", dense, (kernel,), name="twice", use_bias=False)
    second = layer("QAdd", add, name="sum")
    entries = [entry(entered("b", (3,))), entry(second, [[tensor("twice"), tensor("twice", 1)]]),
               entry(entered("a", (3,))), entry(first, [tensor("a")], [tensor("b")])]
    return saved(tmp_path / "two.keras", entries, {"q_dense": first, "q_add": second},
                 [["a", 0, 0], ["b", 0, 0]], [["sum", 0, 0], ["twice", 1, 0]]), dense, add, kernel


def test_layers_are_applied_to_what_their_nodes_say(model):
    path, dense, add, kernel = model
    graph = frontends.load(path)
    assert [port.name for port in graph.inputs] == ["a", "b"]
    assert [port.name for port in graph.outputs] == ["sum", "twice_call_1"]
    rng = np.random.default_rng(3)
    x = {name: rng.normal(0, 3, (200, 3)).astype(np.float32) for name in "ab"}
    codes = golden.run(graph, {port.name: port.encode(x[port.name]) for port in graph.inputs})
    got = [port.decode(codes[port.name]) for port in graph.outputs]
    one, two = (dense("iq", x[name].astype(float)) @ dense("kq", kernel.astype(float))
                for name in "ab")
    assert np.array_equal(got[0], add("iq0", one) + add("iq1", two))
    assert np.array_equal(got[1], two)


def test_layers_are_described_once(model):
    assert frontends.describe(model[0]) == [
        ("a", "InputLayer", ()), ("b", "InputLayer", ()), ("twice", "QDense", ()),
        ("sum", "QAdd", ())]


@pytest.mark.parametrize(("call", "message"), [
    ({"args": [tensor("a")], "kwargs": {"mask": tensor("a")}}, "one: a call with mask is not"),
    ({"args": [tensor("a"), 3.0], "kwargs": {}}, "one: a call with argument 3.0 is not supported"),
    ({"args": [tensor("a", 0, 1)], "kwargs": {}}, "one: a call with result 1 of a is not"),
    ({"args": [tensor("a")], "kwargs": {"key": tensor("a")}}, "one: a call with a key but no valu"),
])
def test_calls_that_are_refused(call, message, tmp_path):
    one = layer("QMeanPow2", Quantizers(0).add("iq", (3, 2)), axes=[1])
    path = saved(tmp_path / "one.keras", [entry(entered("a", (3, 2))), entry(one, call)], {},
                 ["a", 0, 0], ["one", 0, 0])
    with pytest.raises(UnsupportedError, match=message):
        frontends.load(path)


def test_models_may_be_layers(tmp_path):
    """An inner model of two inputs and outputs, applied twice, one time to its own result."""
    quantizers = Quantizers(4).add("iq0", (3,)).add("iq1", (3,))
    scale = Quantizers(5).add("", (3,))
    inner = [entered("i", (3,)), entered("j", (3,)), layer("QAdd", quantizers, name="sum"),
             layer("Quantizer", scale, name="last")]
    config = {"name": "sub", "input_layers": [["j", 0, 0], ["i", 0, 0]],
              "output_layers": [["sum", 0, 0], ["last", 0, 0]],
              "layers": [entry(inner[0]), entry(inner[1]),
                         entry(inner[2], [[tensor("i"), tensor("j")]]),
                         entry(inner[3], [tensor("sum")])]}
    sub = Hgq2Layer("Functional", config, {})
    mask = {"mask": [None, None]}
    entries = [entry(entered("a", (3,))), entry(entered("b", (3,))), entry(
        sub, {"args": [[tensor("a"), tensor("b")]], "kwargs": mask},
        {"args": [[tensor("sub", 0, 1), tensor("b")]], "kwargs": mask})]
    inside = {"functional/layers/q_add": inner[2], "functional/layers/quantizer": inner[3]}
    path = saved(tmp_path / "two.keras", entries, inside, [["a", 0, 0], ["b", 0, 0]],
                 [["sub", 2, 0], ["sub", 1, 1]])
    graph = frontends.load(path)
    rng = np.random.default_rng(3)
    x = {name: rng.normal(0, 3, (200, 3)).astype(np.float32) for name in "ab"}
    codes = golden.run(graph, {port.name: port.encode(x[port.name]) for port in graph.inputs})
    got = [port.decode(codes[port.name]) for port in graph.outputs]
    b = quantizers("iq0", x["b"].astype(np.float64))
    first = scale("", b + quantizers("iq1", x["a"].astype(np.float64)))
    assert np.array_equal(got[0], b + quantizers("iq1", first))
    assert np.array_equal(got[1], first)


@pytest.mark.parametrize("kind", ["Subtract", "Reshape"])
def test_operators_between_tensors(kind, tmp_path):
    """They are no layers: Keras does not count them where it numbers those."""
    found = [Quantizers(n).add("iq0", (3,)).add("iq1", (3,)) for n in range(2)]
    both = [[tensor("a"), tensor("b")]]
    ones = [layer("QSubtract", q, name=f"q{n}") for n, q in enumerate(found)]
    operator = entry(Hgq2Layer(kind, {"name": "op"}, {}), [tensor("q0"), tensor("q1")])
    operator["module"] = "keras.src.ops.numpy"
    entries = [entry(entered("a", (3,))), entry(entered("b", (3,))), entry(ones[0], both),
               operator, entry(ones[1], both)]
    path = saved(tmp_path / "ops.keras", entries, {"q_subtract": ones[0], "q_subtract_1": ones[1]},
                 [["a", 0, 0], ["b", 0, 0]], ["op", 0, 0])
    if kind == "Reshape":
        with pytest.raises(UnsupportedError, match=r"op: HGQ2 layer ops\.Reshape is not supported"):
            frontends.load(path)
        return
    graph = frontends.load(path)
    x = np.random.default_rng(3).normal(0, 3, (2, 200, 3)).astype(np.float32)
    codes = golden.run(graph, {port.name: port.encode(each)
                               for port, each in zip(graph.inputs, x, strict=True)})
    one, two = (q("iq0", x[0].astype(np.float64)) - q("iq1", x[1].astype(np.float64))
                for q in found)
    assert np.array_equal(graph.outputs[0].decode(codes["op"]), one - two)


def test_models_of_another_class_are_refused(tmp_path):
    path = tmp_path / "own.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps({"class_name": "Mine", "module": "hgq.layers"}))
        archive.writestr("model.weights.h5", b"")
    with pytest.raises(UnsupportedError, match="HGQ2 models of class Mine are not supported"):
        frontends.load(path)


def test_files_without_variables_and_inputs_without_size_are_refused(tmp_path):
    one = layer("QMeanPow2", Quantizers(0).add("iq", (3, 2)), axes=[1])
    path = saved(tmp_path / "one.keras", [entry(entered("a", (3, 2))), entry(one, [tensor("a")])],
                 {}, ["a", 0, 0], ["one", 0, 0])
    with pytest.raises(ModelError, match="one: the file holds no variable iq/quantizer/0 of this"):
        frontends.load(path)
    dense = layer("QDense", Quantizers(0).add("iq", (3,)), use_bias=False)
    calls = [Call(entered("x", (3,)), (), "x"), Call(dense, ("x",), "y")]
    with pytest.raises(ModelError, match="one: the file holds no variable 0 of this layer"):
        applied(calls, ["y"])
    with pytest.raises(UnsupportedError, match=r"x: an input of shape \(None, 3\) has no size"):
        applied([Call(entered("x", (None, 3)), (), "x"), *calls[1:]], ["y"])


def read_by(name, quantizers, source="x"):
    return Call(layer("Quantizer", quantizers, name=name), (source,), name)


def test_quantizers_of_one_input_may_differ():
    found = [Quantizers(n, rounding).add("", (4, 3)) for n, rounding in
             enumerate(["TRN", "RND", "RND"])]
    turned = Call(Hgq2Layer("Permute", {"name": "t", "dims": [2, 1]}, {}), ("x",), "t")
    third = Quantizers(7).add("", (3, 4))
    calls = [Call(entered("x", (4, 3)), (), "x"), turned, read_by("q3", third, "t"),
             *(read_by(f"q{n}", q) for n, q in enumerate(found))]
    x, y = applied(calls, ["q0", "q1", "q2", "q3"])
    for n, q in enumerate(found):
        assert np.array_equal(y[f"q{n}"], q("", x["x"]))
    assert np.array_equal(y["q3"], third("", x["x"].transpose(0, 2, 1)))


def test_inputs_may_be_concatenated_before_they_are_quantized():
    q = Quantizers(3).add("", (4, 5))
    join = Call(Hgq2Layer("Concatenate", {"name": "c", "axis": -1}, {}), ("a", "b"), "c")
    calls = [Call(entered("a", (4, 3)), (), "a"), Call(entered("b", (4, 2)), (), "b"), join,
             read_by("q", q, "c")]
    x, y = applied(calls, ["q"])
    assert np.array_equal(y["q"], q("", np.concatenate([x["a"], x["b"]], axis=-1)))


def test_steps_of_more_than_one_are_rounded_to_once():
    q = Quantizers(3).add("", (3,), k=1, i=4, f=-2)
    x, y = applied([Call(entered("x", (3,)), (), "x"), read_by("q", q)], ["q"])
    assert np.array_equal(y["q"], q("", x["x"]))


@pytest.mark.parametrize(("quantizers", "message"), [
    ([Quantizers(0).add("", (3,)), Quantizers(1, overflow="SAT").add("", (3,))],
     "x: quantizers that read this input wrap and saturate"),
    ([Quantizers(0).add("", (3,), f=2), Quantizers(1, "RND_CONV").add("", (3,), f=2)],
     "x: RND_CONV of inputs with several precisions"),
])
def test_inputs_that_no_type_serves_are_refused(quantizers, message):
    calls = [Call(entered("x", (3,)), (), "x"),
             *(read_by(f"q{n}", q) for n, q in enumerate(quantizers))]
    with pytest.raises(UnsupportedError, match=message):
        applied(calls, ["q0", "q1"])
