#!/usr/bin/env bash
# In onnxruntime, the largest of eight numbers is NaN if the first is NaN. If another one is, the NaN is
# passed over, in some places together with a number: [0, NaN, 2, 3, 4, 5, 6, 7] has the maximum 6.
# Where it is passed over depends on the length. `Max` of two tensors keeps every NaN.
#
# Why it matters: a maximum over logits or activations is how an exported model picks, scales or
# quantizes; one NaN gives a wrong number that looks like any other, where torch and numpy give NaN.
# Versions: onnxruntime 1.32.0 (its CPU kernels, on x86-64), onnx 1.23.2.
# Guess before the run: a NaN anywhere makes the maximum NaN; if not, it is left out of account.
# Output seen (compared with the lines after "#> "):
#> ReduceMax of 0 to 2, with a NaN in place 0, 1 ...: [nan, 2.0, 1.0]
#> ReduceMax of 0 to 7, with a NaN in place 0, 1 ...: [nan, 6.0, 7.0, 6.0, 7.0, 7.0, 7.0, 6.0]
#> ArgMax of 0 to 7, with a NaN in place 0, 1 ...: [0, 7, 7, 7, 4, 7, 7, 6]
#> Max of 0 to 7 and zeros, with a NaN in place 1: [0.0, nan, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
venv/bin/python - >seen <<'END'
import numpy
import onnxruntime
from onnx import TensorProto, helper


def result(operator, *arrays, kind=TensorProto.FLOAT, **attributes):
    names = [f"input_{number}" for number in range(len(arrays))]
    node = helper.make_node(operator, names, ["output"], **attributes)
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, array.shape)
        for name, array in zip(names, arrays)
    ]
    output = helper.make_tensor_value_info("output", kind, None)
    graph = helper.make_graph([node], "graph", inputs, [output])
    opset = helper.make_opsetid("", 18)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=9)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, dict(zip(names, arrays)))[0].tolist()


def counted(length, place):
    numbers = numpy.arange(length, dtype=numpy.float32)
    numbers[place] = numpy.nan
    return numbers


for length in (3, 8):
    found = [result("ReduceMax", counted(length, place), keepdims=0) for place in range(length)]
    print(f"ReduceMax of 0 to {length - 1}, with a NaN in place 0, 1 ...: {found}")
options = {"kind": TensorProto.INT64, "axis": 0, "keepdims": 0}
found = [result("ArgMax", counted(8, place), **options) for place in range(8)]
print(f"ArgMax of 0 to 7, with a NaN in place 0, 1 ...: {found}")
both = result("Max", counted(8, 1), numpy.zeros(8, numpy.float32))
print(f"Max of 0 to 7 and zeros, with a NaN in place 1: {both}")
END
diff <(sed -n 's/^#> //p' "$script") seen
