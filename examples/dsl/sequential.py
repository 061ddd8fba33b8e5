# SPDX-License-Identifier: Apache-2.0
"""A network described in Python: a chain of layers with NumPy weights.

    python examples/dsl/sequential.py
    nnhw build examples/dsl/sequential.py -o build && nnhw verify build
"""

import numpy as np

import nnhw

rng = np.random.default_rng(0)

model = nnhw.Sequential(
    nnhw.Input(16, "fixed<8,4>", name="features"),
    # Floats are quantized to the precision that is given, ...
    nnhw.Dense(rng.normal(size=(32, 16)) / 4, rng.normal(size=32), precision="fixed<6,1>",
               name="hidden"),
    nnhw.ReLU(),
    # ... exact sums are rounded where the network says so, ...
    nnhw.Quantize("ufixed<6,2,RND,SAT>"),
    # ... and whole numbers are taken as they are.
    nnhw.Dense(rng.integers(-7, 8, (5, 32)), name="scores"),
    nnhw.Softmax(),
    name="chain",
)


def main():
    """Compile, predict, look inside."""
    compiled = nnhw.compile(model, nnhw.Config(reuse=4))
    x = rng.normal(size=(3, 16))
    print("classes", compiled.predict(x).argmax(axis=1))
    for name, values in compiled.trace(x).items():
        print(f"{name}: shape {values.shape[1:]}, up to {np.abs(values).max():.4g}")
    report = compiled.report()
    print(f"latency {report['latency_cycles']}, interval {report['interval_cycles']} cycles")


if __name__ == "__main__":
    main()
