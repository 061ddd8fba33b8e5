# SPDX-License-Identifier: Apache-2.0
"""A network described in Python: the functional form, for graphs that branch and join.

    python examples/dsl/residual.py
    nnhw build examples/dsl/residual.py -o build --reuse 8 && nnhw verify build
"""

import numpy as np

import nnhw

rng = np.random.default_rng(0)


def block(x, name):
    """``x + relu(dense(x))``: binary points are aligned by the sum, exactly."""
    y = nnhw.dense(x, rng.normal(size=(16, 16)) / 4, precision="fixed<5,1>", name=name)
    y = nnhw.quantize(nnhw.relu(y), "ufixed<6,3>")
    return nnhw.quantize(nnhw.add(x, y, name=f"{name}_sum"), "fixed<8,4>")


x = nnhw.Input(16, "fixed<8,4>", name="features")
scores = nnhw.dense(block(block(x, "first"), "second"), rng.integers(-7, 8, (4, 16)),
                    name="scores")
# Two outputs: the scores themselves, and the class.
model = nnhw.Network(x, [scores, nnhw.argmax(scores, name="class")], name="residual")


def main():
    """Compile and predict."""
    y = nnhw.compile(model).predict(rng.normal(size=(5, 16)))
    assert np.array_equal(y["scores"].argmax(axis=1), y["class"][:, 0])
    print("classes", y["class"][:, 0].astype(int))


if __name__ == "__main__":
    main()
