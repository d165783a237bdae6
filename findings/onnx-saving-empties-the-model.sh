#!/usr/bin/env bash
# onnx.save_model with external data takes the weights out of the model in memory: saved once more,
# to another folder, the same object gives a file without weights, and without an error.
#
# Why it matters: an export step that writes two variants of a model, or saves and then quantizes,
# ships a graph whose second file refers to data that lie beside the first one.
# Versions: onnx 1.23.2, numpy 2.4.6.
# Guess before the run: saving leaves the model as it was.
# Output seen (compared with the lines after "#> "):
#> bytes of weights in memory before: 4000
#> bytes of weights in memory after: 0
#> files of the second save: ['model.onnx'], smaller than the weights: True
#> loading the second: fails
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet onnx==1.23.2 numpy==2.4.6
venv/bin/python - >seen <<'END'
import os
import numpy, onnx
from onnx import helper, numpy_helper

shape = [1000]
weights = numpy_helper.from_array(numpy.ones(shape, "float32"), "w")
inputs = [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, shape)]
outputs = [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, shape)]
nodes = [helper.make_node("Add", ["x", "w"], ["y"])]
model = helper.make_model(helper.make_graph(nodes, "g", inputs, outputs, [weights]))
os.makedirs("first")
os.makedirs("second")

held = lambda: len(model.graph.initializer[0].raw_data)
print("bytes of weights in memory before:", held())
onnx.save_model(model, "first/model.onnx", save_as_external_data=True, location="weights")
print("bytes of weights in memory after:", held())
onnx.save_model(model, "second/model.onnx")
small = os.path.getsize("second/model.onnx") < 4000
print(f"files of the second save: {os.listdir('second')}, smaller than the weights: {small}")
try:
    onnx.load("second/model.onnx")
    print("loading the second: works")
except Exception:
    print("loading the second: fails")
END
diff <(sed -n 's/^#> //p' "$script") seen
